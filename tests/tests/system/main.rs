//! The whole system over real sockets: real clients, real stores, the real binaries.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod agents;
mod alerts;
mod bank;
mod carriers;
mod check;
mod choice;
mod clients;
mod console_tls;
mod crowd;
mod demo;
mod dialects;
mod drain;
mod endings;
mod faults;
mod hostile;
mod killed;
mod limits;
mod litellm;
mod memory;
mod metrics;
mod money;
mod observe;
mod openid;
mod outage;
mod rates;
mod realtime;
mod refusals;
mod reload;
mod reports;
mod revocation;
mod routing;
mod sdk;
mod sdk_refusals;
mod settings;
mod stored;
mod streams;
mod traces;
