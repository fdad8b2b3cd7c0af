//! Short ways to make turns, and to read what they left in the tables.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{Connection, QueryableByName, SqliteConnection, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use tollgate_ledger::book::{Ask, Book, GatewayId, Lease, Outcome, Pot, Turn};
use tollgate_ledger::receipt::{Ending, Payer, Receipt};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::group::Multiplier;
use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::price::Price;
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;

use crate::contract::fixture::{Fixture, at, credits};

/// Two gateways of the tests.
pub const ONE: GatewayId = GatewayId([1; 16]);
pub const OTHER: GatewayId = GatewayId([2; 16]);

/// A token with its account.
#[derive(Debug, Clone, Copy)]
pub struct Payers {
    pub payer: Payer,
    pub group: GroupId,
}

/// A token in an account of its own, without a limit.
pub async fn payers(fixture: &Fixture) -> Payers {
    let name = format!("token {}", fixture.number());
    let token = fixture.token(&name).await.token;
    Payers {
        payer: Payer {
            token: token.id,
            account: token.account,
            token_period: None,
            account_period: None,
        },
        group: token.group,
    }
}

impl Payers {
    pub fn token(&self) -> Pot {
        Pot::Token(self.payer.token)
    }

    pub fn account(&self) -> Pot {
        Pot::Account(self.payer.account)
    }

    pub async fn quota(&self, fixture: &Fixture, micros: i64) {
        let id = self.payer.token.raw();
        let set = format!("UPDATE tokens SET quota = {micros} WHERE id = {id}");
        fixture.sql(&set).await;
    }

    pub async fn daily(&self, fixture: &Fixture, micros: i64) {
        let id = self.payer.token.raw();
        let set = format!(
            "UPDATE tokens SET period_limit = {micros}, period_unit = 'day', period_zone = 'UTC' \
             WHERE id = {id}"
        );
        fixture.sql(&set).await;
    }

    /// A call that cost so much.
    pub fn receipt(&self, fixture: &Fixture, cost: i64, seconds: i64) -> Receipt {
        Receipt {
            request: RequestId::new(at(seconds), fixture.number().into()),
            payer: self.payer,
            group: self.group,
            endpoint: "chat".to_owned(),
            model: Some("gpt-x".to_owned()),
            upstream: UpstreamId::from_raw(7),
            served_as: None,
            client: "2001:db8::1".parse().unwrap(),
            status: Some(200),
            streamed: true,
            ending: Ending::Complete,
            usage: Usage {
                input: 5,
                cached_input: 2,
                output: 3,
                ..Usage::NONE
            },
            estimated: false,
            quote: Quote {
                price: "input=2.5,output=10".parse::<Price>().unwrap(),
                multiplier: Multiplier::ONE,
            },
            cost: credits(cost),
            uncovered: credits(0),
            started: at(seconds),
            first_byte: Some(Duration::from_micros(1500)),
            total: Duration::from_micros(2_000_001),
        }
    }
}

pub fn turn(gateway: GatewayId, seconds: i64) -> Turn {
    Turn {
        gateway,
        now: at(seconds),
        receipts: Vec::new(),
        reset: false,
        returns: Vec::new(),
        asks: Vec::new(),
    }
}

pub async fn settle(fixture: &Fixture, turn: Turn) -> Outcome {
    fixture.store.turn(Arc::new(turn)).await.unwrap()
}

/// Lets time pass between turns. A PostgreSQL server goes by its own clock, SQLite by that of turns.
pub async fn pass(fixture: &Fixture, seconds: i64) {
    if !fixture.url.starts_with("sqlite:") {
        let micros = seconds * 1_000_000;
        let set = format!("UPDATE gateways SET seen_at = seen_at - {micros}");
        fixture.sql(&set).await;
    }
}

/// Settles receipts of the first gateway.
pub async fn receive(fixture: &Fixture, receipts: Vec<Receipt>, seconds: i64) -> Outcome {
    let turn = Turn {
        receipts: receipts.into_iter().map(Arc::new).collect(),
        ..turn(ONE, seconds)
    };
    settle(fixture, turn).await
}

/// Asks for a lease, and says how it stands then.
pub async fn ask(
    fixture: &Fixture,
    gateway: GatewayId,
    pot: Pot,
    (least, wish): (i64, i64),
    seconds: i64,
) -> Lease {
    let ask = Ask {
        pot,
        least: credits(least),
        wish: credits(wish),
    };
    let turn = Turn {
        asks: vec![ask],
        ..turn(gateway, seconds)
    };
    let outcome = settle(fixture, turn).await;
    assert_eq!(outcome.leases.len(), 1);
    outcome.leases[0]
}

pub fn lease(pot: Pot, micros: i64, limited: bool) -> Lease {
    let leased = credits(micros);
    Lease {
        pot,
        leased,
        limited,
    }
}

/// The day of the test's time that is so many days after its first.
pub fn day(days: i64) -> Timestamp {
    at(-at(0).as_micros() / 1_000_000 % 86_400 + days * 86_400)
}

/// A pot as it stands in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stand {
    pub limit: Option<i64>,
    pub used: i64,
    pub held: i64,
}

/// All pots and leases, as the tables say.
#[derive(Debug, Default)]
pub struct Stands {
    pub pots: BTreeMap<Pot, Stand>,
    pub leases: BTreeMap<(GatewayId, String, i64, i64), i64>,
}

#[derive(QueryableByName)]
struct PotRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    most: Option<i64>,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    begin_at: Option<i64>,
}

#[derive(QueryableByName)]
struct LeaseRow {
    #[diesel(sql_type = Binary)]
    gateway_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    pot: String,
    #[diesel(sql_type = BigInt)]
    owner_id: i64,
    #[diesel(sql_type = BigInt)]
    begin_at: i64,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

const POTS: &str = "SELECT 'token' AS kind, id, quota AS most, COALESCE(used, 0) AS used, \
        COALESCE(held, 0) AS held, NULL AS begin_at \
        FROM tokens LEFT JOIN token_spend ON token_id = id \
    UNION ALL SELECT 'account', id, credited + credit_line, COALESCE(used, 0), COALESCE(held, 0), \
        NULL FROM accounts LEFT JOIN account_spend ON account_id = id \
    UNION ALL SELECT 'token', id, period_limit, period_used, period_held, period_begin \
        FROM tokens JOIN token_spend ON token_id = id WHERE period_begin IS NOT NULL \
    UNION ALL SELECT 'account', id, period_limit, period_used, period_held, period_begin \
        FROM accounts JOIN account_spend ON account_id = id WHERE period_begin IS NOT NULL";

async fn rows<T>(fixture: &Fixture, text: &str) -> Vec<T>
where
    T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + Send + 'static,
{
    match fixture.url.strip_prefix("sqlite:") {
        Some(path) => {
            use diesel::RunQueryDsl;
            let mut conn = SqliteConnection::establish(path).unwrap();
            sql_query("PRAGMA busy_timeout = 5000")
                .execute(&mut conn)
                .unwrap();
            sql_query(text).load(&mut conn).unwrap()
        }
        None => {
            use diesel_async::RunQueryDsl;
            let mut conn = AsyncPgConnection::establish(&fixture.url).await.unwrap();
            sql_query(text).load(&mut conn).await.unwrap()
        }
    }
}

/// The one number that a query gives, which it must call `number`.
pub async fn number(fixture: &Fixture, text: &str) -> i64 {
    rows::<Number>(fixture, text).await[0].number
}

pub async fn stands(fixture: &Fixture) -> Stands {
    let mut stands = Stands::default();
    // PostgreSQL takes the type of the first part's column for text.
    let text = POTS.replacen("NULL AS", "CAST(NULL AS BIGINT) AS", 1);
    for row in rows::<PotRow>(fixture, &text).await {
        let begin = row.begin_at.map(Timestamp::from_micros);
        let (token, account) = (
            tollgate_policy::id::TokenId::from_raw(row.id).unwrap(),
            tollgate_policy::id::AccountId::from_raw(row.id).unwrap(),
        );
        let pot = match (row.kind.as_str(), begin) {
            ("token", None) => Pot::Token(token),
            ("token", Some(begin)) => Pot::TokenPeriod(token, begin),
            (_, None) => Pot::Account(account),
            (_, Some(begin)) => Pot::AccountPeriod(account, begin),
        };
        let stand = Stand {
            limit: row.most,
            used: row.used,
            held: row.held,
        };
        stands.pots.insert(pot, stand);
    }
    let text = "SELECT gateway_id, pot, owner_id, begin_at, amount FROM leases";
    for row in rows::<LeaseRow>(fixture, text).await {
        let gateway = GatewayId(row.gateway_id.try_into().unwrap());
        let key = (gateway, row.pot, row.owner_id, row.begin_at);
        stands.leases.insert(key, row.amount);
    }
    stands
}

impl Stands {
    pub fn of(&self, pot: Pot) -> Stand {
        self.pots.get(&pot).copied().unwrap_or_default()
    }

    /// What used and held of a pot are.
    pub fn counts(&self, pot: Pot) -> (i64, i64) {
        let stand = self.of(pot);
        (stand.used, stand.held)
    }

    /// What is leased of a pot by one gateway, or by all.
    pub fn leased(&self, pot: Pot, gateway: Option<GatewayId>) -> i64 {
        let (kind, id, begin) = columns(pot);
        let of_pot = self.leases.iter().filter(|((by, pot, owner, at), _)| {
            (pot.as_str(), *owner, *at) == (kind, id, begin)
                && gateway.is_none_or(|gateway| gateway == *by)
        });
        of_pot.map(|(_, amount)| amount).sum()
    }

    /// Of each pot, held is the sum of its leases, and there are no others.
    pub fn assert_balanced(&self) {
        let mut leased = 0;
        for (pot, stand) in &self.pots {
            assert_eq!(stand.held, self.leased(*pot, None), "{pot:?}");
            leased += stand.held;
        }
        assert_eq!(leased, self.leases.values().sum::<i64>(), "{self:?}");
        assert!(self.leases.values().all(|amount| *amount > 0), "{self:?}");
    }
}

fn columns(pot: Pot) -> (&'static str, i64, i64) {
    match pot {
        Pot::Token(id) => ("token", id.raw(), 0),
        Pot::TokenPeriod(id, begin) => ("token_period", id.raw(), begin.as_micros()),
        Pot::Account(id) => ("account", id.raw(), 0),
        Pot::AccountPeriod(id, begin) => ("account_period", id.raw(), begin.as_micros()),
    }
}
