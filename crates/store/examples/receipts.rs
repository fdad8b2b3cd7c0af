//! Measures how fast receipts are settled: on a SQLite file and on a PostgreSQL server that is
//! started for the purpose.
//!
//! `cargo run --release -p tollgate-store --example receipts [TOKENS [sqlite | postgres]]`: so many
//! tokens are in the table, 1,000 if not said, and 1,000 of them are used. CPU time is this
//! process's; a PostgreSQL server has its own.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints what it measured"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tollgate_ledger::book::{Ask, Book, GatewayId, Pot, Turn};
use tollgate_ledger::receipt::{Ending, Payer, Receipt};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Multiplier;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::price::Price;
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;
use tollgate_store::{MasterKey, Store};

/// 2027-01-15.
const NOW: i64 = 1_800_000_000_000_000;
const USED: i64 = 1000;
const ACCOUNTS: i64 = 50;
/// How many receipts are settled in batches of each size.
const RECEIPTS: usize = 60_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let tokens: i64 = arguments.next().map_or(Ok(USED), |text| text.parse())?;
    let only = arguments.next();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("sqlite") {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("receipts.db").display().to_string();
        measure("SQLite", &url, tokens).await?;
    }
    if wanted("postgres") {
        let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database).await?;
        measure("PostgreSQL", &url, tokens).await?;
    }
    Ok(())
}

async fn measure(label: &str, url: &str, tokens: i64) -> Outcome<()> {
    let store = Store::open(url, MasterKey::from_bytes([1; 32]), |_| None).await?;
    execute(url, &filling(tokens)).await?;
    println!("{label}, {tokens} tokens of which {USED} are used");
    println!(
        "{:>8} {:>12} {:>14} {:>14} {:>12}",
        "batch", "receipts/s", "median turn", "longest turn", "CPU/receipt"
    );
    let mut calls = Calls::new(tokens);
    // The first turns fill caches and prepare statements.
    run(&store, &mut calls, 1000, 5).await?;
    for batch in [1, 10, 100, 300, 1000, 3000] {
        let turns = (RECEIPTS / batch).min(600);
        let cpu = cpu();
        let mut times = run(&store, &mut calls, batch, turns).await?;
        let cpu = self::cpu().saturating_sub(cpu);
        let all: Duration = times.iter().sum();
        let count = u32::try_from(batch * turns)?;
        times.sort();
        let median = times.get(turns / 2).copied().unwrap_or_default();
        let longest = times.last().copied().unwrap_or_default();
        println!(
            "{batch:>8} {:>12.0} {median:>14.1?} {longest:>14.1?} {:>12.1?}",
            f64::from(count) / all.as_secs_f64(),
            cpu / count
        );
    }
    Ok(())
}

async fn run(
    store: &Store,
    calls: &mut Calls,
    batch: usize,
    turns: usize,
) -> Outcome<Vec<Duration>> {
    let mut times = Vec::with_capacity(turns);
    for _ in 0..turns {
        let turn = Arc::new(calls.turn(batch));
        let start = Instant::now();
        let outcome = store.turn(turn).await?;
        times.push(start.elapsed());
        if outcome.settled != batch {
            return Err("a receipt was not new".into());
        }
    }
    Ok(times)
}

/// Calls of tokens in no order.
struct Calls {
    seed: u64,
    number: i64,
    tokens: i64,
    price: Price,
}

impl Calls {
    fn new(tokens: i64) -> Self {
        let price = "input=0.4,cached-input=0.1,output=1.6".parse();
        Self {
            price: price.unwrap_or(Price::EMPTY),
            seed: 88_172_645_463_325_252,
            number: 0,
            tokens,
        }
    }

    fn random(&mut self, below: i64) -> i64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        i64::try_from(self.seed >> 1).unwrap_or(0) % below
    }

    /// Tokens with a quota lease of it: one in four.
    fn turn(&mut self, batch: usize) -> Turn {
        let receipts: Vec<_> = (0..batch).map(|_| Arc::new(self.receipt())).collect();
        let asks = receipts.iter().filter(|one| one.payer.token.raw() % 4 == 0);
        let ask = |receipt: &Arc<Receipt>| Ask {
            pot: Pot::Token(receipt.payer.token),
            least: receipt.cost,
            wish: Credits::from_micros(10_000),
        };
        Turn {
            gateway: GatewayId([1; 16]),
            now: Timestamp::from_micros(NOW + self.number * 1000),
            asks: asks.map(ask).collect(),
            receipts,
            reset: false,
            returns: Vec::new(),
        }
    }

    fn receipt(&mut self) -> Receipt {
        self.number += 1;
        let started = Timestamp::from_micros(NOW + self.number * 1000);
        // Those in use are spread over the table.
        let token = self.random(USED) * (self.tokens / USED);
        let entropy = u128::from(self.seed);
        let raw = |id: Option<TokenId>| id.unwrap_or(TokenId::new(started, 0));
        Receipt {
            request: RequestId::new(started, entropy),
            payer: Payer {
                token: raw(TokenId::from_raw(token)),
                account: AccountId::from_raw(token % ACCOUNTS)
                    .unwrap_or(AccountId::new(started, 0)),
                token_period: None,
                account_period: None,
            },
            group: GroupId::from_raw(0).unwrap_or(GroupId::new(started, 0)),
            endpoint: "chat".to_owned(),
            model: Some("gpt-4.1-mini".to_owned()),
            upstream: UpstreamId::from_raw(token % 3),
            served_as: Some("gpt-4.1-mini-2025-04-14".to_owned()),
            client: [192, 0, 2, 17].into(),
            status: Some(200),
            streamed: true,
            ending: Ending::Complete,
            usage: Usage {
                input: 1234,
                cached_input: 1024,
                output: 321,
                ..Usage::NONE
            },
            estimated: false,
            quote: Quote {
                price: self.price,
                multiplier: Multiplier::ONE,
            },
            cost: Credits::from_micros(1110),
            uncovered: Credits::ZERO,
            started,
            first_byte: Some(Duration::from_millis(312)),
            total: Duration::from_millis(2345),
        }
    }
}

/// User and system time of this process, in all its threads.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields = after.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|text| text.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

async fn execute(url: &str, sql: &str) -> Outcome<()> {
    if url.starts_with("postgres") {
        let mut conn = AsyncPgConnection::establish(url).await?;
        conn.batch_execute(&format!("BEGIN; {sql} COMMIT;")).await?;
        conn.batch_execute("VACUUM ANALYZE tokens").await?;
    } else {
        let mut conn = SqliteConnection::establish(url)?;
        conn.batch_execute(&format!("BEGIN; {sql} COMMIT;"))?;
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}

fn filling(tokens: i64) -> String {
    format!(
        "INSERT INTO groups (id, name, multiplier_millionths, note, created_at, updated_at)
         VALUES (0, 'group', 1000000, '', 0, 0);
         INSERT INTO accounts (id, name, enabled, note, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS} - 1)
         SELECT i, 'account ' || i, 1 = 1, '', 0, 0 FROM n;
         INSERT INTO tokens (id, name, account_id, group_id, state, quota, creator, note,
             search_text, created_at, updated_at, version)
         WITH RECURSIVE n (i) AS
             (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {tokens} - 1)
         SELECT i, 'team ' || (i % 1000) || ' key ' || i, i % {ACCOUNTS}, 0, 'enabled',
             CASE WHEN i % 4 = 0 THEN 1000000000000 END, 'user' || (i % 500) || '@example.com',
             '', 'team ' || (i % 1000) || ' key ' || i || ' user' || (i % 500) || '@example.com', {NOW}, {NOW}, 1
         FROM n;"
    )
}
