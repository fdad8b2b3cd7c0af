//! What must be in the book in the end, kept apart from the ledger.

use std::collections::BTreeMap;

use tollgate_ledger::receipt::{Ending, Receipt};
use tollgate_ledger::request_id::RequestId;

/// What is known of a call that goes on.
#[derive(Debug, Clone, Copy)]
pub struct Going {
    pub strict: bool,
    pub held: i64,
    pub input_tokens: u64,
    /// Bytes of output that the journal heard of.
    pub noted: u64,
}

/// What is known of the receipt of a call that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub ending: Ending,
    pub cost: i64,
    /// At least so much of it is charged.
    pub charged: i64,
    /// Whether the receipt may be missing, since its journal was lost.
    pub lost: bool,
}

/// What is known of all calls that ended.
#[derive(Debug, Default)]
pub struct Expected(pub BTreeMap<RequestId, Ended>);

impl Going {
    /// The call was settled for so much.
    pub fn settled(&self, cost: i64) -> Ended {
        let charged = if self.strict {
            cost.min(self.held)
        } else {
            cost
        };
        Ended {
            ending: Ending::Complete,
            cost,
            charged,
            lost: false,
        }
    }

    /// Nobody said how the call ended.
    pub fn estimated(&self, ending: Ending) -> Ended {
        let input = self.input_tokens;
        let output = self.noted.div_ceil(4);
        Ended {
            ending,
            ..self.settled((input + 2 * output) as i64)
        }
    }
}

impl Expected {
    /// Whether a receipt is what is expected of its call.
    pub fn check(&self, receipt: &Receipt) {
        let Some(ended) = self.0.get(&receipt.request) else {
            panic!("a receipt of a call that did not end: {receipt:?}");
        };
        assert_eq!(receipt.ending, ended.ending, "{receipt:?}");
        assert_eq!(receipt.cost.as_micros(), ended.cost, "{receipt:?}");
        let charged = receipt.charged().as_micros();
        assert!(
            (ended.charged..=ended.cost).contains(&charged),
            "{receipt:?} and not {ended:?}"
        );
        if ended.ending == Ending::Killed {
            assert_eq!(charged, ended.charged, "more than was held");
        }
    }
}
