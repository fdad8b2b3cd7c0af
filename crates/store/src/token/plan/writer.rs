//! The text of a query.

use super::{COLUMNS, Plan, WINDOW, Wanted};
use crate::token::cursor::Value;
use crate::token::filter::{Bind, Condition, Sql};
use crate::token::query::SortKey;

/// What tokens have spent, which is not looked at where nothing is asked of it.
const SPEND: &str = "LEFT JOIN token_spend AS s ON s.token_id = t.id";

/// Puts a query together.
pub(super) struct Writer {
    pub(super) sql: Sql,
    sqlite: bool,
}

impl Writer {
    pub(super) fn new(sqlite: bool) -> Self {
        let sql = Sql::new(String::new(), Vec::new());
        Self { sql, sqlite }
    }

    /// The query for a page of tokens that are collected or walked to.
    pub(super) fn page(
        mut self,
        plan: Plan,
        mut conditions: Vec<Condition>,
        wanted: &Wanted,
    ) -> Sql {
        let driver = match plan {
            Plan::Collect(i) | Plan::Walk(_, Some(i)) => Some(conditions.remove(i)),
            _ => None,
        };
        let indexed = match plan {
            Plan::Walk(index, _) => self.indexed_by(index),
            _ => String::new(),
        };
        self.push(&format!(
            "SELECT {COLUMNS} FROM tokens AS t {indexed}{SPEND} WHERE "
        ));
        match driver.and_then(|condition| condition.driver) {
            Some(driver) => self.sql(driver.filter, true),
            None => self.push("1 = 1"),
        }
        self.conditions(conditions);
        let key = match plan {
            Plan::Collect(_) => self.sorted(wanted),
            _ => wanted.sort.key.expression().to_owned(),
        };
        self.after(&key, wanted);
        self.order(&key, wanted, wanted.limit);
        self.sql
    }

    /// The query for those of the next tokens of an index that fulfil all conditions. The one at
    /// `driver` is what the index begins with.
    pub(super) fn tried(
        mut self,
        index: &str,
        driver: Option<usize>,
        conditions: Vec<Condition>,
        wanted: &Wanted,
    ) -> Sql {
        let key = wanted.sort.key.expression();
        let indexed = self.indexed_by(index);
        self.push(&format!(
            "SELECT {COLUMNS} FROM (SELECT t.id AS near FROM tokens AS t {indexed}WHERE "
        ));
        let driver = driver.and_then(|i| conditions.get(i)?.driver.as_ref()?.seek.clone());
        match driver {
            Some(seek) => self.sql(seek, true),
            None => self.push("1 = 1"),
        }
        self.after(key, wanted);
        self.order(key, wanted, WINDOW);
        self.near();
        self.conditions(conditions);
        let key = self.sorted(wanted);
        self.order(&key, wanted, wanted.limit);
        self.sql
    }

    /// The query for a page of tokens that are found by looking at all of them, or at all with a
    /// keyword where nothing else tells tokens from most others.
    pub(super) fn sifted(mut self, mut conditions: Vec<Condition>, wanted: &Wanted) -> Sql {
        let indexed = self.indexed_by("tokens_sifted");
        self.push(&format!(
            "SELECT {COLUMNS} FROM (SELECT t.id AS near FROM tokens AS t {indexed}{SPEND} WHERE "
        ));
        let driven = conditions.iter().filter_map(|one| one.driver.as_ref());
        let searched = driven.clone().all(|driver| driver.seek.is_none());
        let searched = searched.then(|| conditions.iter().position(|one| one.driver.is_some()));
        let searched = searched.flatten().map(|i| conditions.remove(i));
        match searched.and_then(|condition| condition.driver) {
            Some(driver) => self.sql(driver.filter, true),
            None => self.push("1 = 1"),
        }
        self.conditions(conditions);
        let key = self.sorted(wanted);
        self.after(&key, wanted);
        self.order(&key, wanted, wanted.limit);
        self.near();
        self.order(&key, wanted, wanted.limit);
        self.sql
    }

    /// What is sorted by, said so that no index is used for it.
    fn sorted(&self, wanted: &Wanted) -> String {
        let expression = wanted.sort.key.expression();
        match (self.sqlite, wanted.sort.key) {
            (true, _) => format!("+{expression}"),
            (false, SortKey::Name) => format!("({expression} || '')"),
            (false, _) => format!("({expression} + 0)"),
        }
    }

    fn indexed_by(&self, index: &str) -> String {
        match self.sqlite {
            true => format!("INDEXED BY {index} "),
            // It knows by itself.
            false => String::new(),
        }
    }

    /// From the ids that were found to their tokens.
    fn near(&mut self) {
        let join = if self.sqlite { "CROSS JOIN" } else { "JOIN" };
        self.push(&format!(
            ") AS found {join} tokens AS t ON t.id = found.near {SPEND} WHERE 1 = 1"
        ));
    }

    fn order(&mut self, key: &str, wanted: &Wanted, limit: i64) {
        let order = wanted.sort.direction.order();
        self.push(&format!(
            " ORDER BY {key} {order}, t.id {order} LIMIT {limit}"
        ));
    }

    /// More conditions, of which none drives the query.
    pub(super) fn conditions(&mut self, conditions: Vec<Condition>) {
        for condition in conditions {
            self.push(" AND ");
            self.sql(condition.filter, false);
        }
    }

    /// What comes after the cursor, said so that an index can begin there.
    fn after(&mut self, expression: &str, wanted: &Wanted) {
        let Some(cursor) = &wanted.cursor else {
            return;
        };
        let value = match &cursor.value {
            Value::Number(number) => Bind::Number(*number),
            Value::Text(text) => Bind::Text(text.clone()),
        };
        let beyond = wanted.sort.direction.after();
        let text = format!(" AND ({expression}, t.id) {beyond} (?, ?)");
        self.sql(Sql::new(text, vec![value, Bind::Number(cursor.id)]), true);
    }

    pub(super) fn push(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    /// Adds a condition: values get their numbers, and columns the mark that keeps SQLite from
    /// using their index where it shall not. PostgreSQL needs no such help.
    pub(super) fn sql(&mut self, sql: Sql, driving: bool) {
        let mut binds = sql.binds.into_iter();
        for c in sql.text.chars() {
            match c {
                '?' => {
                    self.sql.binds.extend(binds.next());
                    let number = self.sql.binds.len();
                    self.sql.text.push_str(&format!("${number}"));
                }
                '@' if self.sqlite && !driving => self.sql.text.push('+'),
                '#' if self.sqlite => self.sql.text.push('+'),
                '@' | '#' => {}
                other => self.sql.text.push(other),
            }
        }
    }
}
