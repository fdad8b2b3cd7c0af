//! The command line of Tollgate's operators.
fn main() {}
