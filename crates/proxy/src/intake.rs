//! The body, read whole under its bound, and what policy needs to know of it.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::answer::Fault;
use tollgate_wire::form::{FormError, FormFields, FormReader};
use tollgate_wire::peek::{Peek, peek_for};
use tollgate_wire::route::ModelRoute;

use crate::bounded::BoundedBody;
use crate::settings::Settings;
use crate::stop::Stop;

/// More than this is only set aside for a body once it is there.
const INITIAL_CAPACITY: u64 = 64 << 10;

/// A body that was read whole, and what it asks for.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) body: Bytes,
    pub(crate) peek: Peek<'static>,
}

impl Intake {
    /// Refuses what cannot be charged: an answer that is made after the call has ended.
    pub(crate) fn check(&self, endpoint: Endpoint) -> Result<(), Stop> {
        if endpoint == Endpoint::Responses && self.peek.kept.background {
            return Err(Stop::Malformed(
                "`background` is not supported: ask for the answer itself, or for a stream"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

/// Reads a JSON body and peeks into it, as the route has it.
pub(crate) async fn read(
    route: &ModelRoute<'_>,
    head: &Parts,
    body: Incoming,
    settings: &Settings,
) -> Result<Intake, Stop> {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(Stop::Malformed(
            "send the body without a content encoding".to_owned(),
        ));
    }
    let most = settings.most_bytes(route.endpoint);
    let body = collect(head, body, most, settings, |_| Ok(())).await?;
    let seen = peek_for(route, &body).map_err(|error| Stop::Malformed(error.to_string()))?;
    let peek = seen.into_owned();
    Ok(Intake { body, peek })
}

/// A form that was read whole, and what it asks for.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) body: Bytes,
    pub(crate) fields: FormFields,
}

/// Reads a form, looking on while it comes, so that one that is none is not read to its end.
pub(crate) async fn read_form(
    route: &ModelRoute<'_>,
    head: &Parts,
    body: Incoming,
    settings: &Settings,
) -> Result<Form, Stop> {
    let kind = head.headers.get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], |value| value.as_bytes());
    let mut reader = FormReader::new(kind).map_err(malformed)?;
    let most = settings.most_bytes(route.endpoint);
    let look = |piece: &[u8]| reader.push(piece).map_err(malformed);
    let body = collect(head, body, most, settings, look).await?;
    let fields = reader.finish().map_err(malformed)?;
    Ok(Form { body, fields })
}

fn malformed(error: FormError) -> Stop {
    Stop::Malformed(error.to_string())
}

/// Refuses a body that announces more than is allowed, before any of it is read.
pub(crate) fn check_announced(head: &Parts, most: usize) -> Result<Option<u64>, Stop> {
    let limit = most as u64;
    let announced = head.headers.get(CONTENT_LENGTH);
    let announced: Option<u64> = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    match announced {
        Some(length) if length > limit => Err(Fault::BodyTooLarge { limit }.into()),
        other => Ok(other),
    }
}

async fn collect(
    head: &Parts,
    body: Incoming,
    most: usize,
    settings: &Settings,
    mut look: impl FnMut(&[u8]) -> Result<(), Stop>,
) -> Result<Bytes, Stop> {
    let announced = check_announced(head, most)?;
    let mut body = BoundedBody::new(body, most, settings);
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| error.stop())?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        look(&data)?;
        // A body in one piece, which most are, is not copied.
        if whole.is_empty() && announced == Some(data.len() as u64) {
            return Ok(data);
        }
        if whole.is_empty() {
            let capacity = announced.unwrap_or(0).min(INITIAL_CAPACITY);
            whole.reserve(usize::try_from(capacity).unwrap_or(0));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}
