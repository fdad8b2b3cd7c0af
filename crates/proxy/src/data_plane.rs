//! What requests share: the data plane of one worker, and the steps that every walk takes.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tollgate_connect::Sockets;
use tollgate_ledger::Ledger;
use tollgate_ledger::statement::Statements;
use tollgate_policy::Target;
use tollgate_policy::bound::Demand;
use tollgate_policy::plan::Plan;
use tollgate_policy::secret::HashKey;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::Permit;
use tollgate_rights::Rights;
use tollgate_rights::responses::Kept;
use tollgate_rights::source::Snapshot;
use tollgate_upkeep::refusals::Refusals;
use tollgate_upkeep::watch::UpstreamWatch;

use crate::admit::Caller;
use crate::buffers::Buffers;
use crate::call::Call;
use crate::drain::Drains;
use crate::exchange::Exchange;
use crate::forward::Way;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::room::Rooms;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::trace::Propagation;
use crate::upstream::Upstreams;
use crate::{admit, hold};

/// How often a worker looks for what nobody uses any more.
const TEND_EVERY: Duration = Duration::from_secs(10);

/// The gateway's data plane: everything that requests share. One per worker.
pub struct Proxy {
    pub(crate) rights: Arc<Rights>,
    pub(crate) ledger: Ledger,
    pub(crate) statements: Arc<dyn Statements>,
    pub(crate) responses: Arc<Kept>,
    pub(crate) hash_key: Arc<HashKey>,
    upstreams: Upstreams,
    health: Arc<Health>,
    pub(crate) drains: Arc<Drains>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) refusals: Refusals,
    pub(crate) rooms: Rooms,
    pub(crate) traces: Option<Propagation>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) buffers: Arc<Buffers>,
    settings: Arc<ArcSwap<Settings>>,
}

/// What a data plane stands on: each is shared with whoever keeps it, and by all workers.
#[derive(Clone)]
pub struct Services {
    /// Who may do what.
    pub rights: Arc<Rights>,
    /// What calls are held against.
    pub ledger: Ledger,
    /// What tokens are told of themselves.
    pub statements: Arc<dyn Statements>,
    /// Whose the responses are that upstreams keep.
    pub responses: Arc<Kept>,
    /// Who hears how upstreams do.
    pub watch: UpstreamWatch,
    /// How upstreams do.
    pub health: Arc<Health>,
    /// Where calls are counted.
    pub metrics: Arc<Metrics>,
    /// Where operators are told of what is refused.
    pub refusals: Refusals,
    /// Where bodies are kept until an upstream has them.
    pub rooms: Rooms,
    /// How many connections to upstreams there may be.
    pub sockets: Arc<Sockets>,
    /// How calls are traced, where they are.
    pub traces: Option<Propagation>,
}

impl Proxy {
    /// A data plane over these services. `clock` tells the wall-clock time. The settings may be
    /// replaced at any time: a call goes on with those that it began with.
    pub fn new(
        services: Services,
        hash_key: Arc<HashKey>,
        settings: Arc<ArcSwap<Settings>>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let Services {
            rights,
            ledger,
            statements,
            responses,
            watch,
            health,
            metrics,
            refusals,
            rooms,
            sockets,
            traces,
        } = services;
        let upstreams = Upstreams::new(watch, sockets);
        metrics.watch(upstreams.pool());
        Self {
            rights,
            ledger,
            statements,
            responses,
            hash_key,
            upstreams,
            health,
            drains: Arc::default(),
            metrics,
            refusals,
            rooms,
            traces,
            clock,
            buffers: Arc::default(),
            settings,
        }
    }

    /// Lets go, now and then, of what nobody uses any more: connections to upstreams, and buffers.
    /// Never ends.
    pub async fn tend(&self) {
        let mut turns = tokio::time::interval(TEND_EVERY);
        loop {
            turns.tick().await;
            self.upstreams.sweep(&self.rights.snapshot().access);
            self.buffers.trim();
        }
    }

    /// Waits for answers that are read on although their clients have left, and gives up those that
    /// take longer. Says whether all of them came to their end.
    pub async fn end(&self, limit: Duration) -> bool {
        self.drains.end(limit).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The settings in force, for one request.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn way<'a>(&'a self, snapshot: &'a Snapshot, plan: &'a Plan<'a>) -> Way<'a> {
        Way {
            upstreams: &self.upstreams,
            health: &self.health,
            snapshot,
            plan,
        }
    }

    /// Holds the worst case of the call, and leaves out of the plan what that does not cover. From here on it is settled and leaves a record, whatever
    /// becomes of it.
    pub(crate) async fn open(
        &self,
        exchange: &Arc<Exchange>,
        caller: &Caller,
        permit: &Permit<'_>,
        plan: &mut Plan<'_>,
        target: Target<'_>,
        demand: Demand,
    ) -> Result<Box<Call>, Stop> {
        let entry = &caller.entry;
        self.rights.note_use(entry, exchange.moment());
        let subject = admit::subject(target);
        let hold = hold::take(
            &self.ledger,
            exchange,
            permit,
            plan,
            demand,
            target,
            &subject,
        )
        .await?;
        let endpoint = target.endpoint();
        let on_leave = permit.group().terms.on_leave;
        let metrics = &self.metrics;
        let call = Call::new(exchange, entry, subject, endpoint, hold, on_leave, metrics);
        if let Err(stop) = caller.confirm(&self.rights, exchange, target).await {
            call.abandon();
            return Err(stop);
        }
        Ok(call)
    }

    /// The attempts of a call, by how upstreams do.
    pub(crate) fn draw<'a>(
        &self,
        permit: &Permit<'a>,
        exchange: &Exchange,
        target: Target<'_>,
    ) -> Result<Plan<'a>, Stop> {
        let now = exchange.moment();
        let view = self.health.view(now);
        let plan = Plan::draw(permit, &view.plan_input(rand::random()));
        plan.map_err(|all| {
            let left = all.until.since(now);
            Stop::put_aside(left, admit::subject(target))
        })
    }
}
