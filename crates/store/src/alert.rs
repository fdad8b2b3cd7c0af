//! The outbox of what operators are to be told: who delivers it is not known here.

mod prune;
mod row;

use std::fmt;

use tollgate_policy::id::{AccountId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;

use crate::error::{Kind, StoreError};
use crate::store::Store;

pub(crate) use row::{insert_postgres, insert_sqlite};

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 1000;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A token.
    Token(TokenId),
    /// An account.
    Account(AccountId),
    /// An upstream.
    Upstream(UpstreamId),
}

/// Something that operators are to be told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// The occasion. An alert with a key that was there before is not raised again.
    pub key: String,
    /// What happened, in one word: `quota_80`, `quota_100`, and what others raise.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// What else is to be told.
    pub body: serde_json::Value,
}

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlert {
    /// Its number, in the order of the alerts.
    pub id: i64,
    /// What is told.
    pub alert: NewAlert,
    /// When it was raised.
    pub at: Timestamp,
    /// How often its delivery failed.
    pub attempts: u32,
    /// When it is to be delivered, unless it was.
    pub next_at: Timestamp,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
}

/// Which alerts to list, the newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertQuery {
    /// Raised before the alert with this number.
    pub before: Option<i64>,
    /// At most so many; 0 means 50, and 1000 is the most.
    pub limit: u32,
}

impl Store {
    /// Raises an alert, unless one with its key was raised before. Says whether it was raised.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn alert_raise(&self, alert: NewAlert, at: Timestamp) -> Result<bool, StoreError> {
        let raised = self.detached(|inner| async move {
            let _turn = inner.backend.turn().await;
            let mut conn = inner.backend.conn().await?;
            row::insert(&mut conn, &alert, at).await
        });
        raised.await
    }

    /// The alerts that are to be delivered now, the longest due first, at most `limit` of them.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn alerts_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredAlert>, StoreError> {
        let limit = limit.min(MOST);
        self.read(move |conn| Box::pin(row::due(conn, now, limit)))
            .await
    }

    /// Takes an alert for one attempt to deliver it: moves the next attempt from `seen` to `until`.
    /// False where somebody else did so, or delivered it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn alert_claim(
        &self,
        id: i64,
        seen: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = self.detached(move |inner| async move {
            let _turn = inner.backend.turn().await;
            row::claim(&mut inner.backend.conn().await?, id, seen, until).await
        });
        taken.await
    }

    /// Keeps that an alert was delivered.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn alert_delivered(&self, id: i64, at: Timestamp) -> Result<(), StoreError> {
        let kept = self.detached(move |inner| async move {
            let _turn = inner.backend.turn().await;
            row::delivered(&mut inner.backend.conn().await?, id, at).await
        });
        kept.await
    }

    /// Keeps that an alert could not be delivered, and when to try again.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn alert_failed(&self, id: i64, next_at: Timestamp) -> Result<(), StoreError> {
        let kept = self.detached(move |inner| async move {
            let _turn = inner.backend.turn().await;
            row::failed(&mut inner.backend.conn().await?, id, next_at).await
        });
        kept.await
    }

    /// Deletes alerts that were delivered before a moment, and those that were raised before it and
    /// given up; the last alert of all stays. Says how many they were. An occasion that comes again
    /// is told of again. Other writers come in between.
    ///
    /// # Errors
    /// Where the database does not answer; what was deleted until then stays deleted.
    pub async fn alerts_prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.detached(move |inner| async move { prune::run(&inner.backend, before).await })
            .await
    }

    /// Lists alerts, delivered or not, the newest first.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn alerts_list(&self, query: AlertQuery) -> Result<Vec<StoredAlert>, StoreError> {
        let limit = match query.limit {
            0 => DEFAULT_LIMIT,
            limit => limit.min(MOST),
        };
        self.read(move |conn| Box::pin(row::list(conn, query.before, limit)))
            .await
    }
}

impl Subject {
    /// What kind of thing it is.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Token(_) => Kind::Token,
            Self::Account(_) => Kind::Account,
            Self::Upstream(_) => Kind::Upstream,
        }
    }

    fn raw(self) -> i64 {
        match self {
            Self::Token(id) => id.raw(),
            Self::Account(id) => id.raw(),
            Self::Upstream(id) => id.raw(),
        }
    }
}

/// Its id.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::Account(id) => id.fmt(f),
            Self::Upstream(id) => id.fmt(f),
        }
    }
}
