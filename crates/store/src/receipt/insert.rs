//! Receipts as rows to be inserted.

use std::borrow::Cow;
use std::collections::HashMap;

use tollgate_ledger::receipt::Receipt;
use tollgate_policy::price::Price;

use super::text;

/// A row, with the columns in the order of the table.
pub(crate) struct ReceiptWrite<'a> {
    pub(crate) request_id: [u8; 16],
    pub(crate) token_id: i64,
    pub(crate) account_id: i64,
    pub(crate) group_id: i64,
    pub(crate) endpoint: Cow<'a, str>,
    pub(crate) model: Option<Cow<'a, str>>,
    pub(crate) upstream_id: Option<i64>,
    pub(crate) served_as: Option<Cow<'a, str>>,
    pub(crate) client: String,
    pub(crate) status: Option<i64>,
    pub(crate) streamed: bool,
    pub(crate) ending: &'static str,
    pub(crate) usage: String,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) estimated: bool,
    pub(crate) price: Cow<'a, str>,
    pub(crate) multiplier_millionths: i64,
    pub(crate) cost: i64,
    pub(crate) uncovered: i64,
    pub(crate) started_at: i64,
    pub(crate) first_byte: Option<i64>,
    pub(crate) total: i64,
}

/// The price lists of a batch as texts: many calls, few lists.
#[derive(Default)]
pub(crate) struct Quotes(HashMap<Price, String>);

impl Quotes {
    /// The price lists of these receipts.
    pub(crate) fn of(batch: &[&Receipt]) -> Self {
        let mut quotes = HashMap::new();
        for receipt in batch {
            let price = receipt.quote.price;
            quotes.entry(price).or_insert_with(|| list(&price));
        }
        Self(quotes)
    }

    fn text(&self, price: &Price) -> Cow<'_, str> {
        match self.0.get(price) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(list(price)),
        }
    }
}

/// A list without a price is no text, so it stands as an empty one.
fn list(price: &Price) -> String {
    price.to_string()
}

impl<'a> ReceiptWrite<'a> {
    pub(crate) fn new(receipt: &'a Receipt, quotes: &'a Quotes) -> Self {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let micros =
            |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Self {
            request_id: receipt.request.to_bytes(),
            token_id: receipt.payer.token.raw(),
            account_id: receipt.payer.account.raw(),
            group_id: receipt.group.raw(),
            endpoint: plain(&receipt.endpoint),
            model: receipt.model.as_deref().map(plain),
            upstream_id: receipt.upstream.map(|id| id.raw()),
            served_as: receipt.served_as.as_deref().map(plain),
            client: receipt.client.to_string(),
            status: receipt.status.map(i64::from),
            streamed: receipt.streamed,
            ending: receipt.ending.name(),
            usage: text::write(&receipt.usage),
            input_tokens: count(receipt.usage.input_tokens()),
            output_tokens: count(receipt.usage.output_tokens()),
            estimated: receipt.estimated,
            price: quotes.text(&receipt.quote.price),
            multiplier_millionths: i64::from(receipt.quote.multiplier.as_millionths()),
            cost: receipt.cost.as_micros(),
            uncovered: receipt.uncovered.as_micros(),
            started_at: receipt.started.as_micros(),
            first_byte: receipt.first_byte.map(micros),
            total: micros(receipt.total),
        }
    }
}

/// A text as PostgreSQL accepts it. Names come from clients, and no receipt may stop a batch.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        return Cow::Owned(text.replace('\0', ""));
    }
    Cow::Borrowed(text)
}
