//! A turn in small steps, between which calls go on.

/// How many rows are read or written in one step, which takes some 100 us.
const ROWS: usize = 8;

/// The same rows, and after every few of them whoever waits for the processor has it first.
///
/// Linux lets a thread run for about 3 ms, whoever else becomes ready meanwhile; a turn takes longer
/// than that, and on a machine with one processor each call that came in it would be as late.
pub(super) fn in_steps<T>(rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    rows.into_iter().enumerate().map(|(nth, row)| {
        if nth % ROWS == ROWS - 1 {
            std::thread::yield_now();
        }
        row
    })
}
