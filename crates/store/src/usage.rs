//! Reports: what was used, from the sums of each day. Single calls are `receipt`'s.

mod compact;
mod day;
mod prune;
mod report;
mod statement;

use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::error::StoreError;
use crate::store::Store;

pub use day::{Day, DayError};

/// By what usage is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The day (UTC) on which calls came.
    Day,
    /// The month (UTC) in which calls came.
    Month,
    /// The token.
    Token,
    /// The account that paid.
    Account,
    /// The group that the token was in.
    Group,
    /// The model as clients named it.
    Model,
    /// The upstream that answered.
    Upstream,
    /// Who made the token.
    Creator,
}

/// Which usage to sum up, and by what. Filters that are `None` do not filter.
#[derive(Debug, Clone, Default)]
pub struct UsageQuery {
    /// One row for each combination that there is; without any, one row with the total.
    pub by: Vec<Dimension>,
    /// Of this day and later ones.
    pub from: Option<Day>,
    /// Of this day and earlier ones.
    pub to: Option<Day>,
    /// Of this token.
    pub token: Option<TokenId>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this group.
    pub group: Option<GroupId>,
    /// Of this model.
    pub model: Option<String>,
    /// Of this upstream.
    pub upstream: Option<UpstreamId>,
    /// Of tokens that this one made.
    pub creator: Option<String>,
    /// At most so many rows; `None` means all.
    pub limit: Option<u32>,
}

/// A row of a report. What it was not summed up by is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageRow {
    /// The day. Old days stand under the first of their month: see [`Store::usage_compact`].
    pub day: Option<Day>,
    /// The first day of the month.
    pub month: Option<Day>,
    /// The token.
    pub token: Option<Named<TokenId>>,
    /// The account.
    pub account: Option<Named<AccountId>>,
    /// The group.
    pub group: Option<Named<GroupId>>,
    /// The model; empty for calls of mounted APIs.
    pub model: Option<String>,
    /// The upstream; also `None` for calls that none answered.
    pub upstream: Option<Named<UpstreamId>>,
    /// The creator of the tokens; empty for tokens that were gone when their calls were settled.
    pub creator: Option<String>,
    /// What was used.
    pub sums: Sums,
}

/// A thing with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// Its id.
    pub id: T,
    /// Its name, where it is still there.
    pub name: Option<String>,
}

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Calls that were admitted.
    pub requests: u64,
    /// Those that the upstream failed, or broke off.
    pub failed: u64,
    /// Those whose usage is an estimate.
    pub estimated: u64,
    /// Tokens read, cached ones too.
    pub input_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cached_tokens: u64,
    /// Tokens generated.
    pub output_tokens: u64,
    /// What the calls cost.
    pub cost: Credits,
    /// The part of it that nobody paid.
    pub uncovered: Credits,
}

/// What a token has used lately, by days, weeks and months in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecentUsage {
    /// Since midnight.
    pub today: Sums,
    /// Since Monday.
    pub this_week: Sums,
    /// Since the first of the month.
    pub this_month: Sums,
}

impl Store {
    /// Sums up what was used: days in their order where there are any, within them the greatest
    /// cost first.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        self.read(move |conn| Box::pin(report::run(conn, query)))
            .await
    }

    /// What a token has used today, this week and this month. The days of this week must not have
    /// been compacted.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn usage_of_token(
        &self,
        token: TokenId,
        now: Timestamp,
    ) -> Result<RecentUsage, StoreError> {
        self.read(move |conn| Box::pin(statement::recent(conn, token, now)))
            .await
    }

    /// Sums up the days of the months that ended before or with `before` under the first day of
    /// each, so that an old month costs little. Says how many rows were summed up. Other writers come
    /// in between.
    ///
    /// # Errors
    /// Where the database does not answer; months that were summed up until then stay so.
    pub async fn usage_compact(&self, before: Day) -> Result<u64, StoreError> {
        self.detached(
            move |inner| async move { compact::run(&inner.backend, before.month()).await },
        )
        .await
    }
}

/// What an operator lets go of, with rows of the audit log.
impl Store {
    /// Deletes receipts as [`Store::receipts_prune`] does, on behalf of somebody.
    ///
    /// # Errors
    /// As there.
    pub async fn usage_prune(
        &self,
        who: &Actor,
        before: Timestamp,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        prune::receipts(self, who, before, at).await
    }

    /// Sums up days as [`Store::usage_compact`] does, on behalf of somebody.
    ///
    /// # Errors
    /// As there.
    pub async fn usage_sum_up(
        &self,
        who: &Actor,
        before: Day,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        prune::days(self, who, before, at).await
    }
}

impl Dimension {
    /// All dimensions.
    pub const ALL: [Self; 8] = [
        Self::Day,
        Self::Month,
        Self::Token,
        Self::Account,
        Self::Group,
        Self::Model,
        Self::Upstream,
        Self::Creator,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Token => "token",
            Self::Account => "account",
            Self::Group => "group",
            Self::Model => "model",
            Self::Upstream => "upstream",
            Self::Creator => "creator",
        }
    }

    /// The dimension of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Sums {
    /// The part of the cost that was paid.
    pub fn paid(&self) -> Credits {
        let micros = self.cost.as_micros();
        Credits::from_micros(micros.saturating_sub(self.uncovered.as_micros()))
    }

    fn add(&mut self, other: &Self) {
        let add = |sum: &mut u64, part: u64| *sum = sum.saturating_add(part);
        add(&mut self.requests, other.requests);
        add(&mut self.failed, other.failed);
        add(&mut self.estimated, other.estimated);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.cached_tokens, other.cached_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        self.cost = sum(self.cost, other.cost);
        self.uncovered = sum(self.uncovered, other.uncovered);
    }
}

fn sum(one: Credits, other: Credits) -> Credits {
    Credits::from_micros(one.as_micros().saturating_add(other.as_micros()))
}
