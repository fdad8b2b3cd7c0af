//! Inserting the receipts of a turn.

use std::borrow::Cow;
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::prelude::QueryableByName;
use diesel::sql_types::Binary;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tollgate_ledger::receipt::Receipt;

use super::kept::{Bind, Kept};
use crate::receipt::{Quotes, ReceiptWrite};

const INSERT: &str = "INSERT INTO receipts (request_id, token_id, account_id, group_id, endpoint, \
    model, upstream_id, served_as, client, status, streamed, ending, usage, input_tokens, \
    output_tokens, estimated, price, multiplier_millionths, cost, uncovered, started_at, \
    first_byte, total) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
    ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING RETURNING request_id";

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = Binary)]
    request_id: Vec<u8>,
}

/// Inserts the receipts that are not there, and says which they were.
pub(super) async fn insert<'a>(
    conn: &mut AsyncPgConnection,
    batch: &[&'a Receipt],
) -> QueryResult<Vec<&'a Receipt>> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let quotes = Quotes::of(batch);
    let rows = batch
        .iter()
        .map(|receipt| ReceiptWrite::new(receipt, &quotes));
    let rows: Vec<ReceiptWrite<'_>> = rows.collect();
    let inserted = Kept::new(INSERT, columns(rows)).load(conn);
    let inserted: Vec<Inserted> = inserted.await?;
    if inserted.len() == batch.len() {
        return Ok(batch.to_vec());
    }
    let inserted: HashSet<Vec<u8>> = inserted.into_iter().map(|row| row.request_id).collect();
    let fresh = |receipt: &&&Receipt| inserted.contains(receipt.request.to_bytes().as_slice());
    Ok(batch.iter().filter(fresh).copied().collect())
}

/// The rows turned into columns, in the order of the statement.
fn columns<'a>(rows: Vec<ReceiptWrite<'a>>) -> Vec<Bind<'a>> {
    macro_rules! column {
        ($column:ident) => {
            rows.iter().map(|row| row.$column).collect()
        };
    }
    let texts = |get: fn(&ReceiptWrite<'a>) -> Cow<'a, str>| rows.iter().map(get).collect();
    vec![
        Bind::Ids(column!(request_id)),
        Bind::Numbers(column!(token_id)),
        Bind::Numbers(column!(account_id)),
        Bind::Numbers(column!(group_id)),
        Bind::Texts(texts(|row| row.endpoint.clone())),
        Bind::MaybeTexts(rows.iter().map(|row| row.model.clone()).collect()),
        Bind::MaybeNumbers(column!(upstream_id)),
        Bind::MaybeTexts(rows.iter().map(|row| row.served_as.clone()).collect()),
        Bind::Texts(texts(|row| Cow::Owned(row.client.clone()))),
        Bind::MaybeNumbers(column!(status)),
        Bind::Flags(column!(streamed)),
        Bind::Texts(texts(|row| Cow::Borrowed(row.ending))),
        Bind::Texts(texts(|row| Cow::Owned(row.usage.clone()))),
        Bind::Numbers(column!(input_tokens)),
        Bind::Numbers(column!(output_tokens)),
        Bind::Flags(column!(estimated)),
        Bind::Texts(texts(|row| row.price.clone())),
        Bind::Numbers(column!(multiplier_millionths)),
        Bind::Numbers(column!(cost)),
        Bind::Numbers(column!(uncovered)),
        Bind::Numbers(column!(started_at)),
        Bind::MaybeNumbers(column!(first_byte)),
        Bind::Numbers(column!(total)),
    ]
}
