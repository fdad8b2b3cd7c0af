//! What a hold and its settling cost: `cargo bench -p tollgate-ledger`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

fn main() {
    divan::main();
}
