//! What the journal keeps of a call: a record when it is admitted, and one when it has ended. The
//! two together are its receipt; the first one alone is a call that the gateway did not survive.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Multiplier;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::price::{Part, Price, UnitPrice};
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;

use crate::demand::Grip;
use crate::held::{Call, Done};
use crate::receipt::{Ending, MOST_NAME, Payer, Receipt, start};
use crate::request_id::RequestId;

/// Bytes of text that are taken for a token where nobody counted.
pub(crate) const BYTES_PER_TOKEN: u64 = 4;
/// The first byte of each record: which version of this file wrote it.
const VERSION: u8 = 2;
/// The version whose [`Begun::input`] is bytes of the prompt; all else is as it is now.
const VERSION_OF_BYTES: u8 = 1;

/// What is known of a call when it is admitted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Begun<'a> {
    request: [u8; 16],
    token: i64,
    account: i64,
    group: i64,
    token_period: Option<i64>,
    account_period: Option<i64>,
    endpoint: &'a str,
    model: Option<&'a str>,
    client: IpAddr,
    started: i64,
    /// Tokens of the prompt by an estimate.
    input: u64,
    /// The price list that a call costs by that does not end.
    prices: Prices,
    multiplier: u32,
    /// The most that such a call is charged: what was held, where that is a bound.
    most: Option<i64>,
}

/// What is known of a call when it has ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Ended<'a> {
    upstream: Option<i64>,
    served_as: Option<&'a str>,
    status: Option<u16>,
    streamed: bool,
    ending: u8,
    /// In the order of [`Part::ALL`], without requests.
    usage: [u64; Part::COUNT - 1],
    estimated: bool,
    prices: Prices,
    multiplier: u32,
    cost: i64,
    uncovered: i64,
    first_byte: Option<u64>,
    total: u64,
}

/// A price list; `None` where none is stated.
type Prices = [Option<u64>; Part::COUNT];

/// A record that this version did not write.
#[derive(Debug, thiserror::Error)]
#[error("a record of the journal cannot be read")]
pub(crate) struct RecordError;

fn prices(price: &Price) -> Prices {
    Part::ALL.map(|part| price.stated(part).map(UnitPrice::as_picos))
}

fn quote(prices: &Prices, multiplier: u32) -> Quote {
    let stated = Part::ALL.into_iter().zip(prices);
    let price = stated.fold(Price::EMPTY, |price, (part, picos)| match picos {
        Some(picos) => price.with(part, UnitPrice::from_picos(*picos)),
        None => price,
    });
    Quote {
        price,
        multiplier: Multiplier::from_millionths(multiplier),
    }
}

/// A record as it stands in the journal.
pub(crate) struct Record(Vec<u8>);

impl Record {
    /// Encodes a record. Encoding into memory has no way to fail that is known.
    pub(crate) fn of(record: &impl Serialize) -> Result<Self, RecordError> {
        let start = Vec::with_capacity(256);
        let bytes = postcard::to_extend(&(VERSION, record), start);
        bytes.map(Self).map_err(|_| RecordError)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RecordError> {
    match postcard::take_from_bytes(bytes) {
        Ok(((VERSION | VERSION_OF_BYTES, record), [])) => Ok(record),
        _ => Err(RecordError),
    }
}

impl<'a> Begun<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let mut begun: Self = decode(bytes)?;
        if bytes.first() == Some(&VERSION_OF_BYTES) {
            begun.input = begun.input.div_ceil(BYTES_PER_TOKEN);
        }
        Ok(begun)
    }

    pub(crate) fn new(call: &'a Call, grip: &Grip) -> Self {
        let payer = &grip.payer;
        let period = |begin: Option<Timestamp>| begin.map(Timestamp::as_micros);
        Self {
            request: call.request.to_bytes(),
            token: payer.token.raw(),
            account: payer.account.raw(),
            group: call.group.raw(),
            token_period: period(payer.token_period),
            account_period: period(payer.account_period),
            endpoint: &call.endpoint,
            model: call.model.as_deref(),
            client: call.client,
            started: call.started.as_micros(),
            input: call.input_tokens,
            prices: prices(&call.quote.price),
            multiplier: call.quote.multiplier.as_millionths(),
            most: grip.strict.then_some(grip.amount.as_micros()),
        }
    }

    /// The receipt of a call that did not survive its gateway: what came in is the estimate of its
    /// begin, what went out is estimated from the bytes of text that the journal last heard of. No more is
    /// charged than a strict hold had taken.
    pub(crate) fn killed(begun: &'a [u8], output_bytes: u64) -> Result<Receipt, RecordError> {
        let begun = Begun::read(begun)?;
        let usage = Usage {
            input: begun.input,
            output: output_bytes.div_ceil(BYTES_PER_TOKEN),
            ..Usage::NONE
        };
        let quote = quote(&begun.prices, begun.multiplier);
        let most = begun.most.unwrap_or(i64::MAX);
        let cost = quote.cost(&usage, 1).map_or(most, Credits::as_micros);
        Ok(Receipt {
            usage,
            cost: Credits::from_micros(cost),
            uncovered: Credits::from_micros(cost.saturating_sub(most).max(0)),
            ..begun.receipt()?
        })
    }

    /// The receipt of a call that ended.
    pub(crate) fn settled(begun: &'a [u8], ended: &'a [u8]) -> Result<Receipt, RecordError> {
        let begun = Begun::read(begun)?;
        let ended: Ended<'a> = decode(ended)?;
        let upstream = ended.upstream.map(UpstreamId::from_raw);
        let mut usage = Usage::NONE;
        for (part, units) in Part::ALL.into_iter().zip(ended.usage) {
            if let Some(slot) = part.slot(&mut usage) {
                *slot = units;
            }
        }
        let ending = Ending::ALL.get(usize::from(ended.ending)).copied();
        Ok(Receipt {
            upstream: upstream.map(|id| id.ok_or(RecordError)).transpose()?,
            served_as: ended.served_as.map(str::to_owned),
            status: ended.status,
            streamed: ended.streamed,
            ending: ending.ok_or(RecordError)?,
            usage,
            estimated: ended.estimated,
            quote: quote(&ended.prices, ended.multiplier),
            cost: Credits::from_micros(ended.cost),
            uncovered: Credits::from_micros(ended.uncovered),
            first_byte: ended.first_byte.map(Duration::from_micros),
            total: Duration::from_micros(ended.total),
            ..begun.receipt()?
        })
    }

    /// What is known of the receipt at the begin.
    fn receipt(&self) -> Result<Receipt, RecordError> {
        let payer = Payer {
            token: TokenId::from_raw(self.token).ok_or(RecordError)?,
            account: AccountId::from_raw(self.account).ok_or(RecordError)?,
            token_period: self.token_period.map(Timestamp::from_micros),
            account_period: self.account_period.map(Timestamp::from_micros),
        };
        Ok(Receipt {
            request: RequestId::from_bytes(self.request),
            payer,
            group: GroupId::from_raw(self.group).ok_or(RecordError)?,
            endpoint: self.endpoint.to_owned(),
            model: self.model.map(str::to_owned),
            upstream: None,
            served_as: None,
            client: self.client,
            status: None,
            streamed: false,
            ending: Ending::Killed,
            usage: Usage::NONE,
            estimated: true,
            quote: quote(&self.prices, self.multiplier),
            cost: Credits::ZERO,
            uncovered: Credits::ZERO,
            started: Timestamp::from_micros(self.started),
            first_byte: None,
            total: Duration::ZERO,
        })
    }
}

impl<'a> Ended<'a> {
    /// The second record of a call whose receipt was made from the first one alone.
    pub(crate) fn again(receipt: &'a Receipt) -> Self {
        let done = Done {
            upstream: receipt.upstream,
            served_as: receipt.served_as.as_deref(),
            status: receipt.status,
            streamed: receipt.streamed,
            ending: receipt.ending,
            usage: receipt.usage,
            requests: 1,
            estimated: receipt.estimated,
            quote: receipt.quote,
            first_byte: receipt.first_byte,
            total: receipt.total,
        };
        Self::new(&done, receipt.cost, receipt.uncovered)
    }

    pub(crate) fn new(done: &Done<'a>, cost: Credits, uncovered: Credits) -> Self {
        let mut usage = [0; Part::COUNT - 1];
        for (slot, part) in usage.iter_mut().zip(Part::ALL) {
            *slot = part.units(&done.usage);
        }
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let ending = Ending::ALL.into_iter().position(|one| one == done.ending);
        Self {
            upstream: done.upstream.map(UpstreamId::raw),
            served_as: done.served_as.map(|name| start(name, MOST_NAME)),
            status: done.status,
            streamed: done.streamed,
            ending: ending
                .and_then(|at| u8::try_from(at).ok())
                .unwrap_or(u8::MAX),
            usage,
            estimated: done.estimated,
            prices: prices(&done.quote.price),
            multiplier: done.quote.multiplier.as_millionths(),
            cost: cost.as_micros(),
            uncovered: uncovered.as_micros(),
            first_byte: done.first_byte.map(micros),
            total: micros(done.total),
        }
    }
}

#[cfg(test)]
mod tests;
