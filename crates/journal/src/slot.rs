//! The handles that a caller holds: a use of a slot, and a record that was settled in one.

/// A begun record's place: to be settled or cancelled, once, in the journal that gave it.
///
/// One that is dropped stays begun: its record comes back when the journal is opened again, and
/// its place is not reused before.
#[derive(Debug)]
#[must_use = "a slot that is neither settled nor cancelled stays in use until the next open"]
pub struct Slot {
    pub(crate) index: u32,
    pub(crate) generation: u64,
    /// Of an attempt to settle that failed.
    pub(crate) sequence: Option<u64>,
}

/// A settled record: to be cleared, in the journal that gave it, once it is stored elsewhere.
///
/// One that is dropped stays settled: it comes back when the journal is opened again, and its
/// place is not reused before.
#[derive(Debug)]
#[must_use = "a settled record that is not cleared stays in use until the next open"]
pub struct Settled {
    pub(crate) index: u32,
    pub(crate) sequence: u64,
}
