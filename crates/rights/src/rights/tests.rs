use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tollgate_policy::id::{AccountId, GroupId, TokenId};
use tollgate_policy::limit::Limits;
use tollgate_policy::quota::{Quota, Standing};
use tollgate_policy::scope::Scope;
use tollgate_policy::secret::Scheme;
use tollgate_policy::token::{Account, Funds, Principal, Token, TokenState};

use super::*;
use crate::entry::USE_INTERVAL;
use crate::source::{Changes, Credential};

/// A store in memory that can be held up and taken away.
#[derive(Default)]
struct Shelf {
    tokens: Mutex<BTreeMap<[u8; 32], TokenState>>,
    feed: Mutex<Vec<Touched>>,
    uses: Mutex<Vec<(TokenId, Timestamp)>>,
    loads: AtomicUsize,
    away: AtomicBool,
    /// Has no snapshot to give.
    bare: AtomicBool,
    /// Takes the question and never answers.
    mute: AtomicBool,
    /// When set, a load that has read its answer waits here before it returns it.
    held: Mutex<Option<Arc<(Notify, Notify)>>>,
}

impl Shelf {
    fn put(&self, number: u8, state: TokenState) {
        self.tokens.lock().unwrap().insert([number; 32], state);
        let token = TokenId::from_raw(number.into()).unwrap();
        self.feed.lock().unwrap().push(Touched::Token(token));
    }

    fn check(&self) -> Result<(), SourceError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(SourceError("away".into()));
        }
        Ok(())
    }
}

fn hash(number: u8) -> SecretHash {
    SecretHash::new(Scheme::Native, [number; 32])
}

fn credential(number: u8, state: TokenState) -> Credential {
    let account = AccountId::from_raw(1).unwrap();
    let token = Token {
        id: TokenId::from_raw(number.into()).unwrap(),
        name: "name".parse().unwrap(),
        account,
        group: GroupId::from_raw(1).unwrap(),
        state,
        expires_at: None,
        quota: Quota::UNLIMITED,
        limits: Limits::default(),
        scope: Scope::default(),
    };
    let name = "account".parse().unwrap();
    let account = Account {
        id: account,
        name,
        enabled: true,
        funds: Funds::default(),
        limits: Limits::default(),
        scope: Scope::default(),
    };
    let principal = Principal {
        token,
        account,
        spent: Standing::default(),
        account_spent: Standing::default(),
    };
    Credential {
        principal,
        valid_until: None,
    }
}

impl Source for Shelf {
    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot, SourceError>> {
        async {
            self.check()?;
            match self.bare.load(Ordering::SeqCst) {
                true => Err(SourceError("bare".into())),
                false => Ok(Snapshot::default()),
            }
        }
        .boxed()
    }

    fn credential(
        &self,
        hash: SecretHash,
    ) -> BoxFuture<'_, Result<Option<Credential>, SourceError>> {
        async move {
            self.check()?;
            self.loads.fetch_add(1, Ordering::SeqCst);
            let [number, ..] = *hash.as_bytes();
            let found = self.tokens.lock().unwrap().get(hash.as_bytes()).copied();
            let held = self.held.lock().unwrap().take();
            if let Some(gate) = held {
                gate.0.notify_one();
                gate.1.notified().await;
            }
            Ok(found.map(|state| credential(number, state)))
        }
        .boxed()
    }

    fn changes(&self, after: Position) -> BoxFuture<'_, Result<Changes, SourceError>> {
        async move {
            self.check()?;
            if self.mute.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let feed = self.feed.lock().unwrap();
            let touched = feed[usize::try_from(after.revision.0).unwrap()..].to_vec();
            Ok(Changes {
                touched,
                reached: Revision(feed.len() as i64).into(),
            })
        }
        .boxed()
    }

    fn record_uses(
        &self,
        uses: Vec<(TokenId, Timestamp)>,
    ) -> BoxFuture<'_, Result<(), SourceError>> {
        async move {
            self.check()?;
            let held = self.held.lock().unwrap().take();
            if let Some(gate) = held {
                gate.0.notify_one();
                gate.1.notified().await;
            }
            self.uses.lock().unwrap().extend(uses);
            Ok(())
        }
        .boxed()
    }
}

async fn open(shelf: &Arc<Shelf>) -> Arc<Rights> {
    let source: Arc<dyn Source> = Arc::clone(shelf) as _;
    Arc::new(Rights::open(source, 100).await.unwrap())
}

async fn state(rights: &Rights, number: u8) -> Option<TokenState> {
    load(rights, number).await.unwrap()
}

async fn load(rights: &Rights, number: u8) -> Result<Option<TokenState>, SourceError> {
    let entry = rights.credential(&hash(number)).await?;
    Ok(entry.map(|entry| entry.credential().principal.token.state))
}

type Loading = tokio::task::JoinHandle<Result<Option<TokenState>, SourceError>>;

/// Has the token 1 loaded; the answer is held where it has been read.
fn load_while_held(shelf: &Shelf, rights: &Arc<Rights>) -> (Arc<(Notify, Notify)>, Loading) {
    let gate = Arc::new((Notify::new(), Notify::new()));
    *shelf.held.lock().unwrap() = Some(Arc::clone(&gate));
    let rights = Arc::clone(rights);
    let loading = tokio::spawn(async move { load(&rights, 1).await });
    (gate, loading)
}

/// Lets a time pass on a clock that stands still otherwise, and those who wait for it go on.
async fn pass(time: Duration) {
    tokio::task::yield_now().await;
    tokio::time::advance(time).await;
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn a_credential_is_loaded_once() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    for _ in 0..3 {
        assert_eq!(state(&rights, 1).await, Some(TokenState::Enabled));
        assert_eq!(state(&rights, 9).await, None);
    }
    assert_eq!(shelf.loads.load(Ordering::SeqCst), 2, "one for each secret");
}

#[tokio::test]
async fn a_change_is_in_force_once_it_was_caught_up_with() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    rights.catch_up().await.unwrap();
    assert_eq!(state(&rights, 1).await, Some(TokenState::Enabled));
    assert_eq!(state(&rights, 2).await, None);
    shelf.put(1, TokenState::Revoked);
    shelf.put(2, TokenState::Enabled);
    assert_eq!(rights.catch_up().await.ok(), Some(true));
    assert_eq!(state(&rights, 1).await, Some(TokenState::Revoked));
    assert_eq!(state(&rights, 2).await, Some(TokenState::Enabled));
    assert_eq!(rights.catch_up().await.ok(), Some(false));
    assert_eq!(rights.revision(), Revision(3));
}

#[tokio::test]
async fn an_edited_account_is_forgotten_with_all_its_tokens() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    rights.catch_up().await.unwrap();
    state(&rights, 1).await;
    shelf
        .feed
        .lock()
        .unwrap()
        .push(Touched::Account(AccountId::from_raw(1).unwrap()));
    rights.catch_up().await.unwrap();
    assert_eq!(rights.credentials_in_memory(), 0);
}

#[tokio::test]
async fn where_the_store_has_lost_changes_nothing_is_remembered() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    rights.catch_up().await.unwrap();
    state(&rights, 1).await;
    shelf.feed.lock().unwrap().push(Touched::Everything);
    rights.catch_up().await.unwrap();
    assert_eq!(rights.credentials_in_memory(), 0);
}

#[tokio::test]
async fn a_change_whose_snapshot_cannot_be_read_is_asked_for_again() {
    for change in [Touched::Catalog, Touched::Everything] {
        let shelf = Arc::new(Shelf::default());
        let rights = open(&shelf).await;
        let before = rights.snapshot();
        shelf.feed.lock().unwrap().push(change);
        shelf.bare.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            assert!(rights.catch_up().await.is_err());
            assert_eq!(rights.revision(), Revision(0));
        }
        shelf.bare.store(false, Ordering::SeqCst);
        assert_eq!(rights.catch_up().await.ok(), Some(true));
        assert_eq!(rights.revision(), Revision(1));
        assert!(!Arc::ptr_eq(&rights.snapshot(), &before), "it was read");
    }
}

#[tokio::test]
async fn a_load_that_began_before_a_revocation_is_not_kept_after_it() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    rights.catch_up().await.unwrap();
    let (gate, loading) = load_while_held(&shelf, &rights);
    gate.0.notified().await;
    shelf.put(1, TokenState::Revoked);
    rights.catch_up().await.unwrap();
    gate.1.notify_one();
    let loaded = loading.await.unwrap().unwrap();
    assert_eq!(loaded, Some(TokenState::Revoked));
    assert_eq!(state(&rights, 1).await, Some(TokenState::Revoked));
}

#[tokio::test]
async fn what_may_be_stale_is_refused_when_changes_come_faster_than_loads() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    rights.catch_up().await.unwrap();
    let (gate, loading) = load_while_held(&shelf, &rights);
    for attempt in 1..=LOAD_ATTEMPTS {
        gate.0.notified().await;
        shelf.put(1, TokenState::Revoked);
        rights.catch_up().await.unwrap();
        let again = (attempt < LOAD_ATTEMPTS).then(|| Arc::clone(&gate));
        *shelf.held.lock().unwrap() = again;
        gate.1.notify_one();
    }
    assert!(loading.await.unwrap().is_err());
    assert_eq!(state(&rights, 1).await, Some(TokenState::Revoked));
}

#[tokio::test]
async fn what_is_in_memory_outlives_the_store() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    state(&rights, 1).await;
    shelf.away.store(true, Ordering::SeqCst);
    assert!(rights.catch_up().await.is_err());
    assert!(!rights.is_current());
    assert_eq!(state(&rights, 1).await, Some(TokenState::Enabled));
    assert!(rights.credential(&hash(2)).await.is_err(), "never a guess");
    shelf.away.store(false, Ordering::SeqCst);
    rights.catch_up().await.unwrap();
    assert!(rights.is_current());
}

#[tokio::test]
async fn memory_is_bounded() {
    let shelf = Arc::new(Shelf::default());
    let rights = Rights::open(Arc::clone(&shelf) as _, 10).await.unwrap();
    for number in 0..=200 {
        shelf.put(number, TokenState::Enabled);
        state(&rights, number).await;
    }
    assert!(rights.credentials_in_memory() <= 10);
}

#[tokio::test]
async fn a_token_in_constant_use_is_noted_once_per_interval() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    let entry = rights.credential(&hash(1)).await.unwrap().unwrap();
    let start = Timestamp::from_seconds(1_000);
    let last = start.plus(USE_INTERVAL);
    for at in [
        start,
        start.plus(Duration::from_secs(1)),
        last,
        last.plus(Duration::from_secs(1)),
    ] {
        rights.note_use(&entry, at);
    }
    rights.flush_uses().await.unwrap();
    rights.flush_uses().await.unwrap();
    let token = entry.credential().principal.token.id;
    assert_eq!(
        *shelf.uses.lock().unwrap(),
        [(token, last)],
        "one row for the batch"
    );
}

#[tokio::test]
async fn uses_that_cannot_be_written_are_kept() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    let entry = rights.credential(&hash(1)).await.unwrap().unwrap();
    let at = Timestamp::from_seconds(1_000);
    rights.note_use(&entry, at);
    shelf.away.store(true, Ordering::SeqCst);
    assert!(rights.flush_uses().await.is_err());
    shelf.away.store(false, Ordering::SeqCst);
    rights.flush_uses().await.unwrap();
    assert_eq!(shelf.uses.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_counts_as_away() {
    let shelf = Arc::new(Shelf::default());
    let rights = open(&shelf).await;
    shelf.mute.store(true, Ordering::SeqCst);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let following = tokio::spawn(crate::follow::follow(Arc::clone(&rights), async move {
        ended.await.unwrap();
    }));
    pass(crate::follow::ANSWER_TIMEOUT * 2).await;
    assert!(!rights.is_current());
    end.send(()).unwrap();
    following.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn rights_are_not_trusted_for_ever() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let following = tokio::spawn(crate::follow::follow(Arc::clone(&rights), async move {
        ended.await.unwrap();
    }));
    state(&rights, 1).await;
    shelf.away.store(true, Ordering::SeqCst);
    let almost = crate::follow::TRUST - Duration::from_secs(1);
    pass(almost).await;
    assert_eq!(state(&rights, 1).await, Some(TokenState::Enabled));
    pass(Duration::from_secs(2)).await;
    assert!(rights.credential(&hash(1)).await.is_err());
    shelf.away.store(false, Ordering::SeqCst);
    pass(Duration::from_secs(1)).await;
    assert_eq!(state(&rights, 1).await, Some(TokenState::Enabled));
    end.send(()).unwrap();
    following.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_write_that_has_begun_is_finished_before_the_end() {
    let shelf = Arc::new(Shelf::default());
    shelf.put(1, TokenState::Enabled);
    let rights = open(&shelf).await;
    let entry = rights.credential(&hash(1)).await.unwrap().unwrap();
    rights.note_use(&entry, Timestamp::from_seconds(1_000));
    let gate = Arc::new((Notify::new(), Notify::new()));
    *shelf.held.lock().unwrap() = Some(Arc::clone(&gate));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let following = tokio::spawn(crate::follow::follow(Arc::clone(&rights), async move {
        ended.await.unwrap();
    }));
    gate.0.notified().await;
    end.send(()).unwrap();
    tokio::task::yield_now().await;
    gate.1.notify_one();
    following.await.unwrap();
    assert_eq!(shelf.uses.lock().unwrap().len(), 1);
}

#[test]
fn a_load_from_before_a_change_takes_no_place_in_memory() {
    let known = Known::new(10);
    let entry = |state| Arc::new(Entry::new(credential(1, state)));
    let (stale, fresh) = (entry(TokenState::Enabled), entry(TokenState::Revoked));
    let begun = known.generation();
    known.apply(&[Touched::Everything]);
    assert!(known.keep(hash(1), Some(&fresh), known.generation()));
    let kept = known.keep(hash(1), Some(&stale), begun) || known.keep(hash(1), None, begun);
    assert!(!kept);
    assert!(
        matches!(known.find(&hash(1)), Remembered::Known(found) if Arc::ptr_eq(&found, &fresh))
    );
}

/// Others look while it is handed in, again and again.
#[test]
fn a_load_from_before_a_change_is_found_by_nobody() {
    let known = Known::new(10);
    let stale = Arc::new(Entry::new(credential(1, TokenState::Enabled)));
    let begun = known.generation();
    known.apply(&[Touched::Everything]);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut found = false;
            while !is_over.load(Ordering::SeqCst) {
                found |= !matches!(known.find(&hash(1)), Remembered::Nothing);
            }
            found
        });
        for _ in 0..100_000 {
            let entry = Some(&stale);
            assert!(!known.keep(hash(1), entry, begun) && !known.keep(hash(1), None, begun));
        }
        is_over.store(true, Ordering::SeqCst);
        assert!(!looking.join().unwrap(), "somebody found it");
    });
}
