//! Telling operators that a gateway runs, what it refused, and how long first bytes took, by the
//! store that they read.
//!
//! It knows no call, only that there is somebody to ask.

use std::collections::BTreeMap;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tollgate_policy::time::Timestamp;

use crate::port::PortError;
use crate::refusals::{Refusals, Refused};

/// How often it is asked whether anything was refused, or another revision is served.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a gateway says that it runs, whatever happens.
pub const TELL_EVERY: Duration = Duration::from_secs(10);

/// Where reports are kept. Several gateways may share it.
pub trait Reports: Send + Sync + 'static {
    /// Keeps what a gateway says of itself, in place of what it said before, and adds what it saw
    /// since, in one step.
    fn report(&self, report: Report, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>>;

    /// A gateway has ended in order: nothing of itself is kept any more.
    fn leave(&self, gateway: Vec<u8>) -> BoxFuture<'_, Result<(), PortError>>;
}

/// A gateway, as it can be asked.
pub trait Gateway: Send + Sync + 'static {
    /// What it says of itself now.
    fn about(&self) -> About;

    /// How many first bytes of relayed answers came within so many microseconds of their requests,
    /// but not within the next lower number, since the gateway runs; `None` for all that took longer.
    fn first_bytes(&self) -> BTreeMap<Option<u64>, u64>;
}

/// What a gateway says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The machine that it runs on.
    pub host: String,
    /// The address on which it serves calls.
    pub address: String,
    /// Its version.
    pub version: String,
    /// Since when it runs.
    pub started: Timestamp,
    /// The last administrative change that it knows.
    pub revision: u64,
    /// Calls that it relays now.
    pub open_calls: u64,
}

/// What a gateway says: of itself, and of what it saw since it last said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which gateway, by the identity of its journal.
    pub gateway: Vec<u8>,
    /// What it says of itself.
    pub about: About,
    /// What it refused.
    pub refused: Refused,
    /// How many more first bytes came within so many microseconds.
    pub first_bytes: BTreeMap<Option<u64>, u64>,
}

/// What was told last.
struct Told {
    revision: u64,
    at: Instant,
}

/// Tells until `over` is ready what the gateway says, then what is left, and then that it is gone.
///
/// CANCEL: dropping it leaves the store as it was told last.
pub async fn tell(
    port: Arc<dyn Reports>,
    gateway: Vec<u8>,
    source: Arc<dyn Gateway>,
    refusals: Refusals,
    clock: impl Fn() -> Timestamp,
    over: impl Future<Output = ()>,
) {
    let mut teller = Teller {
        port,
        gateway,
        source,
        refusals,
        first_bytes: BTreeMap::new(),
        told: None,
        answering: true,
    };
    let mut over = pin!(over);
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = &mut over => break,
            _ = ticks.tick() => {}
        }
        if teller.has_news() {
            teller.tell(clock()).await;
        }
    }
    teller.tell(clock()).await;
    if let Err(error) = teller.port.leave(teller.gateway).await {
        let error = &error as &dyn Error;
        tracing::warn!(error, "operators still see this gateway for a while");
    }
}

struct Teller {
    port: Arc<dyn Reports>,
    gateway: Vec<u8>,
    source: Arc<dyn Gateway>,
    refusals: Refusals,
    /// Those that were told.
    first_bytes: BTreeMap<Option<u64>, u64>,
    told: Option<Told>,
    answering: bool,
}

impl Teller {
    fn has_news(&self) -> bool {
        self.told.as_ref().is_none_or(|told| {
            told.at.elapsed() >= TELL_EVERY
                || told.revision != self.source.about().revision
                || self.refusals.any()
        })
    }

    async fn tell(&mut self, at: Timestamp) {
        let about = self.source.about();
        let revision = about.revision;
        let refused = self.refusals.take();
        let all = self.source.first_bytes();
        let more = |(bound, count): (&Option<u64>, &u64)| {
            let before = self.first_bytes.get(bound).copied().unwrap_or_default();
            let more = count.saturating_sub(before);
            (more > 0).then_some((*bound, more))
        };
        let report = Report {
            gateway: self.gateway.clone(),
            about,
            refused: refused.clone(),
            first_bytes: all.iter().filter_map(more).collect(),
        };
        match self.port.report(report, at).await {
            Ok(()) => {
                self.first_bytes = all;
                let at = Instant::now();
                self.told = Some(Told { revision, at });
                self.answering = true;
            }
            Err(error) => {
                self.refusals.put_back(refused);
                // Once, not every second.
                if self.answering {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "operators are not told what this gateway refuses"
                    );
                }
                self.answering = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
