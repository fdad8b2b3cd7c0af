//! Keeping a report: one transaction.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, sql_query};
use diesel_async::RunQueryDsl;
use tollgate_policy::time::Timestamp;
use tollgate_upkeep::refusals::{Occasion, RefusedCall};
use tollgate_upkeep::report::{About, Report};

use super::first_byte::LONGER;
use super::refusal::RefusalRow;
use super::{NOBODY, hour};
use crate::backend::{Conn, on_backend};
use crate::columns::text;
use crate::error::StoreError;
use crate::schema::{gateway_reports, refusals};

/// Refused calls of a token that are kept as they were.
const OF_A_TOKEN: i64 = 50;

const ABOUT: &str = "INSERT INTO gateway_reports \
    (gateway_id, host, address, version, started_at, revision, open_calls, seen_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (gateway_id) DO UPDATE SET \
    host = excluded.host, address = excluded.address, version = excluded.version, \
    started_at = excluded.started_at, revision = excluded.revision, \
    open_calls = excluded.open_calls, seen_at = excluded.seen_at";
const COUNT: &str = "INSERT INTO refusals_hourly (hour, account_id, code, calls) \
    VALUES ($1, $2, $3, $4) ON CONFLICT (hour, account_id, code) DO UPDATE SET \
    calls = refusals_hourly.calls + excluded.calls";
const FIRST_BYTES: &str = "INSERT INTO first_bytes_hourly (hour, within, calls) \
    VALUES ($1, $2, $3) ON CONFLICT (hour, within) DO UPDATE SET \
    calls = first_bytes_hourly.calls + excluded.calls";

pub(super) async fn report(
    conn: &mut Conn,
    report: Report,
    at: Timestamp,
) -> Result<(), StoreError> {
    about(conn, report.gateway, report.about, at).await?;
    // In the order of the keys, so that two gateways do not wait for each other.
    for (occasion, calls) in report.refused.counts {
        count(conn, occasion, calls).await?;
    }
    let tokens: BTreeSet<i64> = report
        .refused
        .calls
        .iter()
        .map(|call| call.caller.token.raw())
        .collect();
    for call in report.refused.calls {
        keep(conn, call).await?;
    }
    for token in tokens {
        let_go(conn, token).await?;
    }
    for (within, calls) in report.first_bytes {
        let within = within.map_or(LONGER, number);
        on_backend!(conn, c => sql_query(FIRST_BYTES)
            .bind::<BigInt, _>(hour(at))
            .bind::<BigInt, _>(within)
            .bind::<BigInt, _>(number(calls))
            .execute(c)
            .await)?;
    }
    Ok(())
}

pub(super) async fn leave(conn: &mut Conn, gateway: Vec<u8>) -> Result<(), StoreError> {
    let row = gateway_reports::table.filter(gateway_reports::gateway_id.eq(gateway));
    on_backend!(conn, c => diesel::delete(row).execute(c).await)?;
    Ok(())
}

async fn about(
    conn: &mut Conn,
    gateway: Vec<u8>,
    about: About,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_backend!(conn, c => sql_query(ABOUT)
        .bind::<Binary, _>(gateway)
        .bind::<Text, _>(text(about.host))
        .bind::<Text, _>(about.address)
        .bind::<Text, _>(about.version)
        .bind::<BigInt, _>(about.started.as_micros())
        .bind::<BigInt, _>(number(about.revision))
        .bind::<BigInt, _>(number(about.open_calls))
        .bind::<BigInt, _>(at.as_micros())
        .execute(c)
        .await)?;
    Ok(())
}

async fn count(conn: &mut Conn, occasion: Occasion, calls: u64) -> Result<(), StoreError> {
    let account = occasion.account.map_or(NOBODY, |account| account.raw());
    on_backend!(conn, c => sql_query(COUNT)
        .bind::<BigInt, _>(occasion.hour)
        .bind::<BigInt, _>(account)
        .bind::<Text, _>(occasion.code)
        .bind::<BigInt, _>(number(calls))
        .execute(c)
        .await)?;
    Ok(())
}

async fn keep(conn: &mut Conn, call: RefusedCall) -> Result<(), StoreError> {
    let row = RefusalRow {
        request_id: call.request.to_vec(),
        token_id: call.caller.token.raw(),
        account_id: call.caller.account.raw(),
        at: call.at.as_micros(),
        code: call.code.to_owned(),
        reasons: text(call.reasons),
        endpoint: call.endpoint.map(text),
        model: call.model.map(text),
        client: call.client.to_string(),
    };
    on_backend!(conn, c => diesel::insert_into(refusals::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c)
        .await)?;
    Ok(())
}

/// Lets go of all but the last of a token.
async fn let_go(conn: &mut Conn, token: i64) -> Result<(), StoreError> {
    let last: Option<Vec<u8>> = on_backend!(conn, c => refusals::table
        .filter(refusals::token_id.eq(token))
        .order(refusals::request_id.desc())
        .select(refusals::request_id)
        .offset(OF_A_TOKEN)
        .first(c)
        .await
        .optional())?;
    let Some(last) = last else { return Ok(()) };
    let old = refusals::table
        .filter(refusals::token_id.eq(token))
        .filter(refusals::request_id.le(last));
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
