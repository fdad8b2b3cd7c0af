//! The body, read whole under its bound, and what policy needs to know of it.

use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http_body_util::BodyExt;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::answer::Fault;
use tollgate_wire::body::{BodyReader, SplitBody};
use tollgate_wire::form::{FormError, FormFields, FormReader};
use tollgate_wire::peek::{Peek, PeekError, peek_for};
use tollgate_wire::route::ModelRoute;

use crate::arriving::Arriving;
use crate::bounded::BoundedBody;
use crate::buffers::Buffers;
use crate::room::{Place, Rooms};
use crate::settings::Settings;
use crate::spool::{Spooled, Spooling};
use crate::stop::Stop;

/// More than this is only set aside for a body once it is there. Until then it is only addresses:
/// the kernel gives memory as the bytes come.
const MOST_RESERVED: u64 = 4 << 20;

/// What is set aside for a body that does not say how long it is.
const RESERVED: u64 = 64 << 10;

/// A body that was read whole, and what it asks for.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) body: SplitBody,
    pub(crate) peek: Peek<'static>,
    /// The room that the body takes.
    _place: Place,
}

impl Intake {
    /// Refuses what cannot be charged: an answer that is made after the call has ended, or one of a
    /// model that nobody judged.
    pub(crate) fn check(&self, endpoint: Endpoint) -> Result<(), Stop> {
        if self.peek.features.advised {
            return Err(Stop::Malformed(
                "tools of a type `advisor_…` are not supported: they ask another model".to_owned(),
            ));
        }
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
    body: &mut Arriving,
    settings: &Settings,
    buffers: &Arc<Buffers>,
    rooms: &Rooms,
) -> Result<Intake, Stop> {
    check_encoding(head)?;
    let most = settings.most_bytes(route.endpoint);
    let announced = check_announced(head, most)?;
    let body = BoundedBody::new(std::mem::take(body), most, settings);
    let mut place = rooms.memory.enter(settings.buffered_bytes)?;
    let reading = Reading {
        route,
        announced,
        settings,
        buffers,
        place: &mut place,
    };
    let (body, peek) = reading.read(body).await?;
    Ok(Intake {
        body,
        peek,
        _place: place,
    })
}

/// How a JSON body is read.
struct Reading<'a> {
    route: &'a ModelRoute<'a>,
    /// How long it says to be, in bytes.
    announced: Option<u64>,
    settings: &'a Settings,
    buffers: &'a Arc<Buffers>,
    place: &'a mut Place,
}

impl Reading<'_> {
    async fn read(self, mut body: BoundedBody) -> Result<(SplitBody, Peek<'static>), Stop> {
        let (mut reader, mut problem) = (None, None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| error.stop())?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.place.grow(data.len(), self.settings.buffered_bytes)?;
            // A body in one piece, which most are, is not copied.
            if reader.is_none() && self.announced == Some(data.len() as u64) {
                let peek = peek_for(self.route, &data).map_err(unreadable)?;
                let peek = peek.into_owned();
                return Ok((data.into(), peek));
            }
            let reader = reader.get_or_insert_with(|| BodyReader::new(self.buffer()));
            if problem.is_none() {
                // The rest is read all the same: then the connection can go on.
                problem = reader.push(data).err();
            }
        }
        if let Some(problem) = problem {
            return Err(unreadable(problem));
        }
        let reader = reader.unwrap_or_else(|| BodyReader::new(Vec::new()));
        let mut outline = reader.finish().map_err(unreadable)?;
        let peek = outline.peek_for(self.route).map_err(unreadable)?;
        let body = outline.into_body(|buffer| self.buffers.lend(buffer));
        Ok((body, peek))
    }

    /// Where the text of a body is put that does not come in one piece.
    fn buffer(&self) -> Vec<u8> {
        let bytes = self.announced.unwrap_or(RESERVED).min(MOST_RESERVED);
        let bytes = usize::try_from(bytes).unwrap_or_default();
        let mut buffer = self.buffers.take(bytes);
        buffer.reserve_exact(bytes);
        buffer
    }
}

fn unreadable(error: PeekError) -> Stop {
    Stop::Malformed(error.to_string())
}

/// A form that was read whole, and what it asks for.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) body: Spooled,
    pub(crate) fields: FormFields,
}

/// Reads a form, looking on while it comes, so that one that is none is not read to its end.
pub(crate) async fn read_form(
    route: &ModelRoute<'_>,
    head: &Parts,
    body: &mut Arriving,
    settings: &Settings,
    rooms: &Rooms,
) -> Result<Form, Stop> {
    check_encoding(head)?;
    let kind = head.headers.get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], |value| value.as_bytes());
    let mut reader = FormReader::new(kind).map_err(|error| match route.endpoint {
        Endpoint::ImageEdits => Stop::Malformed(format!("{error}, or `application/json`")),
        _ => malformed(error),
    })?;
    let most = settings.most_bytes(route.endpoint);
    check_announced(head, most)?;
    let mut spooling = Spooling::new(rooms, settings)?;
    let mut body = BoundedBody::new(std::mem::take(body), most, settings);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| error.stop())?.into_data() {
            reader.push(&data).map_err(malformed)?;
            spooling.push(&data).await?;
        }
    }
    let body = spooling.finish().await?;
    let fields = reader.finish().map_err(malformed)?;
    Ok(Form { body, fields })
}

fn malformed(error: FormError) -> Stop {
    Stop::Malformed(error.to_string())
}

/// Refuses a body that the upstream would decode before it reads it, and that is read here as it came.
fn check_encoding(head: &Parts) -> Result<(), Stop> {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(Stop::Malformed(
            "send the body without a content encoding".to_owned(),
        ));
    }
    Ok(())
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
