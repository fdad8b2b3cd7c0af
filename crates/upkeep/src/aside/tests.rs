use std::sync::Mutex;

use tokio::task::JoinHandle;
use tollgate_policy::breaker::Cause;

use super::*;
use crate::fixture::{Clock, Kept, Store, pass, start, upstream};

/// A list that a test changes.
#[derive(Default)]
struct Table(Mutex<(u64, Vec<Aside>)>);

impl Table {
    fn set(&self, aside: Vec<Aside>) {
        let mut table = self.0.lock().unwrap();
        *table = (table.0 + 1, aside);
    }
}

impl Breakers for Table {
    fn changes(&self) -> u64 {
        self.0.lock().unwrap().0
    }

    fn aside(&self) -> Vec<Aside> {
        self.0.lock().unwrap().1.clone()
    }
}

fn one() -> Aside {
    Aside {
        upstream: upstream(7),
        credential: None,
        cause: Cause::Unreachable,
        since: start(),
        until: Some(start().plus(Duration::from_secs(5))),
    }
}

struct Telling {
    store: Arc<Store>,
    table: Arc<Table>,
    task: JoinHandle<()>,
}

impl Telling {
    fn start(kept: Kept) -> Self {
        let clock = Clock::new();
        let store = Arc::new(Store::new(kept, clock));
        let table = Arc::new(Table::default());
        let (port, breakers) = (Arc::clone(&store) as _, Arc::clone(&table) as _);
        let telling = tell(port, vec![1, 2], breakers, move || clock.now());
        let task = tokio::spawn(telling);
        Self { store, table, task }
    }

    /// The lists that were told so far.
    fn told(&self) -> Vec<Vec<Aside>> {
        let told = self.store.kept().aside;
        assert!(told.iter().all(|(gateway, ..)| *gateway == [1, 2]));
        told.into_iter().map(|(_, aside, _)| aside).collect()
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_at_the_next_look_and_only_once() {
    let telling = Telling::start(Kept::default());
    pass(Duration::ZERO).await;
    assert_eq!(telling.told(), [vec![]], "what was told before is replaced");
    pass(LOOK_EVERY).await;
    telling.table.set(vec![one()]);
    pass(LOOK_EVERY).await;
    assert_eq!(telling.told(), [vec![], vec![one()]]);
    pass(LOOK_EVERY).await;
    telling.table.set(vec![]);
    pass(LOOK_EVERY).await;
    assert_eq!(telling.told(), [vec![], vec![one()], vec![]]);
    let at = telling.store.kept().aside.last().unwrap().2;
    assert_eq!(at, start().plus(LOOK_EVERY * 4));
}

#[tokio::test(start_paused = true)]
async fn what_stays_put_aside_is_told_once_a_minute_and_nothing_is_not() {
    let telling = Telling::start(Kept::default());
    for _ in 0..30 {
        pass(LOOK_EVERY).await;
    }
    assert_eq!(telling.told().len(), 1);
    telling.table.set(vec![one()]);
    pass(LOOK_EVERY).await;
    assert_eq!(telling.told().len(), 2);
    for _ in 0..19 {
        pass(LOOK_EVERY).await;
    }
    assert_eq!(telling.told().len(), 2, "57 s");
    pass(LOOK_EVERY).await;
    assert_eq!(telling.told().len(), 3, "60 s");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_told_when_it_is_back() {
    let away = Kept {
        away: true,
        ..Kept::default()
    };
    let telling = Telling::start(away);
    telling.table.set(vec![one()]);
    pass(LOOK_EVERY).await;
    assert!(telling.told().is_empty());
    telling.store.change(|kept| kept.away = false);
    pass(LOOK_EVERY).await;
    assert_eq!(telling.told(), [vec![one()]]);
}
