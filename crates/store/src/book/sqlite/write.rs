//! Writing what a turn has changed, row by row.

use std::sync::LazyLock;

use diesel::{QueryResult, SqliteConnection};
use tollgate_ledger::book::Turn;
use tollgate_ledger::receipt::Receipt;

use super::kept::{Bind, Statement, execute};
use super::pauses::Pauses;
use crate::alert;
use crate::book::daily;
use crate::book::pot::{Key, Owner};
use crate::book::purse::Purse;
use crate::book::sheet::{Leased, Sheet};
use crate::receipt::{Quotes, ReceiptWrite};
use crate::spend::magnitude;

/// Statements by their texts; `?` stands for their parameters.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(
            struct $name;
            impl Statement for $name {
                fn parts() -> &'static [&'static str] {
                    static PARTS: LazyLock<Vec<&str>> =
                        LazyLock::new(|| $text.split('?').collect());
                    &PARTS
                }
            }
        )*
    };
}

statements! {
    InsertReceipt = "INSERT INTO receipts (request_id, token_id, account_id, group_id, endpoint, \
        model, upstream_id, served_as, client, status, streamed, ending, usage, input_tokens, \
        output_tokens, estimated, price, multiplier_millionths, cost, uncovered, started_at, \
        first_byte, total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
        ?, ?) ON CONFLICT (request_id) DO NOTHING";
    InsertAccount = "INSERT INTO account_spend (used, held, period_begin, period_end, \
        period_used, period_held, account_id) VALUES (?, ?, ?, ?, ?, ?, ?)";
    UpdateAccount = "UPDATE account_spend SET used = ?, held = ?, period_begin = ?, \
        period_end = ?, period_used = ?, period_held = ? WHERE account_id = ?";
    InsertToken = "INSERT INTO token_spend (used, held, period_begin, period_end, period_used, \
        period_held, token_id) VALUES (?, ?, ?, ?, ?, ?, ?)";
    UpdateToken = "UPDATE token_spend SET used = ?, held = ?, period_begin = ?, period_end = ?, \
        period_used = ?, period_held = ? WHERE token_id = ?";
    RaiseToken = "UPDATE token_spend SET magnitude = ? WHERE token_id = ?";
    MarkToken = "UPDATE tokens SET used_up = ? WHERE id = ?";
    VoidLeases = "DELETE FROM leases WHERE pot = ? AND owner_id = ?";
    DeleteLease = "DELETE FROM leases \
        WHERE gateway_id = ? AND pot = ? AND owner_id = ? AND begin_at = ?";
    UpsertLease = "INSERT INTO leases (gateway_id, pot, owner_id, begin_at, amount) \
        VALUES (?, ?, ?, ?, ?) \
        ON CONFLICT (gateway_id, pot, owner_id, begin_at) DO UPDATE SET amount = excluded.amount";
    UpsertDaily = daily::UPSERT;
    UpsertTotal = daily::UPSERT_TOTAL;
}

/// Inserts the receipts that are not there, and says which they were.
pub(super) fn receipts<'a>(
    conn: &mut SqliteConnection,
    batch: &[&'a Receipt],
    pauses: Pauses,
) -> QueryResult<Vec<&'a Receipt>> {
    let quotes = Quotes::of(batch);
    let mut fresh = Vec::with_capacity(batch.len());
    for receipt in pauses.between(batch) {
        if self::receipt(conn, &ReceiptWrite::new(receipt, &quotes))? > 0 {
            fresh.push(*receipt);
        }
    }
    Ok(fresh)
}

fn receipt(conn: &mut SqliteConnection, row: &ReceiptWrite<'_>) -> QueryResult<usize> {
    let binds = [
        Bind::Blob(&row.request_id),
        Bind::Number(row.token_id),
        Bind::Number(row.account_id),
        Bind::Number(row.group_id),
        Bind::Text(&row.endpoint),
        Bind::MaybeText(row.model.as_deref()),
        Bind::MaybeNumber(row.upstream_id),
        Bind::MaybeText(row.served_as.as_deref()),
        Bind::Text(&row.client),
        Bind::MaybeNumber(row.status),
        Bind::Flag(row.streamed),
        Bind::Text(row.ending),
        Bind::Text(&row.usage),
        Bind::Number(row.input_tokens),
        Bind::Number(row.output_tokens),
        Bind::Flag(row.estimated),
        Bind::Text(&row.price),
        Bind::Number(row.multiplier_millionths),
        Bind::Number(row.cost),
        Bind::Number(row.uncovered),
        Bind::Number(row.started_at),
        Bind::MaybeNumber(row.first_byte),
        Bind::Number(row.total),
    ];
    execute::<InsertReceipt, _>(conn, binds)
}

/// Writes balances, leases and alerts.
pub(super) fn all(
    conn: &mut SqliteConnection,
    turn: &Turn,
    sheet: &Sheet,
    pauses: Pauses,
) -> QueryResult<()> {
    let changed = sheet.purses.iter().filter(|(_, purse)| purse.changed);
    for (owner, purse) in pauses.between(changed) {
        match *owner {
            Owner::Account(id) => account(conn, id, purse)?,
            Owner::Token(id) => token(conn, id, purse)?,
        }
    }
    for owner in &sheet.begun {
        let (pot, id) = owner.periodic();
        execute::<VoidLeases, _>(conn, [Bind::Text(pot), Bind::Number(id)])?;
    }
    for (key, leased) in pauses.between(&sheet.leases) {
        if leased.now != leased.stored {
            lease(conn, turn, *key, *leased)?;
        }
    }
    for alert in &sheet.alerts {
        alert::insert_sqlite(conn, alert, turn.now)?;
    }
    Ok(())
}

fn account(conn: &mut SqliteConnection, id: i64, purse: &Purse) -> QueryResult<()> {
    match purse.stored {
        Some(_) => execute::<UpdateAccount, _>(conn, spent(id, purse))?,
        None => execute::<InsertAccount, _>(conn, spent(id, purse))?,
    };
    Ok(())
}

/// What has an index is only written where it changes, for which SQLite does not look.
fn token(conn: &mut SqliteConnection, id: i64, purse: &Purse) -> QueryResult<()> {
    match purse.stored {
        Some(_) => execute::<UpdateToken, _>(conn, spent(id, purse))?,
        None => execute::<InsertToken, _>(conn, spent(id, purse))?,
    };
    let reached = magnitude(purse.lifetime.used);
    if reached != magnitude(purse.stored.unwrap_or(0)) {
        execute::<RaiseToken, _>(conn, [Bind::Number(reached), Bind::Number(id)])?;
    }
    let used_up = purse.used_up();
    if used_up != purse.marked {
        execute::<MarkToken, _>(conn, [Bind::Flag(used_up), Bind::Number(id)])?;
    }
    Ok(())
}

fn spent(id: i64, purse: &Purse) -> [Bind<'static>; 7] {
    [
        Bind::Number(purse.lifetime.used),
        Bind::Number(purse.lifetime.held),
        Bind::MaybeNumber(purse.begin),
        Bind::MaybeNumber(purse.end),
        Bind::Number(purse.periodic.used),
        Bind::Number(purse.periodic.held),
        Bind::Number(id),
    ]
}

fn lease(conn: &mut SqliteConnection, turn: &Turn, key: Key, leased: Leased) -> QueryResult<()> {
    let columns = key.columns();
    let gateway = Bind::Blob(&turn.gateway.0);
    let pot = Bind::Text(columns.pot);
    let owner = Bind::Number(columns.owner_id);
    let begin = Bind::Number(columns.begin_at);
    if leased.now == 0 {
        execute::<DeleteLease, _>(conn, [gateway, pot, owner, begin])?;
    } else {
        let amount = Bind::Number(leased.now);
        execute::<UpsertLease, _>(conn, [gateway, pot, owner, begin, amount])?;
    }
    Ok(())
}

/// Adds the new receipts to the sums of their days, and to those of all tokens.
pub(super) fn daily(
    conn: &mut SqliteConnection,
    sheet: &Sheet,
    fresh: &[&Receipt],
    pauses: Pauses,
) -> QueryResult<()> {
    let sums = daily::sums(fresh);
    for (key, sums) in pauses.between(&sums) {
        let row = sheet.purses.get(&Owner::Token(key.token));
        let creator = row.map_or("", |purse| purse.creator.as_str());
        let [a, b, c, d, e] =
            [key.day, key.token, key.upstream, key.group, key.account].map(Bind::Number);
        let [f, g, h, i, j, k, l, m] = sums.map(Bind::Number);
        let (model, creator) = (Bind::Text(key.model), Bind::Text(creator));
        let binds = [a, b, c, d, e, f, g, h, i, j, k, l, m, model, creator];
        execute::<UpsertDaily, _>(conn, binds)?;
    }
    for (key, sums) in daily::totals(&sums) {
        let [a, b, c, d] = [key.day, key.upstream, key.group, key.account].map(Bind::Number);
        let [e, f, g, h, i, j, k, l] = sums.map(Bind::Number);
        let binds = [a, b, c, d, e, f, g, h, i, j, k, l, Bind::Text(key.model)];
        execute::<UpsertTotal, _>(conn, binds)?;
    }
    Ok(())
}
