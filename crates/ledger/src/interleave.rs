//! The interleavings of hold, settle, edit, the turn of a period and the keeper, as a scheduler
//! chooses them: at each lock, another thread may go on. The state and the steps are those of the
//! gateway; only its locks are others.
//!
//! A failure prints its schedule, which `shuttle::replay` plays again.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use shuttle::rand::Rng;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::Mutex;
use shuttle::{Config, Runner, thread};
use tollgate_policy::credits::Credits;
use tollgate_policy::group::{Enforcement, Group};
use tollgate_policy::id::AccountId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use crate::book::{GatewayId, Lease, Outcome, Pot, Turn};
use crate::demand::Stop;
use crate::fixture::{at, daily, demand, group, micros, principal, receipt};
use crate::live::{Kept, Live};
use crate::receipt::Receipt;
use crate::round::Rounds;
use crate::sync::{Ground, Lock};

const DAY: i64 = 86_400;
const CALLERS: i64 = 3;
const LIMIT: i64 = 25;

/// With a limit on each pot. Made once, since a time zone is read from its rules.
static CALLER: LazyLock<Principal> = LazyLock::new(|| {
    let mut principal = principal();
    principal.token.quota.lifetime = Some(micros(1));
    principal.token.quota.periodic = Some(daily(1));
    principal.account.funds.credited = Some(micros(1));
    principal.account.funds.periodic = Some(daily(1));
    principal
});

/// The ground of an explored schedule.
struct Explored;

impl Ground for Explored {
    type Lock<T: Send + 'static> = Mutex<T>;
    type Place = ();
}

impl<T: Send> Lock<T> for Mutex<T> {
    fn new(state: T) -> Self {
        Self::new(state)
    }

    fn with<R>(&self, step: impl FnOnce(&mut T) -> R) -> R {
        step(&mut self.lock().unwrap())
    }
}

/// A store of one gateway: for each pot its limit, what was used, and what is leased.
#[derive(Default)]
struct Store {
    rows: BTreeMap<Pot, [i64; 3]>,
    receipts: Vec<crate::request_id::RequestId>,
    limit: i64,
}

impl Store {
    fn row(&mut self, pot: Pot) -> &mut [i64; 3] {
        self.rows.entry(pot).or_insert([self.limit, 0, 0])
    }

    /// A limit holds, but for what was spent or leased before it was lowered.
    fn edit(&mut self, limit: i64) {
        self.limit = limit;
        for [most, used, leased] in self.rows.values_mut() {
            *most = limit.max(*used + *leased);
        }
    }

    fn turn(&mut self, turn: &Turn) -> Outcome {
        let mut touched: Vec<Pot> = Vec::new();
        for receipt in &turn.receipts {
            touched.extend(receipt.payer.pots());
            if self.receipts.contains(&receipt.request) {
                continue;
            }
            self.receipts.push(receipt.request);
            for pot in receipt.payer.pots() {
                let [_, used, leased] = self.row(pot);
                let charged = receipt.charged().as_micros();
                assert!(charged <= *leased, "{charged} of {leased} in {pot:?}");
                (*used, *leased) = (*used + charged, *leased - charged);
            }
        }
        for (pot, amount) in &turn.returns {
            touched.push(*pot);
            let [_, _, leased] = self.row(*pot);
            *leased = (*leased - amount.as_micros()).max(0);
        }
        for ask in &turn.asks {
            touched.push(ask.pot);
            let [limit, used, leased] = self.row(ask.pot);
            let left = (*limit - *used - *leased).max(0);
            *leased += ask.wish.as_micros().min(left);
        }
        touched.sort();
        touched.dedup();
        let leases = touched.into_iter().map(|pot| Lease {
            pot,
            leased: micros(self.row(pot)[2]),
            limited: true,
        });
        Outcome {
            leases: leases.collect(),
            settled: 0,
        }
    }

    fn check(&self) {
        for (pot, [limit, used, leased]) in &self.rows {
            assert!(used + leased <= *limit, "{pot:?} is oversold");
        }
    }
}

struct Scene {
    live: Live<Explored>,
    store: Mutex<Store>,
    account: AccountId,
    group: Group,
}

impl Scene {
    fn new() -> Self {
        let mut group = group(Enforcement::Strict);
        group.terms.shared = true;
        group.terms.limits.concurrency = Some(2);
        Self {
            live: Live::new(at(0)),
            store: Mutex::new(Store {
                limit: LIMIT,
                ..Store::default()
            }),
            account: CALLER.account.id,
            group,
        }
    }

    /// A call from hold to receipt, in the order of [`crate::Held`]. What it charged.
    fn call(&self, number: i64, now: Timestamp) -> Option<Receipt> {
        let mut demand = demand(&CALLER, &self.group, 10);
        (demand.least, demand.now) = (micros(3), now);
        for _ in 0..3 {
            let account = self.live.account(self.account);
            let mut grip = match self.live.try_hold(&account, &demand) {
                Ok(grip) => grip,
                Err(Stop::Denied(_)) => return None,
                Err(Stop::Lack(pots)) => {
                    self.live.want(self.account, pots);
                    thread::yield_now();
                    continue;
                }
            };
            let cost = micros(shuttle::rand::thread_rng().gen_range(0..15));
            let charged = self.live.cover(&mut grip, cost);
            let mut receipt = receipt(number, grip.payer);
            receipt.cost = cost;
            receipt.uncovered = micros(cost.as_micros() - charged.as_micros());
            self.live.settle(&grip, self.group.id, charged, 1, now);
            self.live.keep(Kept {
                place: (),
                receipt: Arc::new(receipt.clone()),
                pots: grip.pots,
            });
            return Some(receipt);
        }
        None
    }

    /// A turn of the keeper, whose outcome may be unknown.
    fn turn(&self, rounds: &mut Rounds, now: Timestamp) {
        let Some(round) = rounds.next(&self.live, now) else {
            return;
        };
        let fails = shuttle::rand::thread_rng().gen_range(0..6);
        if fails == 0 {
            return rounds.failed(&self.live, round);
        }
        let outcome = self.store.with(|store| store.turn(&round.turn));
        if fails == 1 {
            return rounds.failed(&self.live, round);
        }
        rounds.done(&self.live, round, &outcome);
    }

    fn edit(&self) {
        self.store.with(|store| store.edit(LIMIT / 2));
        self.live.recall(self.account);
    }

    fn read(&self) {
        self.store.with(|store| store.check());
        for (_, account) in self.live.all_accounts() {
            account.with(|account| {
                for (pot, state) in account.pots() {
                    let spent = state.held() + state.unsettled();
                    assert!(spent <= state.leased(), "{pot:?} {state:?}");
                }
            });
        }
    }
}

fn explore() {
    let scene = Arc::new(Scene::new());
    let mut threads = Vec::new();
    let mut spawn = |step: fn(&Scene, i64) -> Option<Receipt>, number: i64| {
        let scene = Arc::clone(&scene);
        threads.push(thread::spawn(move || step(&scene, number)));
    };
    for number in 0..CALLERS {
        // The last one comes on the next day.
        spawn(
            |scene, n| scene.call(n, at(n / (CALLERS - 1) * DAY)),
            number,
        );
    }
    spawn(|scene, _| (scene.edit(), scene.read(), None).2, 0);
    let mut rounds = Rounds::new(GatewayId([1; 16]));
    for second in 0..4 {
        scene.turn(&mut rounds, at(second));
        thread::yield_now();
    }
    let receipts: Vec<_> = threads
        .into_iter()
        .filter_map(|thread| thread.join().unwrap())
        .collect();
    while let Some(round) = rounds.last(&scene.live, at(9)) {
        let outcome = scene.store.with(|store| store.turn(&round.turn));
        rounds.done(&scene.live, round, &outcome);
    }
    scene.read();
    let store = scene.store.lock().unwrap();
    assert_eq!(store.receipts.len(), receipts.len());
    for (pot, [_, used, leased]) in &store.rows {
        let paid = receipts
            .iter()
            .filter(|one| one.payer.pots().any(|paid| paid == *pot));
        let charged = paid.map(Receipt::charged).map(Credits::as_micros);
        assert_eq!((*used, *leased), (charged.sum(), 0), "{pot:?}");
    }
    for (_, account) in scene.live.all_accounts() {
        account.with(|account| {
            assert!(account.pots().all(|(_, state)| state.held() == 0));
        });
    }
}

/// Frames of a build without optimisation do not fit into the stacks that are usual here.
fn run(scheduler: impl Scheduler + 'static) {
    LazyLock::force(&CALLER);
    let mut config = Config::new();
    config.stack_size = 1 << 17;
    Runner::new(scheduler, config).run(explore);
}

#[test]
fn no_order_of_random_schedules_oversells_or_leaks() {
    run(RandomScheduler::new(5_000));
}

/// Schedules in which few switches matter, which random ones rarely hit.
#[test]
fn no_order_with_few_preemptions_oversells_or_leaks() {
    run(PctScheduler::new(3, 5_000));
}
