//! Thousands of calls at once on several gateways over one book: nothing is oversold, and each call
//! is charged exactly once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

mod bank {
    mod adopted;
    mod alone;
    mod city;
    mod company;
    mod exact;
    mod killed;
    mod slow;
    mod street;
}
