//! The Tollgate gateway.
fn main() {}
