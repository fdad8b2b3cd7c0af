//! Whose the responses are that upstreams keep, and where they are kept: noted in memory at once, and
//! written to the store in batches. An id is known to the token alone that made the response.

use std::collections::HashMap;
use std::error::Error;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use quick_cache::sync::Cache;
use tokio::sync::Notify;
use tokio::time::sleep;
use tollgate_policy::id::{CredentialId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;

use crate::source::SourceError;

/// How long it is known whose a response is. OpenAI keeps responses as long.
pub const KEPT: Duration = Duration::from_hours(30 * 24);
/// How long a note waits for others before it is written, and how long a gateway waits for what
/// another one may be about to write.
const GATHER: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_millis(250);
/// The wait after the store did not take notes.
const AGAIN: Duration = Duration::from_secs(1);
/// Notes that are written together.
const BATCH: usize = 1000;
/// Notes that may wait while the store is away: some 10 MB.
const MOST_WAITING: usize = 100_000;

/// Responses that were made or asked for of late: conversations go on from their last one.
const REMEMBERED: usize = 10_000;

/// A response of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResponseKey {
    /// The token that made it.
    pub token: TokenId,
    /// BLAKE3 of its id.
    pub hash: [u8; 32],
}

/// Where a response is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The upstream that made it.
    pub upstream: UpstreamId,
    /// With which of its credentials; each may belong to another customer there.
    pub credential: Option<CredentialId>,
}

/// A response that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Whose it is.
    pub key: ResponseKey,
    /// Where it is.
    pub place: Place,
    /// Until when that is known.
    pub until: Timestamp,
}

/// The durable side, which a store implements.
pub trait Responses: Send + Sync + 'static {
    /// Keeps whose these are, and forgets what is over by now. The last word on a key counts.
    fn keep(&self, made: Vec<Made>, now: Timestamp) -> BoxFuture<'_, Result<(), SourceError>>;

    /// Where a response is, unless that is over by now.
    fn find(
        &self,
        key: ResponseKey,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Made>, SourceError>>;
}

/// Whose responses are, for all workers.
pub struct Kept {
    store: Arc<dyn Responses>,
    waiting: Mutex<HashMap<ResponseKey, Made>>,
    remembered: Cache<ResponseKey, Made>,
    noted: Notify,
}

impl ResponseKey {
    /// Of the response that an upstream calls so.
    pub fn new(token: TokenId, id: &str) -> Self {
        Self {
            token,
            hash: *blake3::hash(id.as_bytes()).as_bytes(),
        }
    }
}

impl Kept {
    /// Nothing is noted, and the store is asked for the rest.
    pub fn new(store: Arc<dyn Responses>) -> Self {
        Self {
            store,
            waiting: Mutex::default(),
            remembered: Cache::new(REMEMBERED),
            noted: Notify::new(),
        }
    }

    /// Notes that a token made a response. Known at once here, and within a moment elsewhere.
    pub fn note(&self, key: ResponseKey, place: Place, now: Timestamp) {
        let until = now.plus(KEPT);
        let made = Made { key, place, until };
        let mut waiting = self.lock();
        // The client can make the response again; the gateway must not run out of memory.
        if waiting.len() >= MOST_WAITING && !waiting.contains_key(&key) {
            return;
        }
        waiting.insert(key, made);
        self.remembered.insert(key, made);
        drop(waiting);
        self.noted.notify_one();
    }

    /// Where a response of a token is. What is not known is asked for once more after a moment,
    /// since another gateway may have noted it just now.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn find(
        &self,
        key: ResponseKey,
        now: Timestamp,
    ) -> Result<Option<Place>, SourceError> {
        let in_memory = self.remembered.get(&key).filter(|made| made.until > now);
        if let Some(made) = in_memory.or_else(|| self.lock().get(&key).copied()) {
            return Ok(Some(made.place));
        }
        if let Some(made) = self.store.find(key, now).await? {
            return Ok(Some(self.remember(made)));
        }
        sleep(PATIENCE).await;
        let found = self.store.find(key, now).await?;
        Ok(found.map(|made| self.remember(made)))
    }

    fn remember(&self, made: Made) -> Place {
        self.remembered.insert(made.key, made);
        made.place
    }

    /// How many notes wait to be written.
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Writes notes until `ended` is ready, and then those that are left. `clock` tells the time.
    ///
    /// Run it as a task of its own: dropping a running query may block the thread.
    pub async fn keep(&self, clock: fn() -> Timestamp, ended: impl Future<Output = ()>) {
        let mut ended = pin!(ended);
        let mut well = true;
        loop {
            tokio::select! {
                () = self.gathered(well) => {}
                () = ended.as_mut() => break,
            }
            let written = self.write(clock()).await;
            if let (Err(error), true) = (&written, well) {
                tracing::warn!(
                    error = error as &dyn Error,
                    "whose the latest responses are is kept for later"
                );
            }
            well = written.is_ok();
        }
        while self.waiting() > 0 {
            if let Err(error) = self.write(clock()).await {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "whose the latest responses are is lost"
                );
                break;
            }
        }
    }

    async fn gathered(&self, well: bool) {
        if self.waiting() == 0 {
            self.noted.notified().await;
        }
        sleep(if well { GATHER } else { AGAIN }).await;
    }

    /// What is being written stays known meanwhile.
    async fn write(&self, now: Timestamp) -> Result<(), SourceError> {
        let batch: Vec<Made> = self.lock().values().take(BATCH).copied().collect();
        if batch.is_empty() {
            return Ok(());
        }
        self.store.keep(batch.clone(), now).await?;
        let mut waiting = self.lock();
        for made in &batch {
            if waiting.get(&made.key) == Some(made) {
                waiting.remove(&made.key);
            }
        }
        Ok(())
    }

    /// A poisoned lock still guards a whole map: nothing here panics half-way.
    fn lock(&self) -> MutexGuard<'_, HashMap<ResponseKey, Made>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
