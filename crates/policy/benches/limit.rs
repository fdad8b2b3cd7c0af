//! What a step of a limiter costs: `cargo bench -p tollgate-policy --bench limit`.

use std::time::Duration;

use divan::{Bencher, black_box};
use tollgate_policy::limit::{Gcra, Rate};
use tollgate_policy::time::Timestamp;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn main() {
    divan::main();
}

fn rate() -> Rate {
    Rate::new(999_983).unwrap_or_else(|_| unreachable!())
}

/// A bucket that is half used.
fn busy() -> Gcra {
    let full = Gcra::default();
    full.take(&rate(), 500_000, NOW).unwrap_or(full)
}

#[divan::bench]
fn permit(bencher: Bencher<'_, '_>) {
    let (rate, state) = (rate(), busy());
    assert!(state.take(&rate, 1_234, NOW).is_ok());
    bencher
        .bench_local(|| black_box(state).take(black_box(&rate), black_box(1_234), black_box(NOW)));
}

#[divan::bench]
fn refusal(bencher: Bencher<'_, '_>) {
    let (rate, state) = (rate(), busy());
    assert!(state.take(&rate, 900_000, NOW).is_err());
    bencher.bench_local(|| {
        black_box(state).take(black_box(&rate), black_box(900_000), black_box(NOW))
    });
}

#[divan::bench]
fn settle(bencher: Bencher<'_, '_>) {
    let (rate, state) = (rate(), busy());
    let later = NOW.plus(Duration::from_secs(2));
    bencher.bench_local(|| {
        black_box(state).settle(black_box(&rate), black_box(1_234), 56, black_box(later))
    });
}

/// A permit, its settlement, and the two figures of the response headers.
#[divan::bench]
fn call(bencher: Bencher<'_, '_>) {
    let (rate, state) = (rate(), busy());
    bencher.bench_local(|| {
        let state = black_box(state).take(black_box(&rate), black_box(1_234), black_box(NOW));
        let state = state.map(|state| state.settle(&rate, 1_234, black_box(56), black_box(NOW)));
        state.map(|state| (state.remaining(&rate, NOW), state.resets_in(&rate, NOW)))
    });
}
