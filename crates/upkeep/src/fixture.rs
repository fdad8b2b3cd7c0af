//! A store that keeps everything in memory, a clock that goes with tokio's, and a receiver of
//! alerts on a real socket.

mod receiver;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tollgate_policy::id::{TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;
use zeroize::Zeroizing;

use crate::port::{Alert, Aside, Expiring, NewAlert, Place, PortError, Subject, Upkeep};
use crate::settings::Settings;
use crate::webhook::{Reach, Webhook};
use crate::{Handles, run};

pub(crate) use receiver::{Receiver, Seen, hold_time, reserve};

pub(crate) const SECRET: &str = "hush-hush-hush-hush";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the store holds, and what it was asked.
#[derive(Debug, Default, Clone)]
pub(crate) struct Kept {
    pub(crate) alerts: Vec<Alert>,
    pub(crate) delivered: Vec<(i64, Timestamp)>,
    pub(crate) tokens: Vec<Expiring>,
    pub(crate) raises: Vec<(NewAlert, Timestamp)>,
    pub(crate) pruned: Vec<(Timestamp, Timestamp)>,
    pub(crate) compacted: Vec<(Timestamp, Timestamp)>,
    pub(crate) forgotten: Vec<(Timestamp, Timestamp)>,
    pub(crate) reports_forgotten: Vec<(Timestamp, Timestamp)>,
    pub(crate) aside: Vec<(Vec<u8>, Vec<Aside>, Timestamp)>,
    /// How often it was asked for alerts and for tokens.
    pub(crate) looks: u64,
    pub(crate) pages: u64,
    /// How far its clock is behind, where it has one.
    pub(crate) behind: Option<Duration>,
    /// Whether it answers.
    pub(crate) away: bool,
    /// Whether who raises an alert waits for ever, and how many did.
    pub(crate) silent: bool,
    pub(crate) unanswered: u64,
    /// Whether somebody else takes each alert first.
    pub(crate) contended: bool,
}

pub(crate) struct Store {
    kept: watch::Sender<Kept>,
    clock: Clock,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Begins at [`start`].
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Timestamp {
        start().plus(self.0.elapsed())
    }
}

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2027-01-31T12:00:00Z").unwrap()
}

/// Upkeep that goes on, until it is dropped.
pub(crate) struct Running {
    pub(crate) store: Arc<Store>,
    pub(crate) handles: Handles,
    over: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(kept: Kept, settings: Settings) -> Self {
        Self::start_with(kept, settings, Handles::default())
    }

    pub(crate) fn start_with(kept: Kept, settings: Settings, handles: Handles) -> Self {
        let clock = Clock::new();
        let store = Arc::new(Store::new(kept, clock));
        let (over, ended) = oneshot::channel::<()>();
        let port: Arc<dyn Upkeep> = Arc::clone(&store) as _;
        let ended = async move {
            let _ = ended.await;
        };
        let upkeep = run(port, settings, handles.clone(), move || clock.now(), ended);
        Self {
            store,
            handles,
            over: Some(over),
            task: tokio::spawn(upkeep),
        }
    }

    /// Says that it is over, and waits for the end.
    pub(crate) async fn end(mut self) {
        self.over.take();
        let ended = timeout(Duration::from_secs(1), &mut self.task).await;
        ended.expect("it goes on").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Store {
    pub(crate) fn new(kept: Kept, clock: Clock) -> Self {
        Self {
            kept: watch::Sender::new(kept),
            clock,
        }
    }

    /// Waits until what is kept satisfies a condition, and says what that is.
    pub(crate) async fn until(&self, condition: impl FnMut(&Kept) -> bool) -> Kept {
        let mut kept = self.kept.subscribe();
        let reached = timeout(DAY, kept.wait_for(condition)).await;
        reached.expect("it never came").unwrap().clone()
    }

    pub(crate) fn kept(&self) -> Kept {
        self.kept.borrow().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Kept)) {
        self.kept.send_modify(change);
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        act: impl FnOnce(&mut Kept, Timestamp) -> T,
    ) -> BoxFuture<'a, Result<T, PortError>> {
        let mut answer = Err(PortError("away".into()));
        self.kept.send_modify(|kept| {
            if !kept.away {
                answer = Ok(act(kept, self.clock.now()));
            }
        });
        Box::pin(async { answer })
    }
}

impl Upkeep for Store {
    fn due(&self, until: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Alert>, PortError>> {
        self.answer(|kept, _| {
            kept.looks += 1;
            let waits = |alert: &&Alert| {
                let delivered = kept.delivered.iter().any(|(id, _)| *id == alert.id);
                !delivered && alert.next_at <= until
            };
            let mut due: Vec<_> = kept.alerts.iter().filter(waits).cloned().collect();
            due.sort_by_key(|alert| (alert.next_at, alert.id));
            due.truncate(limit as usize);
            due
        })
    }

    fn claim(
        &self,
        id: i64,
        seen: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<bool, PortError>> {
        self.answer(|kept, _| {
            if kept.contended {
                return false;
            }
            let same = |alert: &&mut Alert| alert.id == id && alert.next_at == seen;
            let found = kept.alerts.iter_mut().find(same);
            found.map(|alert| alert.next_at = until).is_some()
        })
    }

    fn delivered(&self, id: i64, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        self.answer(|kept, _| kept.delivered.push((id, at)))
    }

    fn failed(&self, id: i64, next_at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        self.answer(|kept, _| {
            let found = kept.alerts.iter_mut().find(|alert| alert.id == id).unwrap();
            found.next_at = next_at;
            found.attempts += 1;
        })
    }

    fn raise(&self, alert: NewAlert, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        if self.kept.borrow().silent {
            self.kept.send_modify(|kept| kept.unanswered += 1);
            return Box::pin(std::future::pending());
        }
        self.answer(|kept, _| kept.raises.push((alert, at)))
    }

    fn expiring(
        &self,
        after: Place,
        until: Timestamp,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Expiring>, PortError>> {
        self.answer(|kept, _| {
            kept.pages += 1;
            let within = |one: &&Expiring| {
                let place = (one.expires_at, Some(one.token));
                place > (after.expires_at, after.token) && one.expires_at <= until
            };
            let mut found: Vec<_> = kept.tokens.iter().filter(within).cloned().collect();
            found.sort_by_key(|one| (one.expires_at, one.token));
            found.truncate(limit as usize);
            found
        })
    }

    fn clock(&self) -> BoxFuture<'_, Result<Option<Timestamp>, PortError>> {
        self.answer(|kept, now| kept.behind.map(|behind| now.minus(behind)))
    }

    fn prune(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        self.answer(|kept, now| kept.pruned.push((now, before)))
            .map_rows()
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        self.answer(|kept, now| kept.forgotten.push((now, before)))
            .map_rows()
    }

    fn forget_reports(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        self.answer(|kept, now| kept.reports_forgotten.push((now, before)))
            .map_rows()
    }

    fn compact(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, PortError>> {
        self.answer(|kept, now| kept.compacted.push((now, before)))
            .map_rows()
    }

    fn put_aside(
        &self,
        gateway: Vec<u8>,
        aside: Vec<Aside>,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<(), PortError>> {
        self.answer(|kept, _| kept.aside.push((gateway, aside, at)))
    }
}

trait MapRows<'a> {
    fn map_rows(self) -> BoxFuture<'a, Result<u64, PortError>>;
}

impl<'a> MapRows<'a> for BoxFuture<'a, Result<(), PortError>> {
    fn map_rows(self) -> BoxFuture<'a, Result<u64, PortError>> {
        Box::pin(async { self.await.map(|()| 7) })
    }
}

/// Lets time go by, with everybody having come to rest before it and after it.
pub(crate) async fn pass(duration: Duration) {
    rest().await;
    tokio::time::advance(duration).await;
    rest().await;
}

async fn rest() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

/// An alert that is due from the start.
pub(crate) fn alert(id: i64) -> Alert {
    Alert {
        id,
        alert: NewAlert {
            key: format!("quota:token:tok_0000000000007:{id}"),
            kind: "quota_80".to_owned(),
            subject: Subject::Token(token(7)),
            body: json!({ "limit": 100, "used": 81 }),
        },
        at: start(),
        attempts: 0,
        next_at: start(),
    }
}

pub(crate) fn with_alerts(alerts: Vec<Alert>) -> Kept {
    Kept {
        alerts,
        ..Kept::default()
    }
}

pub(crate) fn token(raw: i64) -> TokenId {
    TokenId::from_raw(raw).unwrap()
}

pub(crate) fn upstream(raw: i64) -> UpstreamId {
    UpstreamId::from_raw(raw).unwrap()
}

pub(crate) fn webhook(address: &str) -> Webhook {
    let secret = Zeroizing::new(SECRET.to_owned());
    Webhook::new(address, secret, Reach::Private).unwrap()
}

/// Delivers to an address, and nothing else.
pub(crate) fn delivering(address: &str) -> Settings {
    Settings {
        webhook: Some(webhook(address)),
        ..nothing()
    }
}

/// Logs alerts, and nothing else.
pub(crate) fn nothing() -> Settings {
    Settings {
        webhook: None,
        expiry_notice_days: 0,
        keep_receipts_days: 0,
        keep_daily_days: 0,
    }
}
