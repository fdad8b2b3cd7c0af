//! Random turns of three gateways, held against a plain account of what was charged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tollgate_ledger::book::{Ask, GatewayId, Pot, Turn};
use tollgate_ledger::receipt::Receipt;
use tollgate_policy::period::Period;

use super::desk::{Payers, Stands, number, pass, payers, settle, stands, turn};
use crate::contract::fixture::{Fixture, at, credits};

on_both! {
    whatever_gateways_do_the_books_balance
}

const SEEDS: u64 = 3;
const TURNS: usize = 60;

async fn whatever_gateways_do_the_books_balance(fixture: &Fixture) {
    // `SEED=n` replays one.
    let seed = std::env::var("SEED").ok().map(|text| text.parse().unwrap());
    let seeds = seed.map_or(0..SEEDS, |seed| seed..seed + 1);
    for seed in seeds {
        let mut bank = Bank::open(fixture, seed).await;
        for step in 0..TURNS {
            bank.step(fixture).await;
            bank.check(fixture, step).await;
        }
    }
}

/// A token with its rules, and its account's.
struct Client {
    who: Payers,
    token_period: Option<Period>,
    account_period: Option<Period>,
}

struct Bank {
    seed: u64,
    random: StdRng,
    /// Seconds of the test's time.
    now: i64,
    clients: Vec<Client>,
    /// What was charged to each pot.
    charged: BTreeMap<Pot, i64>,
    /// Pots of which more may be spent than their limit, for a reason.
    over: BTreeSet<Pot>,
    settled: Vec<Turn>,
}

fn period(unit: &str, zone: &str) -> Period {
    Period {
        unit: unit.parse().unwrap(),
        zone: zone.parse().unwrap(),
    }
}

impl Bank {
    async fn open(fixture: &Fixture, seed: u64) -> Self {
        let mut clients = Vec::new();
        for i in 0..5 {
            let mut who = payers(fixture).await;
            if i % 2 == 1 {
                // Every second token is of the account of the one before it.
                let before: &Client = &clients[i - 1];
                who.payer.account = before.who.payer.account;
            }
            clients.push(Client {
                who,
                token_period: (i > 1).then(|| period("hour", "Asia/Kolkata")),
                account_period: (i < 2).then(|| period("day", "Europe/Berlin")),
            });
        }
        for (i, client) in clients.iter().enumerate() {
            let (token, account) = (client.who.payer.token.raw(), client.who.payer.account.raw());
            if i != 3 {
                client.who.quota(fixture, 40_000).await;
            }
            if client.token_period.is_some() {
                let set = "period_limit = 3000, period_unit = 'hour', period_zone = 'Asia/Kolkata'";
                fixture
                    .sql(&format!("UPDATE tokens SET {set} WHERE id = {token}"))
                    .await;
            }
            let set = match client.account_period {
                Some(_) => {
                    "credited = 60000, credit_line = 500, period_limit = 9000, \
                    period_unit = 'day', period_zone = 'Europe/Berlin'"
                }
                None => "credited = 30000",
            };
            fixture
                .sql(&format!("UPDATE accounts SET {set} WHERE id = {account}"))
                .await;
        }
        Self {
            seed,
            random: StdRng::seed_from_u64(seed),
            now: 0,
            clients,
            charged: BTreeMap::new(),
            over: BTreeSet::new(),
            settled: Vec::new(),
        }
    }

    async fn step(&mut self, fixture: &Fixture) {
        let passed = match self.random.random_range(0..20) {
            0 => self.random.random_range(0..90_000),
            1..4 => self.random.random_range(0..2_000),
            _ => self.random.random_range(0..60),
        };
        self.now += passed;
        pass(fixture, passed).await;
        if self.random.random_bool(0.05) {
            self.edit(fixture).await;
        }
        let again = self.random.random_bool(0.1);
        let turn = match self.settled.len() {
            // Receipts of a turn whose outcome was not heard of.
            count if again && count > 0 => {
                let old = self.settled[self.random.random_range(0..count)].clone();
                Turn {
                    now: at(self.now),
                    ..old
                }
            }
            _ => self.turn(fixture, &stands(fixture).await),
        };
        let gateway = turn.gateway;
        self.settled.push(Turn {
            asks: Vec::new(),
            returns: Vec::new(),
            reset: false,
            ..turn.clone()
        });
        let outcome = settle(fixture, turn).await;
        let stands = stands(fixture).await;
        for lease in outcome.leases {
            let leased = stands.leased(lease.pot, Some(gateway));
            assert_eq!(
                lease.leased.as_micros(),
                leased,
                "seed {}: {lease:?}",
                self.seed
            );
        }
    }

    /// An operator sets another limit.
    async fn edit(&mut self, fixture: &Fixture) {
        let client = &self.clients[self.random.random_range(0..self.clients.len())];
        let limit = self.random.random_range(0..60_000);
        client.who.quota(fixture, limit).await;
        self.over.insert(client.who.token());
    }

    fn turn(&mut self, fixture: &Fixture, stands: &Stands) -> Turn {
        let gateway = GatewayId([self.random.random_range(1..4); 16]);
        let mut turn = turn(gateway, self.now);
        turn.reset = self.random.random_bool(0.05);
        for _ in 0..self.random.random_range(0..8) {
            let receipt = self.call(fixture, gateway, stands, &turn.receipts);
            for pot in receipt.payer.pots() {
                *self.charged.entry(pot).or_default() += receipt.cost.as_micros();
            }
            turn.receipts.push(Arc::new(receipt));
        }
        for _ in 0..self.random.random_range(0..5) {
            let client = self.random.random_range(0..self.clients.len());
            let pots: Vec<Pot> = self.payer(client).payer.pots().collect();
            let pot = pots[self.random.random_range(0..pots.len())];
            let least = self.random.random_range(0..1_500);
            let wish = least + self.random.random_range(0..3_000);
            if self.random.random_bool(0.2) {
                turn.returns.push((pot, credits(least)));
            } else {
                let (least, wish) = (credits(least), credits(wish));
                turn.asks.push(Ask { pot, least, wish });
            }
        }
        turn
    }

    fn payer(&self, client: usize) -> Payers {
        let client = &self.clients[client];
        let begin = |period: &Option<Period>| {
            period
                .as_ref()
                .map(|period| period.span(at(self.now)).begin)
        };
        let mut who = client.who;
        who.payer.token_period = begin(&client.token_period);
        who.payer.account_period = begin(&client.account_period);
        who
    }

    /// A call: mostly within what the gateway has leased of each pot.
    fn call(
        &mut self,
        fixture: &Fixture,
        gateway: GatewayId,
        stands: &Stands,
        before: &[Arc<Receipt>],
    ) -> Receipt {
        let client = self.random.random_range(0..self.clients.len());
        let who = self.payer(client);
        let left = |pot: Pot| {
            let of_pot = before
                .iter()
                .filter(|receipt| receipt.payer.pots().any(|one| one == pot));
            let spent: i64 = of_pot.map(|receipt| receipt.cost.as_micros()).sum();
            (stands.leased(pot, Some(gateway)) - spent).max(0)
        };
        let limited = |pot: &Pot| match pot {
            Pot::Token(_) => stands.of(*pot).limit.is_some(),
            _ => true,
        };
        let most = who
            .payer
            .pots()
            .filter(limited)
            .map(left)
            .min()
            .unwrap_or(0);
        let lenient = self.random.random_bool(0.03);
        let most = if lenient { 3_000 } else { most };
        let cost = self.random.random_range(0..=most);
        if lenient {
            self.over.extend(who.payer.pots());
        }
        who.receipt(fixture, cost, self.now)
    }

    async fn check(&self, fixture: &Fixture, step: usize) {
        let place = format!("seed {}, step {step}", self.seed);
        let stands = stands(fixture).await;
        stands.assert_balanced();
        for (pot, stand) in &stands.pots {
            let charged = self.charged.get(pot).copied().unwrap_or(0);
            if !self.is_mine(*pot) {
                continue;
            }
            assert_eq!(stand.used, charged, "{place}: {pot:?} {stand:?}");
            if let Some(limit) = stand.limit.filter(|_| !self.over.contains(pot)) {
                assert!(
                    stand.used + stand.held <= limit,
                    "{place}: {pot:?} {stand:?}"
                );
            }
        }
        for (owner, table) in [("token_id", "token_spend"), ("account_id", "account_spend")] {
            let wrong = format!(
                "SELECT COUNT(*) AS number FROM {table} AS t WHERE used <> COALESCE((SELECT \
                 SUM(cost - uncovered) FROM receipts AS r WHERE r.{owner} = t.{owner}), 0)"
            );
            assert_eq!(number(fixture, &wrong).await, 0, "{place}: {table}");
        }
        let difference = "SELECT CAST((SELECT COALESCE(SUM(cost), 0) FROM receipts) \
            - (SELECT COALESCE(SUM(cost), 0) FROM usage_daily) AS BIGINT) AS number";
        assert_eq!(number(fixture, difference).await, 0, "{place}");
    }

    fn is_mine(&self, pot: Pot) -> bool {
        self.clients.iter().any(|client| match pot {
            Pot::Token(id) | Pot::TokenPeriod(id, _) => client.who.payer.token == id,
            Pot::Account(id) | Pot::AccountPeriod(id, _) => client.who.payer.account == id,
        })
    }
}
