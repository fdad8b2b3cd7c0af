//! The body, read under a bound and two deadlines, and what policy needs to know of it.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::ops::Range;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tollgate_wire::answer::Fault;
use tollgate_wire::peek::peek;

use crate::settings::Settings;
use crate::stop::Stop;

/// More than this is only set aside for a body once it is there.
const INITIAL_CAPACITY: usize = 64 << 10;

/// A body that was read whole, and what it asks for.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) body: Bytes,
    pub(crate) model: String,
    pub(crate) model_span: Range<usize>,
}

/// Reads a JSON body and peeks into it.
pub(crate) async fn read(
    head: &Parts,
    body: Incoming,
    settings: &Settings,
) -> Result<Intake, Stop> {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(Stop::Malformed(
            "send the body without a content encoding".to_owned(),
        ));
    }
    let body = collect(head, body, settings).await?;
    let seen = peek(&body).map_err(|error| Stop::Malformed(error.to_string()))?;
    let (model, model_span) = (seen.model.into_owned(), seen.model_span);
    Ok(Intake {
        body,
        model,
        model_span,
    })
}

async fn collect(head: &Parts, mut body: Incoming, settings: &Settings) -> Result<Bytes, Stop> {
    let limit = settings.body_bytes;
    let too_large = || {
        Stop::from(Fault::BodyTooLarge {
            limit: limit as u64,
        })
    };
    let announced = announced_length(head);
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut deadline = Deadline::new(settings);
    let mut whole = BytesMut::new();
    while let Some(frame) = timeout_at(deadline.at(), body.frame())
        .await
        .map_err(|_| Stop::from(Fault::RequestTimeout))?
    {
        let frame = frame
            .map_err(|_| Stop::Malformed("the body ended early or cannot be read".to_owned()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if whole.len() + data.len() > limit {
            return Err(too_large());
        }
        // A body in one piece, which most are, is not copied.
        if whole.is_empty() && announced == Some(data.len() as u64) {
            return Ok(data);
        }
        if whole.is_empty() {
            whole.reserve(INITIAL_CAPACITY.min(announced.map_or(0, |length| length as usize)));
        }
        whole.extend_from_slice(&data);
        deadline.received(whole.len());
    }
    Ok(whole.freeze())
}

fn announced_length(head: &Parts) -> Option<u64> {
    head.headers
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// When the next piece of a body must be there: soon at first, then as the least rate demands.
struct Deadline {
    begun: Instant,
    grace: Duration,
    rate: u32,
    received: usize,
}

impl Deadline {
    fn new(settings: &Settings) -> Self {
        Self {
            begun: Instant::now(),
            grace: settings.body_first_byte,
            rate: settings.body_rate.max(1),
            received: 0,
        }
    }

    fn received(&mut self, bytes: usize) {
        self.received = bytes;
    }

    /// What was received buys time at the least rate, on top of the grace.
    fn at(&self) -> Instant {
        let bought = Duration::from_secs(self.received as u64) / self.rate;
        self.begun + self.grace + bought
    }
}
