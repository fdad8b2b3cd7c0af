//! The console as people see it: a real Chromium, driven through the stories that it is there for.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod api;
mod look;
mod snippets;
mod story;
