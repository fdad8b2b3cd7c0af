//! What new receipts take from each pot.

use std::collections::BTreeMap;

use tollgate_ledger::receipt::Receipt;

use super::pot::Key;

/// What a call takes from each of its pots. Nothing is ever given back.
pub(super) fn charged(receipt: &Receipt) -> i64 {
    receipt.charged().as_micros().max(0)
}

/// The sum for each pot, an earlier period before a later one.
pub(super) fn sums<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> BTreeMap<Key, i64> {
    let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
    for receipt in receipts {
        let charged = charged(receipt);
        for pot in receipt.payer.pots() {
            let sum = sums.entry(Key::from(pot)).or_default();
            *sum = sum.saturating_add(charged);
        }
    }
    sums
}
