use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, oneshot};

use super::*;

/// A store in memory, which can be away.
#[derive(Default)]
struct Table {
    rows: Mutex<HashMap<ResponseKey, Made>>,
    away: AtomicBool,
    refused: Notify,
}

impl Responses for Table {
    fn keep(&self, made: Vec<Made>, _: Timestamp) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            self.answers()?;
            let rows = made.into_iter().map(|one| (one.key, one));
            self.rows.lock().unwrap().extend(rows);
            Ok(())
        })
    }

    fn find(
        &self,
        key: ResponseKey,
        _: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Made>, SourceError>> {
        Box::pin(async move {
            self.answers()?;
            Ok(self.rows.lock().unwrap().get(&key).copied())
        })
    }
}

impl Table {
    fn answers(&self) -> Result<(), SourceError> {
        match self.away.load(Ordering::Relaxed) {
            true => {
                self.refused.notify_one();
                Err(SourceError("away".into()))
            }
            false => Ok(()),
        }
    }
}

fn key(token: u32, id: &str) -> ResponseKey {
    ResponseKey::new(TokenId::new(now(), token), id)
}

fn place() -> Place {
    let upstream = UpstreamId::new(now(), 7);
    Place {
        upstream,
        credential: None,
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

/// Whether it is known, by a gateway that noted nothing itself.
async fn elsewhere(table: &Arc<Table>, key: ResponseKey) -> bool {
    let kept = Kept::new(Arc::clone(table) as _);
    kept.find(key, now()).await.unwrap().is_some()
}

#[tokio::test(start_paused = true)]
async fn a_response_is_known_at_once_and_to_its_token_alone() {
    let table = Arc::new(Table::default());
    let kept = Kept::new(Arc::clone(&table) as _);
    kept.note(key(1, "resp_1"), place(), now());
    assert_eq!(
        kept.find(key(1, "resp_1"), now()).await.unwrap(),
        Some(place())
    );
    for other in [key(2, "resp_1"), key(1, "resp_2")] {
        assert_eq!(kept.find(other, now()).await.unwrap(), None);
    }
    assert!(
        !elsewhere(&table, key(1, "resp_1")).await,
        "not written yet"
    );
}

#[tokio::test(start_paused = true)]
async fn notes_are_written_within_a_moment_and_leave_memory() {
    let table = Arc::new(Table::default());
    let kept = Arc::new(Kept::new(Arc::clone(&table) as _));
    let (end, ended) = oneshot::channel::<()>();
    let keeping = Arc::clone(&kept);
    let keeping = tokio::spawn(async move {
        keeping.keep(now, async { drop(ended.await) }).await;
    });
    kept.note(key(1, "resp_1"), place(), now());
    // Another gateway waits for what may be about to be written.
    assert!(elsewhere(&table, key(1, "resp_1")).await);
    assert_eq!(kept.waiting(), 0);
    let row = table.rows.lock().unwrap()[&key(1, "resp_1")];
    assert_eq!(row.until, now().plus(KEPT));
    drop(end);
    keeping.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_take_is_written_later() {
    let table = Arc::new(Table::default());
    table.away.store(true, Ordering::Relaxed);
    let kept = Arc::new(Kept::new(Arc::clone(&table) as _));
    let (end, ended) = oneshot::channel::<()>();
    let keeping = Arc::clone(&kept);
    let keeping = tokio::spawn(async move {
        keeping.keep(now, async { drop(ended.await) }).await;
    });
    kept.note(key(1, "resp_1"), place(), now());
    // Tried, refused, and tried again.
    for _ in 0..2 {
        table.refused.notified().await;
    }
    assert_eq!(kept.waiting(), 1);
    assert_eq!(
        kept.find(key(1, "resp_1"), now()).await.unwrap(),
        Some(place())
    );
    assert!(kept.find(key(1, "resp_2"), now()).await.is_err());
    table.away.store(false, Ordering::Relaxed);
    drop(end);
    keeping.await.unwrap();
    assert!(elsewhere(&table, key(1, "resp_1")).await);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_of_late_is_known_without_the_store() {
    let table = Arc::new(Table::default());
    let key = key(1, "resp_1");
    let until = now().plus(KEPT);
    let made = Made {
        key,
        place: place(),
        until,
    };
    table.keep(vec![made], now()).await.unwrap();
    let kept = Kept::new(Arc::clone(&table) as _);
    assert_eq!(kept.find(key, now()).await.unwrap(), Some(place()));
    table.away.store(true, Ordering::Relaxed);
    assert_eq!(kept.find(key, now()).await.unwrap(), Some(place()));
    assert!(kept.find(key, until).await.is_err(), "it is over");
}

#[test]
fn memory_is_bounded_while_the_store_is_away() {
    let kept = Kept::new(Arc::new(Table::default()));
    for count in 0..=MOST_WAITING {
        kept.note(key(1, &count.to_string()), place(), now());
    }
    assert_eq!(kept.waiting(), MOST_WAITING);
}
