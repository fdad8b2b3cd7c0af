//! A call that policy permitted, from then to its end.
//!
//! However it ends, and wherever it is dropped, it leaves one record: a client that leaves takes the
//! future of its request with it, and the call must not vanish with that.

use std::sync::Arc;
use std::time::Duration;

use tollgate_policy::id::UpstreamId;
use tollgate_rights::entry::Entry;

use crate::exchange::Exchange;
use crate::metrics::Metrics;
use crate::record;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    /// The upstream's answer was passed on whole.
    Complete,
    /// The upstream broke off inside its answer.
    UpstreamBroke,
    /// The upstream was silent for too long inside its answer.
    UpstreamSilent,
    /// The client left before the answer was whole.
    ClientLeft,
}

/// What is asked for, by the names that records use.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) endpoint: String,
    pub(crate) model: Option<String>,
}

/// A permitted call that has not ended.
pub(crate) struct Call {
    pub(crate) exchange: Exchange,
    pub(crate) entry: Arc<Entry>,
    pub(crate) subject: Subject,
    pub(crate) progress: Progress,
    metrics: Arc<Metrics>,
    open: bool,
}

/// How far a call has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Who began to answer, with which status, and after what time.
    pub(crate) answered: Option<(UpstreamId, u16, Duration)>,
    /// When the first byte of a body was passed on.
    pub(crate) first_byte: Option<Duration>,
    /// How many bytes of it were passed on.
    pub(crate) bytes: u64,
}

impl Ending {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::UpstreamBroke => "upstream_broke",
            Self::UpstreamSilent => "upstream_silent",
            Self::ClientLeft => "client_left",
        }
    }
}

impl Call {
    /// A call that begins to be forwarded.
    pub(crate) fn new(
        exchange: &Exchange,
        entry: &Arc<Entry>,
        subject: Subject,
        metrics: &Arc<Metrics>,
    ) -> Self {
        metrics.relay_began();
        Self {
            exchange: exchange.clone(),
            entry: Arc::clone(entry),
            subject,
            progress: Progress::default(),
            metrics: Arc::clone(metrics),
            open: true,
        }
    }

    /// An upstream began to answer.
    pub(crate) fn answered(&mut self, upstream: UpstreamId, status: u16) {
        self.progress.answered = Some((upstream, status, self.exchange.started.elapsed()));
    }

    /// Bytes of the answer's body were passed on.
    pub(crate) fn passed(&mut self, bytes: usize) {
        let started = self.exchange.started;
        let progress = &mut self.progress;
        progress.first_byte.get_or_insert_with(|| started.elapsed());
        progress.bytes = progress.bytes.saturating_add(bytes as u64);
    }

    /// Ends the call and writes its record; what comes after the first end changes nothing.
    pub(crate) fn end(&mut self, ending: Ending) {
        if std::mem::take(&mut self.open) {
            self.metrics.relay_ended(self, ending);
            record::ended(self, ending);
        }
    }

    /// Ends the call without an answer to pass on. Its record is that of the answer made instead.
    pub(crate) fn abandon(mut self) -> Subject {
        if std::mem::take(&mut self.open) {
            self.metrics.relay_abandoned();
        }
        self.subject.clone()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Ending::ClientLeft);
    }
}
