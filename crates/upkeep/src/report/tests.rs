use std::sync::Mutex;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::fixture::{Clock, pass, start};

/// A store that keeps reports in memory.
#[derive(Default)]
struct Kept {
    reports: Mutex<Vec<(Report, Timestamp)>>,
    left: Mutex<Vec<Vec<u8>>>,
    away: Mutex<bool>,
}

impl Reports for Kept {
    fn report(&self, report: Report, at: Timestamp) -> BoxFuture<'_, Result<(), PortError>> {
        let away = *self.away.lock().unwrap();
        if !away {
            self.reports.lock().unwrap().push((report, at));
        }
        Box::pin(async move {
            if away {
                Err(PortError("away".into()))
            } else {
                Ok(())
            }
        })
    }

    fn leave(&self, gateway: Vec<u8>) -> BoxFuture<'_, Result<(), PortError>> {
        self.left.lock().unwrap().push(gateway);
        Box::pin(async { Ok(()) })
    }
}

#[derive(Default)]
struct Source(Mutex<(u64, u64)>);

impl Gateway for Source {
    fn about(&self) -> About {
        About {
            host: "one".to_owned(),
            address: "127.0.0.1:8080".to_owned(),
            version: "1.2.3".to_owned(),
            started: start(),
            revision: self.0.lock().unwrap().0,
            open_calls: 0,
        }
    }

    fn first_bytes(&self) -> BTreeMap<Option<u64>, u64> {
        BTreeMap::from([(Some(1000), self.0.lock().unwrap().1), (None, 0)])
    }
}

struct Telling {
    store: Arc<Kept>,
    source: Arc<Source>,
    refusals: Refusals,
    over: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Telling {
    fn start() -> Self {
        let clock = Clock::new();
        let (store, source) = (Arc::new(Kept::default()), Arc::new(Source::default()));
        let refusals = Refusals::default();
        let (over, ended) = oneshot::channel::<()>();
        let telling = tell(
            Arc::clone(&store) as _,
            vec![1, 2],
            Arc::clone(&source) as _,
            refusals.clone(),
            move || clock.now(),
            async move {
                let _ = ended.await;
            },
        );
        let task = tokio::spawn(telling);
        Self {
            store,
            source,
            refusals,
            over: Some(over),
            task,
        }
    }

    fn told(&self) -> Vec<(Report, Timestamp)> {
        self.store.reports.lock().unwrap().clone()
    }

    fn refuse(&self) {
        let nothing = |_| unreachable!("nobody is known");
        self.refusals.refused(start(), None, "invalid_key", nothing);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_says_at_once_and_every_ten_seconds_that_it_runs() {
    let telling = Telling::start();
    for _ in 0..25 {
        pass(LOOK_EVERY).await;
    }
    let moments: Vec<_> = telling.told().into_iter().map(|(_, at)| at).collect();
    let every = [0, 10, 20].map(|seconds| start().plus(Duration::from_secs(seconds)));
    assert_eq!(moments, every);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_another_revision_are_told_at_the_next_look() {
    let telling = Telling::start();
    pass(LOOK_EVERY).await;
    telling.refuse();
    pass(LOOK_EVERY).await;
    telling.source.0.lock().unwrap().0 = 7;
    pass(LOOK_EVERY).await;
    let told = telling.told();
    assert_eq!(told.len(), 3);
    assert_eq!(told[1].0.refused.counts.len(), 1);
    assert!(told[2].0.refused.is_empty());
    assert_eq!(told[2].0.about.revision, 7);
}

#[tokio::test(start_paused = true)]
async fn first_bytes_are_told_as_what_came_since() {
    let telling = Telling::start();
    for count in [5, 5, 8] {
        telling.source.0.lock().unwrap().1 = count;
        pass(TELL_EVERY).await;
    }
    let told = telling.told();
    let counts: Vec<_> = told.iter().map(|(one, _)| &one.first_bytes).collect();
    assert!(
        counts.contains(&&BTreeMap::from([(Some(1000), 5)])),
        "{counts:?}"
    );
    assert!(
        counts.contains(&&BTreeMap::from([(Some(1000), 3)])),
        "{counts:?}"
    );
    let sum: u64 = counts.iter().flat_map(|one| one.values()).sum();
    assert_eq!(sum, 8);
}

#[tokio::test(start_paused = true)]
async fn what_a_store_that_was_away_missed_is_told_when_it_is_back() {
    let telling = Telling::start();
    pass(LOOK_EVERY).await;
    *telling.store.away.lock().unwrap() = true;
    telling.refuse();
    telling.source.0.lock().unwrap().1 = 4;
    pass(LOOK_EVERY * 2).await;
    *telling.store.away.lock().unwrap() = false;
    telling.refuse();
    pass(LOOK_EVERY * 2).await;
    let told = telling.told();
    let last = &told.last().unwrap().0;
    assert_eq!(
        last.refused.counts.values().copied().collect::<Vec<_>>(),
        [2]
    );
    assert_eq!(last.first_bytes.values().copied().collect::<Vec<_>>(), [4]);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_the_last_refusals_are_told_and_the_gateway_leaves() {
    let mut telling = Telling::start();
    pass(LOOK_EVERY).await;
    telling.refuse();
    telling.over.take();
    (&mut telling.task).await.unwrap();
    assert_eq!(telling.told().len(), 2);
    assert_eq!(*telling.store.left.lock().unwrap(), [vec![1, 2]]);
}
