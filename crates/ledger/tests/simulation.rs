//! The lifetimes of several gateways over one book, decided by a seed: calls, ends, edits, turns of
//! periods, stores that fail, kills, restarts and lost journals, with clocks that differ.
//!
//! A failure names its seed. `TOLLGATE_SEED=17 cargo test -p tollgate-ledger --test simulation`
//! replays one; `TOLLGATE_SEEDS=100000` runs so many.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says how to replay it"
)]

mod support;

mod simulation {
    mod expect;
    mod runs;
    mod site;
    mod town;
    mod world;
}
