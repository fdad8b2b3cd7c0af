//! Many worlds, each with its seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::world::World;

const SEEDS: u64 = 2_000;
const STEPS: usize = 120;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

/// One world from its seed to its end. Time passes only where the world says so.
fn run(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap();
    let _inside = runtime.enter();
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.end_all();
}

#[test]
fn no_life_of_gateways_oversells_leaks_or_forgets() {
    let (first, most) = match number("TOLLGATE_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("TOLLGATE_SEEDS").unwrap_or(SEEDS)),
    };
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + most {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| run(seed))).is_err() {
                next.store(first + most, Ordering::Relaxed);
                panic!(
                    "seed {seed} fails; TOLLGATE_SEED={seed} cargo test -p tollgate-ledger --test simulation"
                );
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
}
