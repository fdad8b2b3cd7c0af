//! Fills a database with a million tokens and times the lists that people ask for.
//!
//! `cargo run --release -p tollgate-store --example million [COUNT [ADDRESS]]`. The database must be
//! empty. Without an address it is a SQLite file in a temporary folder, and with `postgres` as the
//! address a PostgreSQL server that is started for the purpose.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints what it measured"
)]

use std::error::Error;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tollgate_policy::id::{AccountId, GroupId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::TokenStatus;
use tollgate_store::token::{Direction, Sort, SortKey, TokenQuery};
use tollgate_store::usage::{Dimension, UsageQuery};
use tollgate_store::{MasterKey, Store};

const DAY: i64 = 86_400_000_000;
/// 2027-01-15.
const NOW: i64 = 1_800_000_000_000_000;
/// Its midnight.
const TODAY: i64 = NOW - NOW % DAY;
/// 29 days before.
const FIRST_DAY: i64 = NOW / DAY - 29;
const RUNS: usize = 15;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let count: i64 = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("million.db").display().to_string();
    let url = match arguments.next() {
        Some(address) if address == "postgres" => {
            tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database).await?
        }
        Some(address) => address,
        None => file,
    };
    let store = Store::open(&url, MasterKey::from_bytes([1; 32]), |_| None).await?;
    let start = Instant::now();
    execute(&url, &filling(count)).await?;
    println!("{count} tokens written in {:.1?}", start.elapsed());
    if let Ok(file) = std::fs::metadata(&url) {
        println!("the file has {} MB", file.len() / 1_000_000);
    }
    println!("{:<52} {:>10} {:>10} {:>6}", "", "median", "max", "rows");
    for (label, query) in queries() {
        measure(label, async || {
            Ok(store.token_list(&query).await?.items.len())
        })
        .await?;
    }
    for (label, by, limit) in REPORTS {
        let query = UsageQuery {
            by: by.to_vec(),
            limit,
            ..UsageQuery::default()
        };
        measure(label, async || Ok(store.usage(query.clone()).await?.len())).await?;
    }
    Ok(())
}

async fn execute(url: &str, sql: &str) -> Outcome<()> {
    if url.starts_with("postgres") {
        let mut conn = AsyncPgConnection::establish(url).await?;
        conn.batch_execute(&format!("BEGIN; {sql} COMMIT;")).await?;
        conn.batch_execute("VACUUM ANALYZE tokens, token_spend, usage_daily, usage_totals")
            .await?;
    } else {
        let mut conn = SqliteConnection::establish(url)?;
        conn.batch_execute(&format!("BEGIN; {sql} COMMIT;"))?;
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}

/// One group has half of the tokens; a third was never used; 1 of 50 is revoked, of 40 disabled;
/// 1 of 4 has a quota, and of the others 1 of 4 has a daily limit, which half of them have used up
/// today or on an earlier day.
fn filling(count: i64) -> String {
    format!(
        "INSERT INTO groups (id, name, multiplier_millionths, note, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19)
         SELECT i, 'group ' || i, 1000000, '', 0, 0 FROM n;
         INSERT INTO accounts (id, name, enabled, note, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
         SELECT i, 'account ' || i, 1 = 1, '', 0, 0 FROM n;
         INSERT INTO tokens (id, name, account_id, group_id, state, expires_at, quota,
             period_limit, period_unit, period_zone, rpm, creator, note, search_text, created_at,
             updated_at, last_used_at, version)
         WITH RECURSIVE n (i) AS
             (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1),
         m (i, r, name, note, creator) AS (SELECT i, (i * 7919) % 1000003,
             'team ' || (i % 1000) || ' key ' || i,
             CASE WHEN i % 997 = 0 THEN 'quarterly ' ELSE '' END || 'build ' || ((i * 31) % 65521),
             'user' || (i % 500) || '@example.com' FROM n)
         SELECT i, name, r % 2000, CASE WHEN i % 2 = 0 THEN 0 ELSE i % 20 END,
             CASE WHEN i % 50 = 0 THEN 'revoked' WHEN i % 40 = 1 THEN 'disabled' ELSE 'enabled' END,
             CASE WHEN i % 3 = 0 THEN NULL ELSE {NOW} + (r % 1000 - 200) * {DAY} END,
             CASE WHEN i % 4 = 0 THEN 900000 END,
             CASE WHEN i % 4 = 1 THEN 500 END, CASE WHEN i % 4 = 1 THEN 'day' END,
             CASE WHEN i % 4 = 1 THEN 'UTC' END, CASE WHEN i % 4 = 1 THEN 60 END,
             creator, note, LOWER(name || ' ' || note || ' ' || creator || ' tok_' || (i * 104729)),
             {NOW} - ({count} - i) * 30000000, {NOW},
             CASE WHEN r % 3 > 0 THEN {NOW} - (r % 90) * {DAY} END, 1
         FROM m;
         INSERT INTO token_spend (token_id, used, magnitude, period_begin, period_end, period_used)
         WITH RECURSIVE m (i, r) AS (SELECT id, (id * 7919) % 1000003 FROM tokens),
         powers (shift, low) AS
             (SELECT 0, 8 UNION ALL SELECT shift + 1, low * 2 FROM powers WHERE shift < 20)
         SELECT i, r, CASE WHEN r < 8 THEN r ELSE (SELECT shift * 8 + (r >> shift) FROM powers
                 WHERE low <= r ORDER BY low DESC LIMIT 1) END,
             CASE WHEN i % 4 = 1 THEN {TODAY} - (i % 16 / 4) * {DAY} END,
             CASE WHEN i % 4 = 1 THEN {TODAY} - (i % 16 / 4 - 1) * {DAY} END,
             CASE WHEN i % 4 = 1 THEN r % 1000 ELSE 0 END
         FROM m WHERE r % 3 > 0;
         UPDATE tokens SET used_up = 1 = 1 FROM token_spend AS s WHERE s.token_id = tokens.id
             AND (s.used >= quota OR s.period_used >= period_limit);
         INSERT INTO usage_daily
         WITH RECURSIVE n (i) AS
             (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 299999)
         SELECT {FIRST_DAY} + i % 30, i / 30, 'model ' || (i % 3), 1, i % 20, (i / 30) % 2000, '',
             i % 500, 0, 0, i % 100000, 0, i % 9000, i % 1000000, 0 FROM n;
         INSERT INTO usage_totals
         SELECT day, account_id, model, upstream_id, group_id, SUM(requests), 0, 0,
             SUM(input_tokens), 0, SUM(output_tokens), SUM(cost), 0
         FROM usage_daily GROUP BY day, account_id, model, upstream_id, group_id;"
    )
}

fn queries() -> Vec<(&'static str, TokenQuery)> {
    let now = Timestamp::from_micros(NOW);
    let days = |days: i64| Some(Timestamp::from_micros(NOW + days * DAY));
    let mut all = Vec::new();
    let mut add = |label, change: &dyn Fn(&mut TokenQuery)| {
        let mut query = TokenQuery::new(now);
        change(&mut query);
        all.push((label, query));
    };
    let by = |key, direction| Sort { key, direction };
    let (asc, desc) = (Direction::Ascending, Direction::Descending);
    let word = |text: &str| Some(text.to_owned());
    add("newest first", &|_| ());
    add("by name", &|q| q.sort = by(SortKey::Name, asc));
    add("last used first", &|q| q.sort = by(SortKey::LastUsed, desc));
    add("soonest to expire", &|q| q.sort = by(SortKey::Expires, asc));
    add("most spent", &|q| q.sort = by(SortKey::Used, desc));
    add("group with half of all", &|q| {
        q.group = GroupId::from_raw(0)
    });
    add("the same by name", &|q| {
        q.group = GroupId::from_raw(0);
        q.sort = by(SortKey::Name, asc);
    });
    add("group with 1 of 20, last used first", &|q| {
        q.group = GroupId::from_raw(7);
        q.sort = by(SortKey::LastUsed, desc);
    });
    add("account with 500, by name", &|q| {
        q.account = AccountId::from_raw(77);
        q.sort = by(SortKey::Name, asc);
    });
    add("creator with 2,000, most spent", &|q| {
        q.creator = word("user77@example.com");
        q.sort = by(SortKey::Used, desc);
    });
    add("keyword with 1 match", &|q| q.keyword = word("key 777777"));
    add("keyword with 1,000 matches", &|q| {
        q.keyword = word("quarterly")
    });
    add("keyword with 10,000 matches", &|q| {
        q.keyword = word("team 77")
    });
    add("the same by name", &|q| {
        q.keyword = word("team 77");
        q.sort = by(SortKey::Name, desc);
    });
    add("keyword that all have", &|q| {
        q.keyword = word("example.com")
    });
    add("keyword without a match", &|q| q.keyword = word("team x"));
    add("keyword without a match, of common parts", &|q| {
        q.keyword = word("example.com tea")
    });
    add("keyword of 2 characters that all have", &|q| {
        q.keyword = word("ex")
    });
    add("keyword of 2 characters without a match", &|q| {
        q.keyword = word("zz")
    });
    add("keyword, group and status", &|q| {
        q.keyword = word("team 77");
        q.group = GroupId::from_raw(0);
        q.status = Some(TokenStatus::Enabled);
    });
    for (label, status) in [
        ("status enabled", TokenStatus::Enabled),
        ("status disabled", TokenStatus::Disabled),
        ("status expired", TokenStatus::Expired),
        ("status exhausted", TokenStatus::Exhausted),
        ("status revoked", TokenStatus::Revoked),
    ] {
        add(label, &|q| q.status = Some(status));
    }
    add("expires within 7 days, newest first", &|q| {
        q.expiring_before = days(7)
    });
    add("unused for 60 days", &|q| q.unused_since = days(-60));
    add("never used, by name", &|q| {
        q.never_used = true;
        q.sort = by(SortKey::Name, asc);
    });
    add("used today, most spent", &|q| {
        q.used_from = days(0);
        q.sort = by(SortKey::Used, desc);
    });
    add("made in one hour, by name", &|q| {
        q.created_from = Some(Timestamp::from_micros(NOW - 90 * DAY));
        q.created_until = Some(Timestamp::from_micros(NOW - 90 * DAY + DAY / 24));
        q.sort = by(SortKey::Name, asc);
    });
    add("creator and status, by name", &|q| {
        q.creator = word("user77@example.com");
        q.status = Some(TokenStatus::Disabled);
        q.sort = by(SortKey::Name, asc);
    });
    add("half of all and 1 of 40, none both, by name", &|q| {
        q.group = GroupId::from_raw(0);
        q.status = Some(TokenStatus::Disabled);
        q.sort = by(SortKey::Name, asc);
    });
    add("never used, most spent", &|q| {
        q.never_used = true;
        q.sort = by(SortKey::Used, desc);
    });
    add("never used, last used first", &|q| {
        q.never_used = true;
        q.sort = by(SortKey::LastUsed, desc);
    });
    add("group and used today, soonest to expire", &|q| {
        q.group = GroupId::from_raw(7);
        q.used_from = days(0);
        q.sort = by(SortKey::Expires, asc);
    });
    add("made long ago", &|q| q.created_until = days(-340));
    add("newest first, from the middle on", &|q| {
        q.cursor = word(&format!(
            "created-desc.500000.{}",
            NOW - 500_000 * 30_000_000
        ));
    });
    all
}

/// A report, by what, and how many of its rows.
type Report = (&'static str, &'static [Dimension], Option<u32>);

const REPORTS: [Report; 4] = [
    (
        "report by day and model",
        &[Dimension::Day, Dimension::Model],
        None,
    ),
    ("report by account", &[Dimension::Account], None),
    ("report by token", &[Dimension::Token], Some(1000)),
    (
        "report of the 6 tokens that cost the most",
        &[Dimension::Token],
        Some(6),
    ),
];

async fn measure(label: &str, page: impl AsyncFn() -> Outcome<usize>) -> Outcome<()> {
    let mut times: Vec<Duration> = Vec::with_capacity(RUNS);
    let mut rows = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        rows = page().await?;
        times.push(start.elapsed());
    }
    times.sort();
    let median = times.get(RUNS / 2).copied().unwrap_or_default();
    let max = times.last().copied().unwrap_or_default();
    println!("{label:<52} {median:>10.1?} {max:>10.1?} {rows:>6}");
    Ok(())
}
