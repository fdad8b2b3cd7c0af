//! The conditions of a list, as SQL that both databases understand.
//!
//! In a condition, `?` is the place of a value, `@` precedes a column whose index may be used if
//! the condition drives the query, and `#` one whose index is never used; see `plan.rs`.

use tollgate_policy::token::TokenStatus;

use super::query::{SortKey, TokenQuery};
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
    /// The part of it for which the index is looked at; none where that is another table's.
    pub(super) seek: Option<Sql>,
    /// A query with a row for each token, and perhaps for some more, to be counted up to a limit.
    /// Where no index is looked at, its rows are the ids.
    pub(super) probe: Sql,
    /// The index that has the tokens of the condition in an order of the list.
    pub(super) ordered: Option<Ordered>,
}

/// An index in an order of the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ordered {
    pub(super) key: SortKey,
    pub(super) index: &'static str,
    /// Whether it leads to the tokens of the condition alone, or nearly so.
    pub(super) exact: bool,
}

/// What a token has used.
pub(super) const USED: &str = "COALESCE(s.used, 0)";
/// What the index `tokens_exhausted` has. Tokens whose period has ended are among them.
const USED_UP: &str = "@t.used_up";
/// Which of them are used up at a moment, which is named twice. A limit of nothing always is.
const USED_UP_NOW: &str = "(COALESCE(s.used, 0) >= t.quota OR t.period_limit <= 0 \
    OR (s.period_used >= t.period_limit AND s.period_begin <= ? AND s.period_end > ?))";
/// The contrary, for tokens with and without limits. Most are not used up, which costs no look at
/// what they have spent.
const SPENDABLE: &str = "(NOT t.used_up OR ((t.quota IS NULL OR COALESCE(s.used, 0) < t.quota) \
    AND (t.period_limit IS NULL OR (t.period_limit > 0 AND (s.period_begin IS NULL \
    OR s.period_used < t.period_limit OR s.period_begin > ? OR s.period_end <= ?)))))";

/// Keywords below this length are no trigram, but trigrams begin with them.
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
        let index = by(SortKey::Name, "tokens_by_name");
        all.push(Condition::driving("@t.name = ?".to_owned(), binds, index));
    }
    all.extend(status(query));
    all.extend(times(query));
    all.extend(query.keyword.as_deref().and_then(|text| keyword(text, fts)));
    all
}

fn equal(text: &str, binds: Vec<Bind>, index: &'static str) -> Condition {
    Condition::driving(text.to_owned(), binds, by(SortKey::Created, index))
}

fn by(key: SortKey, index: &'static str) -> Option<Ordered> {
    let exact = true;
    Some(Ordered { key, index, exact })
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
        TokenStatus::Expired => {
            let expired = format!("@{EXPIRES} <= ?");
            let more = "#t.state = 'enabled'";
            Condition::driving(expired, vec![Bind::Number(now)], by_expires()).and(more, Vec::new())
        }
        TokenStatus::Exhausted => {
            let index = by(SortKey::Created, "tokens_exhausted");
            let more = format!("{USED_UP_NOW} AND #t.state = 'enabled' AND #{EXPIRES} > ?");
            let binds = vec![Bind::Number(now), Bind::Number(now), Bind::Number(now)];
            let mut condition = Condition::driving(USED_UP.to_owned(), Vec::new(), index);
            condition = condition.and(&more, binds);
            // Nearly all of them are.
            condition.set_exact();
            condition
        }
    })
}

fn by_expires() -> Option<Ordered> {
    by(SortKey::Expires, "tokens_by_expires")
}

fn by_last_used() -> Option<Ordered> {
    by(SortKey::LastUsed, "tokens_by_last_used")
}

fn times(query: &TokenQuery) -> Vec<Condition> {
    let micros = crate::columns::micros;
    let mut all = Vec::new();
    let created = (micros(query.created_from), micros(query.created_until));
    let by_created = by(SortKey::Created, "tokens_by_created");
    all.extend(range("t.created_at", created, by_created));
    if query.used_from.is_some() || query.used_until.is_some() {
        // What was never used was not used in any time.
        let from = micros(query.used_from).unwrap_or(0).max(0);
        let used = (Some(from), micros(query.used_until));
        all.extend(range(LAST_USED, used, by_last_used()));
    }
    if query.never_used {
        // Not `= -1`: SQLite would sort what its index already has in order.
        let text = format!("@{LAST_USED} < 0");
        let unused = Condition::driving(text, Vec::new(), by_last_used());
        // For a moment, what was spent is noted and the use is not.
        let mut unused = unused.and(&format!("{USED} = 0"), Vec::new());
        unused.set_exact();
        all.push(unused);
    }
    if let Some(before) = query.expiring_before {
        let from = query.now.as_micros().saturating_add(1);
        let expiring = (Some(from), Some(before.as_micros()));
        all.extend(range(EXPIRES, expiring, by_expires()));
    }
    if let Some(since) = query.unused_since {
        let since = since.as_micros();
        // Two conditions, because the newest tokens are passed over by the first.
        all.extend(range("t.created_at", (None, Some(since)), by_created));
        all.extend(range(LAST_USED, (None, Some(since)), by_last_used()));
    }
    all
}

/// From a moment on, and before another one.
fn range(
    expression: &str,
    (from, until): (Option<i64>, Option<i64>),
    index: Option<Ordered>,
) -> Option<Condition> {
    let (text, binds) = match (from, until) {
        (Some(from), Some(until)) => (
            format!("@{expression} >= ? AND @{expression} < ?"),
            vec![Bind::Number(from), Bind::Number(until)],
        ),
        (Some(from), None) => (format!("@{expression} >= ?"), vec![Bind::Number(from)]),
        (None, Some(until)) => (format!("@{expression} < ?"), vec![Bind::Number(until)]),
        (None, None) => return None,
    };
    Some(Condition::driving(text, binds, index))
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
    let filter = Sql::new(like.to_owned(), vec![pattern]);
    let driver = fts.then(|| Driver::of_keyword(&text, characters));
    Some(Condition { filter, driver })
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

    fn driving(text: String, binds: Vec<Bind>, ordered: Option<Ordered>) -> Self {
        let probe = format!("SELECT 1 FROM tokens AS t WHERE {text}");
        Self {
            filter: Sql::new(text.clone(), binds.clone()),
            driver: Some(Driver {
                filter: Sql::new(text.clone(), binds.clone()),
                seek: Some(Sql::new(text, binds.clone())),
                probe: Sql::new(probe, binds),
                ordered,
            }),
        }
    }

    /// With more that must fit, for which no index is looked at.
    fn and(mut self, text: &str, binds: Vec<Bind>) -> Self {
        let add = |sql: &mut Sql| {
            sql.text = format!("{} AND {text}", sql.text);
            sql.binds.extend(binds.clone());
        };
        add(&mut self.filter);
        if let Some(driver) = &mut self.driver {
            add(&mut driver.filter);
            if let Some(ordered) = &mut driver.ordered {
                ordered.exact = false;
            }
        }
        self
    }

    fn set_exact(&mut self) {
        let driver = self.driver.as_mut();
        if let Some(ordered) = driver.and_then(|driver| driver.ordered.as_mut()) {
            ordered.exact = true;
        }
    }
}

impl Driver {
    /// Through SQLite's index of trigrams, which knows each text with two characters after its end:
    /// so a trigram begins with each text of one or two characters that occurs.
    fn of_keyword(text: &str, characters: usize) -> Self {
        let (found, binds) = match characters < TRIGRAM {
            true => (
                "SELECT DISTINCT doc AS id FROM token_search_grams WHERE term >= ? AND term < ?",
                vec![
                    Bind::Text(text.to_owned()),
                    Bind::Text(format!("{text}\u{10ffff}")),
                ],
            ),
            false => (
                "SELECT rowid AS id FROM token_search WHERE token_search MATCH ?",
                vec![Bind::Text(format!("\"{}\"", text.replace('"', "\"\"")))],
            ),
        };
        Self {
            filter: Sql::new(format!("t.id IN ({found})"), binds.clone()),
            seek: None,
            probe: Sql::new(found.to_owned(), binds),
            ordered: None,
        }
    }

    /// Finds the tokens of these ids, an array in JSON, and no others. For SQLite alone.
    pub(super) fn only(&mut self, ids: String) {
        let found = "t.id IN (SELECT value FROM json_each(?))".to_owned();
        self.filter = Sql::new(found, vec![Bind::Text(ids)]);
    }
}
