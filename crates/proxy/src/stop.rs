//! Why a walk ended before an upstream answered: for the operator in full, for the client as a fault.

use tollgate_policy::Refusal;
use tollgate_rights::source::SourceError;
use tollgate_wire::answer::{Fault, from_refusal};

use crate::upstream::UpstreamError;

/// The end of a walk that reached no answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A condition that says all by itself.
    Fault(Fault<'static>),
    /// The client's request cannot be understood; the sentence is for the client.
    Malformed(String),
    /// Policy refused.
    Refused {
        refusal: Refusal,
        model: Option<String>,
    },
    /// There is no such model for this token.
    NoModel(String),
    /// No upstream answered.
    Upstream(UpstreamError),
    /// The rights of a token that is not in memory could not be read.
    Rights(SourceError),
}

impl Stop {
    /// What the client is told.
    pub(crate) fn fault(&self) -> Fault<'_> {
        match self {
            Self::Fault(fault) => fault.clone(),
            Self::Malformed(sentence) => Fault::BadRequest(sentence),
            Self::Refused { refusal, model } => from_refusal(refusal, model.as_deref()),
            Self::NoModel(model) => Fault::ModelNotFound(model),
            Self::Upstream(UpstreamError::Timeout) => Fault::UpstreamTimeout,
            Self::Upstream(_) => Fault::UpstreamFailed,
            Self::Rights(_) => Fault::StoreUnavailable,
        }
    }
}

impl From<Fault<'static>> for Stop {
    fn from(fault: Fault<'static>) -> Self {
        Self::Fault(fault)
    }
}
