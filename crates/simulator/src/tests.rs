//! Over real sockets, through the public API. Time is paused: waits pass as soon as nothing else
//! is left to do, and can still be measured.

mod anthropic;
mod client;
mod door;
mod faults;
mod forms;
mod gemini;
mod openai;
mod plain;
mod realtime;
mod responses;
mod streams;

use crate::{Options, Simulator};

async fn start() -> Simulator {
    Simulator::start(Options::default()).await.unwrap()
}
