//! Tests of the whole system over real sockets.
