#![doc = include_str!("../README.md")]

mod anthropic;
mod ask;
mod call;
mod completion;
mod dialect;
mod exchange;
mod failure;
mod form;
mod gemini;
mod journal;
mod openai;
mod options;
mod paced;
mod plain;
mod prompt;
mod realtime;
mod routes;
mod script;
mod server;
mod sse;

pub use journal::{Seen, Tally};
pub use openai::models::{CHAT_MODEL, EMBEDDING_MODEL, GEMINI_MODEL, MESSAGES_MODEL};
pub use options::{Options, Pace};
pub use server::Simulator;

#[cfg(test)]
mod tests;
