//! The conditions of a list, as SQL that both databases understand.
//!
//! In a condition, `?` is the place of a value, `@` precedes a column whose index may be used if
//! the condition drives the query, and `#` one whose index is never used; see `plan.rs`.

use tollgate_policy::token::TokenStatus;

use super::query::TokenQuery;
use super::sort::{EXPIRES, LAST_USED};

/// A value in a query.
#[derive(Debug, Clone)]
pub(super) enum Bind {
    Number(i64),
    Text(String),
}

/// SQL with its values.
#[derive(Debug, Clone)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) binds: Vec<Bind>,
}

/// One condition that listed tokens fulfil.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// As one of many conditions.
    pub(super) filter: Sql,
    /// As the condition by which tokens are found, where an index can.
    pub(super) driver: Option<Driver>,
}

/// How an index finds the tokens of a condition.
#[derive(Debug, Clone)]
pub(super) struct Driver {
    /// The condition.
    pub(super) filter: Sql,
    /// A query with a row for each token, to be counted up to a limit.
    pub(super) probe: Sql,
    /// The index that has the tokens of the condition in the order of their creation.
    pub(super) by_created: Option<&'static str>,
}

/// Tokens, and what they have spent, as conditions name them.
pub(super) const SOURCE: &str = "tokens AS t LEFT JOIN token_spend AS s ON s.token_id = t.id";
/// What a token has used.
pub(super) const USED: &str = "COALESCE(s.used, 0)";
/// What the index `tokens_exhausted` has. Tokens whose period has ended are among them.
const USED_UP: &str = "@t.used_up";
/// Which of them are used up at a moment, which is named twice. A limit of nothing always is.
const USED_UP_NOW: &str = "(COALESCE(s.used, 0) >= t.quota OR t.period_limit <= 0 \
    OR (s.period_used >= t.period_limit AND s.period_begin <= ? AND s.period_end > ?))";
/// The contrary, for tokens with and without limits.
const SPENDABLE: &str = "(t.quota IS NULL OR COALESCE(s.used, 0) < t.quota) \
    AND (t.period_limit IS NULL OR (t.period_limit > 0 AND (s.period_begin IS NULL \
    OR s.period_used < t.period_limit OR s.period_begin > ? OR s.period_end <= ?)))";

/// Keywords below this length are in no index of trigrams.
const TRIGRAM: usize = 3;
/// No name or id is longer, and SQLite has a limit for patterns.
const LONGEST_KEYWORD: usize = 1000;

/// All conditions of a query. `fts` says that keywords are found through SQLite's index.
pub(super) fn conditions(query: &TokenQuery, fts: bool) -> Vec<Condition> {
    let mut all = Vec::new();
    let number = |id: i64| vec![Bind::Number(id)];
    if let Some(account) = query.account {
        all.push(equal(
            "@t.account_id = ?",
            number(account.raw()),
            "tokens_by_account",
        ));
    }
    if let Some(group) = query.group {
        all.push(equal(
            "@t.group_id = ?",
            number(group.raw()),
            "tokens_by_group",
        ));
    }
    if let Some(creator) = &query.creator {
        let binds = vec![Bind::Text(crate::columns::text(creator.clone()))];
        all.push(equal("@t.creator = ?", binds, "tokens_by_creator"));
    }
    if let Some(name) = &query.name {
        let binds = vec![Bind::Text(name.to_string())];
        all.push(Condition::driving("@t.name = ?".to_owned(), binds, None));
    }
    all.extend(status(query));
    all.extend(times(query));
    all.extend(query.keyword.as_deref().and_then(|text| keyword(text, fts)));
    all
}

fn equal(text: &str, binds: Vec<Bind>, index: &'static str) -> Condition {
    Condition::driving(text.to_owned(), binds, Some(index))
}

/// Derived statuses as the policy derives them; see `Token::status`.
fn status(query: &TokenQuery) -> Option<Condition> {
    let now = query.now.as_micros();
    let state = |state: &str| {
        let binds = vec![Bind::Text(state.to_owned())];
        equal("@t.state = ?", binds, "tokens_by_state")
    };
    Some(match query.status? {
        TokenStatus::Disabled => state("disabled"),
        TokenStatus::Revoked => state("revoked"),
        TokenStatus::Enabled => Condition::only_filter(
            format!("#t.state = 'enabled' AND #{EXPIRES} > ? AND {SPENDABLE}"),
            vec![Bind::Number(now), Bind::Number(now), Bind::Number(now)],
        ),
        TokenStatus::Expired => Condition::driving(
            format!("@{EXPIRES} <= ? AND #t.state = 'enabled'"),
            vec![Bind::Number(now)],
            None,
        ),
        TokenStatus::Exhausted => Condition::driving(
            format!("{USED_UP} AND {USED_UP_NOW} AND #t.state = 'enabled' AND #{EXPIRES} > ?"),
            vec![Bind::Number(now), Bind::Number(now), Bind::Number(now)],
            Some("tokens_exhausted"),
        ),
    })
}

fn times(query: &TokenQuery) -> Vec<Condition> {
    let micros = crate::columns::micros;
    let mut all = Vec::new();
    let created = (micros(query.created_from), micros(query.created_until));
    all.extend(range("t.created_at", created));
    if query.used_from.is_some() || query.used_until.is_some() {
        // What was never used was not used in any time.
        let from = micros(query.used_from).unwrap_or(0).max(0);
        all.extend(range(LAST_USED, (Some(from), micros(query.used_until))));
    }
    if query.never_used {
        let text = format!("@{LAST_USED} = -1");
        all.push(Condition::driving(text, Vec::new(), None));
    }
    if let Some(before) = query.expiring_before {
        let from = query.now.as_micros().saturating_add(1);
        all.extend(range(EXPIRES, (Some(from), Some(before.as_micros()))));
    }
    if let Some(since) = query.unused_since {
        let since = since.as_micros();
        let text = format!("@{LAST_USED} < ? AND #t.created_at < ?");
        let binds = vec![Bind::Number(since), Bind::Number(since)];
        all.push(Condition::driving(text, binds, None));
    }
    all
}

/// From a moment on, and before another one.
fn range(expression: &str, (from, until): (Option<i64>, Option<i64>)) -> Option<Condition> {
    let (text, binds) = match (from, until) {
        (Some(from), Some(until)) => (
            format!("@{expression} >= ? AND @{expression} < ?"),
            vec![Bind::Number(from), Bind::Number(until)],
        ),
        (Some(from), None) => (format!("@{expression} >= ?"), vec![Bind::Number(from)]),
        (None, Some(until)) => (format!("@{expression} < ?"), vec![Bind::Number(until)]),
        (None, None) => return None,
    };
    Some(Condition::driving(text, binds, None))
}

fn keyword(text: &str, fts: bool) -> Option<Condition> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return None;
    }
    let characters = text.chars().count();
    if characters > LONGEST_KEYWORD || text.contains('\0') {
        return Some(Condition::only_filter("1 = 0".to_owned(), Vec::new()));
    }
    let pattern = Bind::Text(format!("%{}%", escaped(&text)));
    let like = r"t.search_text LIKE ? ESCAPE '\'";
    if characters < TRIGRAM {
        return Some(Condition::only_filter(like.to_owned(), vec![pattern]));
    }
    if !fts {
        return Some(Condition::driving(like.to_owned(), vec![pattern], None));
    }
    let phrase = Bind::Text(format!("\"{}\"", text.replace('"', "\"\"")));
    let found = "SELECT rowid FROM token_search WHERE token_search MATCH ?";
    Some(Condition {
        filter: Sql::new(like.to_owned(), vec![pattern.clone()]),
        driver: Some(Driver {
            filter: Sql::new(
                format!("t.id IN ({found}) AND {like}"),
                vec![phrase.clone(), pattern],
            ),
            probe: Sql::new(found.to_owned(), vec![phrase]),
            by_created: None,
        }),
    })
}

/// A text in which the wildcards of LIKE stand for themselves.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

impl Sql {
    pub(super) fn new(text: String, binds: Vec<Bind>) -> Self {
        Self { text, binds }
    }
}

impl Condition {
    fn only_filter(text: String, binds: Vec<Bind>) -> Self {
        Self {
            filter: Sql::new(text, binds),
            driver: None,
        }
    }

    fn driving(text: String, binds: Vec<Bind>, by_created: Option<&'static str>) -> Self {
        let probe = format!("SELECT 1 FROM {SOURCE} WHERE {text}");
        Self {
            filter: Sql::new(text.clone(), binds.clone()),
            driver: Some(Driver {
                filter: Sql::new(text, binds.clone()),
                probe: Sql::new(probe, binds),
                by_created,
            }),
        }
    }
}
