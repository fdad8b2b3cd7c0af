//! What the last run left in the journal: settled before this run begins.

use std::path::Path;
use std::sync::Arc;

use tollgate_journal::{Journal, JournalError, Opened, Recovered};
use tollgate_policy::time::Timestamp;

use crate::book::{Book, BookError, GatewayId, Turn};
use crate::ledger::OpenError;
use crate::receipt::Receipt;
use crate::record::{Begun, Ended, Record};
use crate::round::{FEWEST_RECEIPTS, MOST_RECEIPTS};

/// Settles what another gateway of this machine left in its journal, and gives back what it had
/// leased, where its process has ended. Gives the number of receipts; `None` where the process goes
/// on, or there is no journal. The journal stays, for whoever starts with it next.
///
/// # Errors
/// As [`Ledger::open`](crate::Ledger::open).
///
/// CANCEL: what is not settled by then stays in the journal.
pub async fn adopt(
    book: &dyn Book,
    path: &Path,
    most_receipts: u32,
    now: Timestamp,
) -> Result<Option<usize>, OpenError> {
    // An empty file is one that is being made, and has no identity yet.
    if !std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        return Ok(None);
    }
    let Opened {
        journal,
        recovered,
        identity,
    } = match Journal::open(path, most_receipts, [0; 16]) {
        Ok(opened) => opened,
        Err(JournalError::InUse { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let receipts = recovered.len();
    recover(&journal, GatewayId(identity), recovered, book, now).await?;
    Ok(Some(receipts))
}

/// Settles what the last run left: receipts as they are, and calls that it did not survive by an
/// estimate. Then nothing of it is held any more.
pub(crate) async fn recover(
    journal: &Journal,
    gateway: GatewayId,
    recovered: Vec<Recovered>,
    book: &dyn Book,
    now: Timestamp,
) -> Result<(), OpenError> {
    let (mut places, mut receipts) = (Vec::new(), Vec::new());
    for record in recovered {
        match record {
            Recovered::Settled {
                settled,
                begun,
                record,
            } => {
                receipts.push(Arc::new(Begun::settled(&begun, &record)?));
                places.push(settled);
            }
            Recovered::Begun {
                slot,
                begun,
                revised,
                progress,
            } => {
                let killed = Begun::killed(&revised.unwrap_or(begun), progress)?;
                let ended = Record::of(&Ended::again(&killed))?;
                let place = journal.settle(slot, ended.as_bytes());
                places.push(place.map_err(|(_, error)| error)?);
                receipts.push(Arc::new(killed));
            }
        }
    }
    let left = receipts.len();
    let new = settle(&receipts, gateway, book, now).await?;
    if left > 0 {
        tracing::info!(receipts = left, new, "what the last run left is settled");
    }
    if let Err(error) = journal.clear(places) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the journal could not be written: receipts will be settled again, without effect"
        );
    }
    Ok(())
}

/// Gives the store all receipts and then what is leased, and says how many receipts were new. Where
/// it has no time for so many at once, they go there in smaller parts: it may have done a turn that
/// failed, and receipts have an effect once.
async fn settle(
    receipts: &[Arc<Receipt>],
    gateway: GatewayId,
    book: &dyn Book,
    now: Timestamp,
) -> Result<usize, BookError> {
    let (mut rest, mut most) = (receipts, MOST_RECEIPTS);
    let mut new: usize = 0;
    loop {
        let (part, later) = rest.split_at_checked(most).unwrap_or((rest, &[]));
        let turn = Turn {
            gateway,
            now,
            reset: later.is_empty(),
            receipts: part.to_vec(),
            returns: Vec::new(),
            asks: Vec::new(),
        };
        match book.turn(Arc::new(turn)).await {
            Ok(outcome) => new = new.saturating_add(outcome.settled),
            Err(error) if part.len() <= FEWEST_RECEIPTS => return Err(error),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    receipts = part.len(),
                    "what the last run left is settled in smaller parts, since a turn with the \
                     store failed"
                );
                most = (part.len() / 2).max(FEWEST_RECEIPTS);
                continue;
            }
        }
        if later.is_empty() {
            return Ok(new);
        }
        rest = later;
    }
}
