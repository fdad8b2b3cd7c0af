//! What a gateway that is killed does not lose: the journal, as calls go on.

use std::error::Error;
use std::sync::atomic::Ordering;

use tollgate_journal::{JournalError, Slot};

use super::Shared;
use crate::demand::Grip;
use crate::held::Call;
use crate::record::{Begun, Record};
use crate::request_id::RequestId;
use crate::sync::Place;

impl Shared {
    /// Writes how a call ended where a killed gateway does not lose it.
    pub(crate) fn write(&self, slot: Slot, record: &[u8], request: RequestId) -> Place {
        match self.journal.settle(slot, record) {
            Ok(settled) => Place::Settled(settled),
            Err((slot, error)) => {
                // Its place was reserved, so this is a broken disk. The receipt goes to the store
                // all the same; only where the gateway is killed before that, the call is charged
                // by an estimate.
                tracing::error!(
                    request_id = %request,
                    error = &error as &dyn Error,
                    "a receipt could not be written to the journal"
                );
                Place::Begun(slot)
            }
        }
    }

    pub(crate) fn note(&self, slot: &Slot, output_bytes: u64) {
        warn(self.journal.progress(slot, output_bytes));
    }

    /// Writes what a call is now, besides what it was when it began.
    pub(crate) fn revise(&self, slot: &Slot, call: &Call, grip: &Grip) {
        // Encoding into memory has no way to fail.
        if let Ok(record) = Record::of(&Begun::new(call, grip)) {
            warn(self.journal.revise(slot, record.as_bytes()));
        }
    }

    /// The places of receipts that are in the store are free again.
    pub(crate) fn clear(&self, places: Vec<Place>) {
        if places.is_empty() {
            return;
        }
        let mut settled = Vec::with_capacity(places.len());
        let mut result = Ok(());
        for place in places {
            match place {
                Place::Settled(place) => settled.push(place),
                Place::Begun(slot) => result = result.and(self.journal.cancel(slot)),
            }
        }
        result = result.and(self.journal.clear(settled));
        self.sheds.store(false, Ordering::Relaxed);
        if let Err(error) = result {
            tracing::warn!(
                error = &error as &dyn Error,
                "the journal could not be written: receipts will be settled again, without effect"
            );
        }
    }

    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.journal.sync()
    }
}

/// The begun record stands, and a call that its gateway does not survive is charged by that.
fn warn(result: Result<(), JournalError>) {
    if let Err(error) = result {
        tracing::warn!(
            error = &error as &dyn Error,
            "the journal could not be written"
        );
    }
}
