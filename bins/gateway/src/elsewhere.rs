//! The store, asked from any thread and at work in one runtime: what it keeps open belongs to the
//! runtime in which it was opened, and workers come and go.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tollgate_ledger::book::BookError;
use tollgate_ledger::statement::{Statement, Statements};
use tollgate_policy::id::TokenId;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_rights::responses::{Made, ResponseKey, Responses};
use tollgate_rights::source::{Changes, Credential, Position, Snapshot, Source, SourceError};
use tollgate_store::Store;

/// A store that works in the runtime in which this was made. What no worker asks for is asked there
/// already.
#[derive(Clone)]
pub(crate) struct Elsewhere {
    store: Arc<Store>,
    runtime: Handle,
}

impl Elsewhere {
    /// Has the store work in the current runtime.
    pub(crate) fn new(store: Arc<Store>) -> Self {
        let runtime = Handle::current();
        Self { store, runtime }
    }

    /// Runs it there. An error says that it broke, or that the runtime has ended.
    fn run<T, F>(
        &self,
        work: impl FnOnce(Arc<Store>) -> F + Send + 'static,
    ) -> impl Future<Output = Result<T, tokio::task::JoinError>> + Send + 'static
    where
        F: Future<Output = T> + Send,
        T: Send + 'static,
    {
        let store = Arc::clone(&self.store);
        self.runtime.spawn(async move { work(store).await })
    }
}

fn broke<T>(error: tokio::task::JoinError) -> Result<T, SourceError> {
    Err(SourceError(Box::new(error)))
}

impl Source for Elsewhere {
    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot, SourceError>> {
        Source::snapshot(&*self.store)
    }

    fn credential(
        &self,
        hash: SecretHash,
    ) -> BoxFuture<'_, Result<Option<Credential>, SourceError>> {
        let work = self.run(async move |store| Source::credential(&*store, hash).await);
        Box::pin(async { work.await.unwrap_or_else(broke) })
    }

    fn changes(&self, after: Position) -> BoxFuture<'_, Result<Changes, SourceError>> {
        Source::changes(&*self.store, after)
    }

    fn record_uses(
        &self,
        uses: Vec<(TokenId, Timestamp)>,
    ) -> BoxFuture<'_, Result<(), SourceError>> {
        Source::record_uses(&*self.store, uses)
    }
}

impl Statements for Elsewhere {
    fn statement(
        &self,
        token: TokenId,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Statement>, BookError>> {
        let work = self.run(async move |store| Statements::statement(&*store, token, now).await);
        Box::pin(async {
            let broke = |error| Err(BookError(Box::new(error)));
            work.await.unwrap_or_else(broke)
        })
    }
}

impl Responses for Elsewhere {
    fn keep(&self, made: Vec<Made>, now: Timestamp) -> BoxFuture<'_, Result<(), SourceError>> {
        Responses::keep(&*self.store, made, now)
    }

    fn find(
        &self,
        key: ResponseKey,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Made>, SourceError>> {
        let work = self.run(async move |store| Responses::find(&*store, key, now).await);
        Box::pin(async { work.await.unwrap_or_else(broke) })
    }
}
