//! The text of a query.

use super::{COLUMNS, Plan};
use crate::token::cursor::{Cursor, Value};
use crate::token::filter::{Bind, Condition, Driver, SOURCE, Sql};
use crate::token::query::{Direction, Sort};

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

    /// The query for a page, which [`Plan::Spent`] has none of.
    pub(super) fn page(
        mut self,
        plan: Plan,
        mut conditions: Vec<Condition>,
        sort: Sort,
        cursor: Option<Cursor>,
        limit: i64,
    ) -> Sql {
        let collect = matches!(plan, Plan::Collect(_));
        let driver = match plan {
            Plan::Collect(i) | Plan::Walk(_, Some(i)) => Some(conditions.remove(i)),
            Plan::Walk(_, None) | Plan::Spent => None,
        };
        let driver = driver.and_then(|condition| condition.driver);
        self.tokens(plan, driver);
        self.conditions(conditions);
        // A sum is no indexed column: this order is made by sorting.
        let mark = if collect && self.sqlite { "+" } else { "" };
        let expression = sort.key.expression();
        if let Some(cursor) = cursor {
            self.push(" AND ");
            self.after(&format!("{mark}{expression}"), sort.direction, cursor);
        }
        let order = sort.direction.order();
        self.push(&format!(
            " ORDER BY {mark}{expression} {order}, t.id {order} LIMIT {limit}"
        ));
        self.sql
    }

    /// More conditions, of which none drives the query.
    pub(super) fn conditions(&mut self, conditions: Vec<Condition>) {
        for condition in conditions {
            self.push(" AND ");
            self.sql(condition.filter, false);
        }
    }

    /// Where the tokens come from, up to the first condition.
    fn tokens(&mut self, plan: Plan, driver: Option<Driver>) {
        let driver = driver.map(|driver| driver.filter);
        match (plan, self.sqlite) {
            (Plan::Walk(index, _), true) => self.push(&format!(
                "SELECT {COLUMNS} FROM tokens AS t INDEXED BY {index} \
                 LEFT JOIN token_spend AS s ON s.token_id = t.id WHERE "
            )),
            // PostgreSQL would otherwise weigh the order's index against the condition's again.
            (Plan::Collect(_), false) => {
                self.push(&format!(
                    "WITH few AS MATERIALIZED (SELECT t.* FROM {SOURCE} WHERE "
                ));
                if let Some(driver) = driver {
                    self.sql(driver, true);
                }
                self.push(&format!(
                    ") SELECT {COLUMNS} FROM few AS t \
                     LEFT JOIN token_spend AS s ON s.token_id = t.id WHERE 1 = 1"
                ));
                return;
            }
            _ => self.push(&format!("SELECT {COLUMNS} FROM {SOURCE} WHERE ")),
        }
        match driver {
            Some(driver) => self.sql(driver, true),
            None => self.push("1 = 1"),
        }
    }

    /// What comes after the cursor, said so that an index can begin there.
    fn after(&mut self, expression: &str, direction: Direction, cursor: Cursor) {
        let value = match cursor.value {
            Value::Number(number) => Bind::Number(number),
            Value::Text(text) => Bind::Text(text),
        };
        let text = format!("({expression}, t.id) {} (?, ?)", direction.after());
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
