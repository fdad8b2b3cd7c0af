//! The life of a request in the Tollgate gateway.
