//! The receipts of a turn, each once.

use std::sync::Arc;

use tollgate_ledger::receipt::Receipt;

/// The receipts in the order of their request ids, in which they stand in the table and in which
/// all gateways insert theirs. Of those with the same id the first one counts.
pub(super) fn sorted(receipts: &[Arc<Receipt>]) -> Vec<&Receipt> {
    let mut batch: Vec<&Receipt> = receipts.iter().map(Arc::as_ref).collect();
    batch.sort_by_key(|receipt| receipt.request);
    batch.dedup_by_key(|receipt| receipt.request);
    batch
}
