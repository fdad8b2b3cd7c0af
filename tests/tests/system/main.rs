//! The whole system over real sockets: real clients, real stores, the real binaries.

mod carriers;
mod demo;
mod drain;
mod limits;
mod observe;
mod refusals;
mod revocation;
mod sdk;
mod sdk_refusals;
mod streams;
