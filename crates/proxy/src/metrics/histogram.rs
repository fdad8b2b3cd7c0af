//! Histograms of times that are counted by plain atomics: the library's own take a lock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Upper bounds of short times, in microseconds: 25 µs to 1 s.
const SHORT: [u64; 10] = [
    25, 50, 100, 250, 500, 1_000, 5_000, 25_000, 100_000, 1_000_000,
];
/// Upper bounds of long times, in microseconds: 1 ms to 10 minutes.
const LONG: [u64; 16] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    120_000_000,
    600_000_000,
];
/// Places for the longest list of bounds, and for what is beyond it.
const PLACES: usize = LONG.len() + 1;

/// Times in buckets. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Times(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [u64],
    counts: [AtomicU64; PLACES],
    sum_micros: AtomicU64,
}

impl Times {
    /// Of what takes less than a second.
    pub(super) fn short() -> Self {
        Self::new(&SHORT)
    }

    /// Of what may take minutes.
    pub(super) fn long() -> Self {
        Self::new(&LONG)
    }

    fn new(bounds: &'static [u64]) -> Self {
        Self(Arc::new(Inner {
            bounds,
            counts: Default::default(),
            sum_micros: AtomicU64::new(0),
        }))
    }

    pub(super) fn observe(&self, time: Duration) {
        let Inner {
            bounds,
            counts,
            sum_micros,
        } = &*self.0;
        // Rounded up: a bound belongs to the bucket below it.
        let micros = u64::try_from(time.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX);
        let place = bounds.iter().take_while(|bound| **bound < micros).count();
        if let Some(count) = counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        sum_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Times {
    /// How many were within each bound, in microseconds, but not within the one below it; `None` is
    /// for what is beyond all.
    pub(super) fn counts(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let Inner { bounds, counts, .. } = &*self.0;
        let bounds = bounds.iter().copied().map(Some).chain([None]);
        bounds.zip(counts.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}

impl TypedMetric for Times {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Times {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Inner {
            bounds,
            counts,
            sum_micros,
        } = &*self.0;
        let counts = counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .take(bounds.len() + 1);
        let ends = bounds.iter().map(|micros| seconds(*micros));
        let buckets: Vec<(f64, u64)> = ends.chain([f64::INFINITY]).zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = seconds(sum_micros.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn times_are_counted_in_the_bucket_whose_bound_they_do_not_pass() {
        let times = Times::short();
        for nanos in [0, 25_000, 25_001, 1_000_000_000, 2_000_000_000] {
            times.observe(Duration::from_nanos(nanos));
        }
        let mut registry = Registry::default();
        registry.register("a", "A", times);
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        for line in [
            "a_sum 3.000051",
            "a_count 5",
            "a_bucket{le=\"0.000025\"} 2",
            "a_bucket{le=\"0.00005\"} 3",
            "a_bucket{le=\"0.1\"} 3",
            "a_bucket{le=\"1.0\"} 4",
            "a_bucket{le=\"+Inf\"} 5",
        ] {
            assert!(page.lines().any(|seen| seen == line), "{line} in\n{page}");
        }
    }
}
