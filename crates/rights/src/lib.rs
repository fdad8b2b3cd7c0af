//! The rights of the tokens in use, held in memory and kept current.

pub mod source;
