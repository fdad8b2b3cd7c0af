//! The rights themselves: found in memory, loaded once when they are not, and kept current.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;

use crate::entry::Entry;
use crate::known::{Known, Remembered};
use crate::source::{Position, Revision, Snapshot, Source, SourceError, Touched};
use crate::uses::Uses;

/// Look-ups of secrets that are not in memory, at once: strangers cannot take up the whole store.
const LOADS_AT_ONCE: usize = 64;
/// How often a load is begun anew because something was changed meanwhile.
const LOAD_ATTEMPTS: usize = 8;

/// The rights of the tokens in use. Shared by all requests; nothing in it is ever locked for long.
pub struct Rights {
    source: Arc<dyn Source>,
    snapshot: ArcSwap<Snapshot>,
    known: Known,
    uses: Uses,
    loads: Semaphore,
    /// How far changes are in force here, and its revision for the path of requests.
    reached: Mutex<Position>,
    revision: AtomicI64,
    current: AtomicBool,
    trusted: AtomicBool,
    listener: OnceLock<Listener>,
}

/// Hears of what was changed, after it is in force here.
type Listener = Box<dyn Fn(&[Touched]) + Send + Sync>;

impl Rights {
    /// Reads the catalog. Credentials are read when they are first used, at most `capacity` kept.
    ///
    /// # Errors
    /// Where the source does not answer.
    pub async fn open(source: Arc<dyn Source>, capacity: usize) -> Result<Self, SourceError> {
        let snapshot = source.snapshot().await?;
        Ok(Self {
            reached: Mutex::new(snapshot.revision.into()),
            revision: AtomicI64::new(snapshot.revision.0),
            snapshot: ArcSwap::from_pointee(snapshot),
            known: Known::new(capacity),
            uses: Uses::default(),
            loads: Semaphore::new(LOADS_AT_ONCE),
            current: AtomicBool::new(true),
            trusted: AtomicBool::new(true),
            listener: OnceLock::new(),
            source,
        })
    }

    /// Tells somebody of each change, once it is in force here and before its revision counts. Only
    /// the first listener is kept.
    pub fn listen(&self, listener: impl Fn(&[Touched]) + Send + Sync + 'static) {
        // A second one has no place.
        let _ = self.listener.set(Box::new(listener));
    }

    /// The catalog as it stands.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The credential of a secret; `None` if it is nobody's. Waits only if it is not in memory.
    ///
    /// # Errors
    /// Where the secret is not in memory and the source does not answer, or changes come faster than
    /// its answers.
    /// Where changes were not followed for [`TRUST`](crate::follow::TRUST): what is in memory may
    /// have been taken back.
    pub async fn credential(&self, hash: &SecretHash) -> Result<Option<Arc<Entry>>, SourceError> {
        if !self.trusted.load(Ordering::Relaxed) {
            return Err(SourceError("changes cannot be followed".into()));
        }
        match self.known.find(hash) {
            Remembered::Known(entry) => Ok(Some(entry)),
            Remembered::Nobodys => Ok(None),
            Remembered::Nothing => self.load(hash).await,
        }
    }

    /// Notes that a token was used. Costs nothing but the first time in each interval.
    pub fn note_use(&self, entry: &Entry, now: Timestamp) {
        if entry.is_due(now) {
            self.uses.note(entry.credential().principal.token.id, now);
        }
    }

    /// Writes the noted uses. Those that cannot be written are kept for the next time.
    ///
    /// # Errors
    /// Where the source does not answer.
    pub async fn flush_uses(&self) -> Result<(), SourceError> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.source.record_uses(uses.clone()).await;
        if written.is_err() {
            self.uses.put_back(&uses);
        }
        written
    }

    /// Applies what was changed since the last time; says whether anything was.
    ///
    /// # Errors
    /// Where the source does not answer; [`Rights::is_current`] says so from then on.
    pub async fn catch_up(&self) -> Result<bool, SourceError> {
        let caught_up = self.try_catch_up().await;
        self.current.store(caught_up.is_ok(), Ordering::Relaxed);
        caught_up
    }

    /// Says that the source did not answer in time, so that it is unknown what was changed.
    pub(crate) fn fell_behind(&self) {
        self.current.store(false, Ordering::Relaxed);
    }

    /// Whether what is in memory is to be served; says whether that is news.
    pub(crate) fn trust(&self, trusted: bool) -> bool {
        self.trusted.swap(trusted, Ordering::Relaxed) != trusted
    }

    /// Whether the last attempt to catch up succeeded.
    pub fn is_current(&self) -> bool {
        self.current.load(Ordering::Relaxed)
    }

    /// The revision up to which changes are in force here.
    pub fn revision(&self) -> Revision {
        Revision(self.revision.load(Ordering::Relaxed))
    }

    /// How many credentials are in memory.
    pub fn credentials_in_memory(&self) -> usize {
        self.known.len()
    }

    async fn try_catch_up(&self) -> Result<bool, SourceError> {
        let before = self.reached().clone();
        let changes = self.source.changes(before.clone()).await?;
        if changes.reached.revision == before.revision && changes.touched.is_empty() {
            // The mark may be news.
            *self.reached() = changes.reached;
            return Ok(false);
        }
        // Credentials first: what was taken back must not wait for the catalog.
        self.known.apply(&changes.touched);
        let is_of_all = |one: &Touched| matches!(one, Touched::Catalog | Touched::Everything);
        if changes.touched.iter().any(is_of_all) {
            self.snapshot.store(Arc::new(self.source.snapshot().await?));
        }
        if let Some(listener) = self.listener.get() {
            listener(&changes.touched);
        }
        // Only now: if the snapshot could not be read, the same changes are applied again.
        let revision = changes.reached.revision;
        *self.reached() = changes.reached;
        self.revision.store(revision.0, Ordering::Relaxed);
        Ok(true)
    }

    fn reached(&self) -> MutexGuard<'_, Position> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self, hash: &SecretHash) -> Result<Option<Arc<Entry>>, SourceError> {
        // The semaphore is never closed; if it were, loading without its bound is right.
        let _place = self.loads.acquire().await.ok();
        for _ in 0..LOAD_ATTEMPTS {
            match self.known.find(hash) {
                Remembered::Known(entry) => return Ok(Some(entry)),
                Remembered::Nobodys => return Ok(None),
                Remembered::Nothing => {}
            }
            let begun = self.known.generation();
            tracing::trace!(?hash, "a credential is looked up");
            let found = self.source.credential(*hash).await?;
            let loaded = found.map(|credential| Arc::new(Entry::new(credential)));
            if self.known.keep(*hash, loaded.as_ref(), begun) {
                return Ok(loaded);
            }
        }
        // What was read last may be what one of the changes took back.
        Err(SourceError(
            "changes come faster than they can be read".into(),
        ))
    }
}

#[cfg(test)]
mod tests;
