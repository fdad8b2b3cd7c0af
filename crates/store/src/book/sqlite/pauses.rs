//! A turn in small steps, between which calls go on.

/// How many rows are read or written in one step, which takes some 100 us.
const ROWS: usize = 8;
/// A turn with more receipts goes through without a pause. Where calls take all of the processor, each
/// pause is as long as the kernel lets others run, which is 3 ms, and a turn that made one of them
/// after every few rows would never see the end of what came meanwhile.
const PAUSED: usize = 512;

/// How a turn shares the processor with calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    any: bool,
}

impl Pauses {
    /// Of a turn with so many receipts.
    pub(super) const fn of(receipts: usize) -> Self {
        Self {
            any: receipts <= PAUSED,
        }
    }

    /// Whether whoever waits for the processor has it behind this row.
    const fn is_behind(self, nth: usize) -> bool {
        self.any && nth % ROWS == ROWS - 1
    }

    /// The same rows, with pauses.
    ///
    /// Linux lets a thread run for about 3 ms, whoever else becomes ready meanwhile; a turn takes
    /// longer than that, and on a machine with one processor each call that came in it would be as
    /// late.
    pub(super) fn between<T>(self, rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        rows.into_iter().enumerate().map(move |(nth, row)| {
            if self.is_behind(nth) {
                std::thread::yield_now();
            }
            row
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_has_much_to_do_does_not_wait_for_others() {
        let count = |receipts| {
            let pauses = Pauses::of(receipts);
            (0..receipts).filter(|nth| pauses.is_behind(*nth)).count()
        };
        assert_eq!([0, 7, 8, 100, 512].map(count), [0, 0, 1, 12, 64]);
        assert_eq!([513, 4096].map(count), [0, 0]);
        assert!(Pauses::of(100).between(0..100).eq(0..100));
    }
}
