//! Why a walk ended before an upstream answered: for the operator in full, for the client as a fault.

use std::time::Duration;

use tollgate_ledger::Windows;
use tollgate_ledger::book::BookError;
use tollgate_policy::Refusal;
use tollgate_policy::id::UpstreamId;
use tollgate_policy::time::Timestamp;
use tollgate_rights::source::SourceError;
use tollgate_wire::answer::{Fault, from_refusal_at};

use crate::call::Subject;
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
        refusal: Box<Refusal>,
        subject: Subject,
        /// The limit that has no room, if it was one.
        windows: Windows,
    },
    /// There is no room for the call that is asked for.
    Overloaded {
        retry_after_s: u64,
        /// For the operator.
        why: &'static str,
        subject: Subject,
    },
    /// There is no such model for this token.
    NoModel(String),
    /// There is no such response for this token.
    NoResponse(String),
    /// There is no such response for this token to go on from.
    NoPrevious(String),
    /// No upstream answered.
    Upstream(Box<Unanswered>),
    /// The rights of a token that is not in memory could not be read.
    Rights(SourceError),
    /// What a token spent could not be read.
    Book(BookError),
}

/// A call that no upstream answered, and the last that was tried.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) upstream: Option<UpstreamId>,
    pub(crate) error: UpstreamError,
    pub(crate) subject: Subject,
}

impl Stop {
    /// Policy gave a permit that no upstream can use.
    pub(crate) fn no_upstream(subject: Subject) -> Self {
        Self::Upstream(Box::new(Unanswered {
            upstream: None,
            error: UpstreamError::NoneLeft,
            subject,
        }))
    }

    /// All that could serve the call is put aside, for so long at least.
    pub(crate) fn put_aside(left: Duration, subject: Subject) -> Self {
        // Rounded up: earlier, there would be no more room than now.
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Self::Overloaded {
            retry_after_s: seconds.max(1),
            why: "everything that serves it is put aside",
            subject,
        }
    }

    /// What the client is told, at a moment.
    pub(crate) fn fault(&self, now: Timestamp) -> Fault<'_> {
        match self {
            Self::Fault(fault) => fault.clone(),
            Self::Malformed(sentence) => Fault::BadRequest(sentence),
            Self::Refused {
                refusal, subject, ..
            } => from_refusal_at(refusal, subject.model.as_deref(), now),
            Self::Overloaded { retry_after_s, .. } => Fault::Overloaded {
                retry_after_s: *retry_after_s,
            },
            Self::NoModel(model) => Fault::ModelNotFound(model),
            Self::NoResponse(id) => Fault::ResponseNotFound(id),
            Self::NoPrevious(id) => Fault::PreviousResponseNotFound(id),
            Self::Upstream(failed) => match &failed.error {
                error if error.is_timeout() => Fault::UpstreamTimeout,
                _ => Fault::UpstreamFailed,
            },
            Self::Rights(_) | Self::Book(_) => Fault::StoreUnavailable,
        }
    }

    /// The limit that has no room, for the headers of the answer.
    pub(crate) fn windows(&self) -> Windows {
        match self {
            Self::Refused { windows, .. } => *windows,
            _ => Windows::default(),
        }
    }

    /// The stable name of the condition, in logs and metrics.
    pub(crate) fn code(&self, now: Timestamp) -> &'static str {
        tollgate_wire::answer::code(&self.fault(now))
    }

    /// What was asked for, where that is known.
    pub(crate) fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Refused { subject, .. } | Self::Overloaded { subject, .. } => Some(subject),
            Self::Upstream(failed) => Some(&failed.subject),
            _ => None,
        }
    }

    /// Who failed, where somebody was asked.
    pub(crate) fn upstream(&self) -> Option<UpstreamId> {
        match self {
            Self::Upstream(failed) => failed.upstream,
            _ => None,
        }
    }
}

impl From<Fault<'static>> for Stop {
    fn from(fault: Fault<'static>) -> Self {
        Self::Fault(fault)
    }
}
