//! Writing what a turn has changed.

use std::borrow::Cow;
use std::sync::LazyLock;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tollgate_ledger::book::Turn;
use tollgate_ledger::receipt::Receipt;

use super::kept::{Bind, Kept};
use crate::alert;
use crate::book::daily;
use crate::book::pot::{Key, Owner};
use crate::book::purse::Purse;
use crate::book::sheet::Sheet;
use crate::spend::magnitude;

/// The rows are locked, so what was read of them still holds.
const ACCOUNTS: &str = "UPDATE account_spend AS s SET used = u.used, held = u.held, \
    period_begin = u.period_begin, period_end = u.period_end, period_used = u.period_used, \
    period_held = u.period_held \
    FROM unnest(?, ?, ?, ?, ?, ?, ?) AS u (id, used, held, period_begin, period_end, period_used, \
    period_held) WHERE s.account_id = u.id";
/// A magnitude that stays as it is costs no write of its index.
const TOKENS: &str = "UPDATE token_spend AS s SET used = u.used, held = u.held, \
    period_begin = u.period_begin, period_end = u.period_end, period_used = u.period_used, \
    period_held = u.period_held, magnitude = u.magnitude \
    FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS u (id, used, held, period_begin, period_end, \
    period_used, period_held, magnitude) WHERE s.token_id = u.id";
/// In the order in which uses are noted.
const LOCK_TOKENS: &str = "SELECT FROM tokens WHERE id = ANY(?) ORDER BY id FOR NO KEY UPDATE";
const MARK_TOKENS: &str = "UPDATE tokens AS t SET used_up = u.used_up \
    FROM unnest(?, ?) AS u (id, used_up) WHERE t.id = u.id";
const GATEWAYS: &str = "DELETE FROM gateways WHERE id = ANY(?)";
const VOID: &str = "DELETE FROM leases AS l USING unnest(?, ?) AS v (pot, owner_id) \
    WHERE l.pot = v.pot AND l.owner_id = v.owner_id";
const LEASE: &str = "INSERT INTO leases (gateway_id, pot, owner_id, begin_at, amount) \
    SELECT ?, u.* FROM unnest(?, ?, ?, ?) AS u \
    ON CONFLICT (gateway_id, pot, owner_id, begin_at) DO UPDATE SET amount = excluded.amount";
const GIVE_BACK: &str = "DELETE FROM leases AS l \
    USING unnest(?, ?, ?) AS k (pot, owner_id, begin_at) \
    WHERE l.gateway_id = ? AND l.pot = k.pot AND l.owner_id = k.owner_id AND l.begin_at = k.begin_at";

/// Pots as three arrays.
pub(super) struct Pots {
    pots: Vec<&'static str>,
    owners: Vec<i64>,
    begins: Vec<i64>,
}

impl Pots {
    pub(super) fn new<'a>(keys: impl Iterator<Item = &'a Key>) -> Self {
        let (mut pots, mut owners, mut begins) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            let columns = key.columns();
            pots.push(columns.pot);
            owners.push(columns.owner_id);
            begins.push(columns.begin_at);
        }
        Self {
            pots,
            owners,
            begins,
        }
    }

    pub(super) fn binds(self) -> Vec<Bind<'static>> {
        let pots = self.pots.into_iter().map(Cow::Borrowed).collect();
        vec![
            Bind::Texts(pots),
            Bind::Numbers(self.owners),
            Bind::Numbers(self.begins),
        ]
    }
}

/// Writes balances, leases and alerts, and removes the gateways that are `gone`.
pub(super) async fn all(
    conn: &mut AsyncPgConnection,
    turn: &Turn,
    sheet: &Sheet,
    gone: &[Vec<u8>],
) -> QueryResult<()> {
    if !gone.is_empty() {
        // Their leases go with them.
        let delete = Kept::new(GATEWAYS, vec![Bind::Blobs(gone)]);
        delete.execute(conn).await?;
    }
    let changed = sheet.purses.iter().filter(|(_, purse)| purse.changed);
    let (of_accounts, of_tokens): (Vec<Row<'_>>, Vec<Row<'_>>) =
        changed.partition(|(owner, _)| matches!(owner, Owner::Account(_)));
    if !of_accounts.is_empty() {
        let update = Kept::new(ACCOUNTS, counts(&of_accounts));
        update.execute(conn).await?;
    }
    if !of_tokens.is_empty() {
        let mut binds = counts(&of_tokens);
        let magnitudes = of_tokens
            .iter()
            .map(|(_, one)| magnitude(one.lifetime.used));
        binds.push(Bind::Numbers(magnitudes.collect()));
        Kept::new(TOKENS, binds).execute(conn).await?;
    }
    mark(conn, &of_tokens).await?;
    leases(conn, turn, sheet).await?;
    for alert in &sheet.alerts {
        alert::insert_postgres(conn, alert, turn.now).await?;
    }
    Ok(())
}

/// A token or an account, with its purse.
type Row<'a> = (&'a Owner, &'a Purse);

/// The ids and the counts, in the order of the statements.
fn counts(rows: &[Row<'_>]) -> Vec<Bind<'static>> {
    let numbers =
        |get: fn(&Purse) -> i64| Bind::Numbers(rows.iter().map(|(_, purse)| get(purse)).collect());
    let moments = |get: fn(&Purse) -> Option<i64>| {
        Bind::MaybeNumbers(rows.iter().map(|(_, purse)| get(purse)).collect())
    };
    vec![
        Bind::Numbers(rows.iter().map(|(owner, _)| owner.id()).collect()),
        numbers(|purse| purse.lifetime.used),
        numbers(|purse| purse.lifetime.held),
        moments(|purse| purse.begin),
        moments(|purse| purse.end),
        numbers(|purse| purse.periodic.used),
        numbers(|purse| purse.periodic.held),
    ]
}

/// Notes which tokens have used up a limit now, or no longer: most turns find none.
async fn mark(conn: &mut AsyncPgConnection, rows: &[Row<'_>]) -> QueryResult<()> {
    let marked = rows.iter().map(|(owner, purse)| (owner.id(), purse));
    let marked = marked.filter(|(_, purse)| purse.used_up() != purse.marked);
    let (ids, flags): (Vec<i64>, Vec<bool>) =
        marked.map(|(id, purse)| (id, purse.used_up())).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let lock = Kept::new(LOCK_TOKENS, vec![Bind::Numbers(ids.clone())]);
    lock.execute(conn).await?;
    let binds = vec![Bind::Numbers(ids), Bind::Flags(flags)];
    Kept::new(MARK_TOKENS, binds).execute(conn).await?;
    Ok(())
}

async fn leases(conn: &mut AsyncPgConnection, turn: &Turn, sheet: &Sheet) -> QueryResult<()> {
    let gateway = turn.gateway.0.as_slice();
    if !sheet.begun.is_empty() {
        let void = sheet.begun.iter().map(|owner| owner.periodic());
        let (pots, owners): (Vec<_>, Vec<_>) = void.unzip();
        let pots = pots.into_iter().map(Cow::Borrowed).collect();
        let binds = vec![Bind::Texts(pots), Bind::Numbers(owners)];
        Kept::new(VOID, binds).execute(conn).await?;
    }
    let changed = sheet.leases.iter();
    let changed = changed.filter(|(_, leased)| leased.now != leased.stored);
    let (kept, ended): (Vec<_>, Vec<_>) = changed.partition(|(_, leased)| leased.now > 0);
    if !ended.is_empty() {
        let mut binds = Pots::new(ended.iter().map(|(key, _)| *key)).binds();
        binds.push(Bind::Blob(gateway));
        Kept::new(GIVE_BACK, binds).execute(conn).await?;
    }
    if !kept.is_empty() {
        let mut binds = vec![Bind::Blob(gateway)];
        binds.extend(Pots::new(kept.iter().map(|(key, _)| *key)).binds());
        binds.push(Bind::Numbers(
            kept.iter().map(|(_, leased)| leased.now).collect(),
        ));
        Kept::new(LEASE, binds).execute(conn).await?;
    }
    Ok(())
}

static DAILY: LazyLock<String> =
    LazyLock::new(|| upsert(daily::INSERT, 7 + daily::MEASURES, daily::ADD));
static TOTALS: LazyLock<String> =
    LazyLock::new(|| upsert(daily::INSERT_TOTAL, 5 + daily::MEASURES, daily::ADD_TOTAL));

fn upsert(insert: &str, columns: usize, add: &str) -> String {
    let places = vec!["?"; columns].join(", ");
    format!("{insert}SELECT * FROM unnest({places}){add}")
}

/// Adds the new receipts to the sums of their days, and to those of all tokens.
pub(super) async fn daily(
    conn: &mut AsyncPgConnection,
    sheet: &Sheet,
    fresh: &[&Receipt],
) -> QueryResult<()> {
    let sums = daily::sums(fresh);
    if sums.is_empty() {
        return Ok(());
    }
    let creators = sums.keys().map(|key| {
        let token = sheet.purses.get(&Owner::Token(key.token));
        Cow::Borrowed(token.map_or("", |purse| purse.creator.as_str()))
    });
    let mut binds = vec![
        Bind::Numbers(sums.keys().map(|key| key.day).collect()),
        Bind::Numbers(sums.keys().map(|key| key.token).collect()),
        Bind::Numbers(sums.keys().map(|key| key.upstream).collect()),
        Bind::Numbers(sums.keys().map(|key| key.group).collect()),
        Bind::Numbers(sums.keys().map(|key| key.account).collect()),
    ];
    binds.extend(measures(sums.values()));
    let models = sums.keys().map(|key| Cow::Borrowed(key.model));
    binds.push(Bind::Texts(models.collect()));
    binds.push(Bind::Texts(creators.collect()));
    Kept::new(&DAILY, binds).execute(conn).await?;
    let totals = daily::totals(&sums);
    let mut binds = vec![
        Bind::Numbers(totals.keys().map(|key| key.day).collect()),
        Bind::Numbers(totals.keys().map(|key| key.upstream).collect()),
        Bind::Numbers(totals.keys().map(|key| key.group).collect()),
        Bind::Numbers(totals.keys().map(|key| key.account).collect()),
    ];
    binds.extend(measures(totals.values()));
    let models = totals.keys().map(|key| Cow::Borrowed(key.model));
    binds.push(Bind::Texts(models.collect()));
    Kept::new(&TOTALS, binds).execute(conn).await?;
    Ok(())
}

/// Measures turned into columns.
fn measures<'a, 'b>(
    sums: impl Iterator<Item = &'a daily::Measures> + Clone,
) -> [Bind<'b>; daily::MEASURES] {
    std::array::from_fn(|i| {
        let column = sums.clone().map(|sum| sum.get(i).copied().unwrap_or(0));
        Bind::Numbers(column.collect())
    })
}
