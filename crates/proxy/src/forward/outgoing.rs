//! What is sent on, and how it is written for an upstream.

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request, Uri};
use http_body::Body;
use tollgate_policy::cap::CapField;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::plan::Attempt;
use tollgate_rights::source::Access;
use tollgate_wire::Edits;
use tollgate_wire::body::SplitBody;
use tollgate_wire::default_cap_field;
use tollgate_wire::peek::IncludeUsage;
use tollgate_wire::route::ModelRoute;

use super::form::FormCall;
use crate::bounded::BoundedBody;
use crate::call::Call;
use crate::intake::Intake;
use crate::realtime::handshake;
use crate::request_body::RequestBody;
use crate::rewrite;
use crate::upstream::UpstreamError;

/// What is sent on.
pub(crate) enum Outgoing<'a> {
    /// A body that was read, and can be sent to another upstream as well.
    Read(Box<ModelCall<'a>>),
    /// A form that was read, and can be sent to another upstream as well.
    Form(Box<FormCall<'a>>),
    /// A body that passes through, to a path of the upstream's own.
    Through(Through<'a>),
    /// The wish to speak a WebSocket to a model.
    Upgrade(Upgrade<'a>),
}

/// The head of a realtime session, which has no body.
pub(crate) struct Upgrade<'a> {
    pub(crate) route: &'a ModelRoute<'a>,
    pub(crate) model: &'a str,
}

/// A call of a model, whose body can be edited for the upstream.
pub(crate) struct ModelCall<'a> {
    pub(crate) route: &'a ModelRoute<'a>,
    pub(crate) intake: Intake,
}

/// A request to a mounted API, or for what a vendor keeps.
pub(crate) struct Through<'a> {
    path: &'a str,
    /// Whether the path is one of the vendor's own, and not that of a mount.
    of_vendor: bool,
    /// None once it was sent.
    body: Option<BoundedBody>,
    is_empty: bool,
}

/// A request's target and body at an upstream.
pub(super) struct Written {
    pub(super) uri: Option<Uri>,
    pub(super) body: RequestBody,
    /// Where the body was read whole.
    pub(super) length: Option<usize>,
}

impl Outgoing<'_> {
    /// Whether it can be sent once more.
    pub(crate) fn can_be_repeated(&self) -> bool {
        match self {
            Self::Read(_) | Self::Form(_) | Self::Upgrade(_) => true,
            Self::Through(through) => through.is_empty,
        }
    }

    /// Whether it goes to a mounted API.
    pub(crate) fn is_of_mount(&self) -> bool {
        matches!(self, Self::Through(through) if !through.of_vendor)
    }

    /// Whether the usage of a stream has to be asked for, because the client does not.
    pub(crate) fn asks_for_usage(&self) -> bool {
        match self {
            Self::Read(model) => model.asks_for_usage(),
            Self::Form(_) | Self::Through(_) | Self::Upgrade(_) => false,
        }
    }

    /// The request of an attempt.
    pub(crate) fn request(
        &mut self,
        attempt: &Attempt<'_>,
        access: &Access,
        head: &Parts,
        call: &Call,
    ) -> Result<Request<RequestBody>, UpstreamError> {
        let secret = access.secret(attempt.credential);
        let secret = secret.map_err(|_| UpstreamError::CredentialForm)?;
        let Written { uri, body, length } = match self {
            Self::Read(model) => model.write(attempt, access, head, call),
            Self::Form(form) => form.write(attempt, access, head)?,
            Self::Through(through) => through.write(access, head)?,
            Self::Upgrade(upgrade) => upgrade.write(attempt, access, head),
        };
        let mut request = Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = uri.ok_or(UpstreamError::Address(None))?;
        let headers = request.headers_mut();
        *headers = rewrite::request_headers(&head.headers, access.carrier, secret, length)
            .ok_or(UpstreamError::CredentialForm)?;
        if let Self::Read(_) = self {
            // It was judged as JSON. Said to be a form, or in another charset, it would be read as
            // something else by some upstreams.
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        rewrite::extra_headers(headers, &access.headers);
        if let Self::Upgrade(_) = self {
            handshake::ask(headers);
        }
        Ok(request)
    }
}

impl ModelCall<'_> {
    fn write(&self, attempt: &Attempt<'_>, access: &Access, head: &Parts, call: &Call) -> Written {
        let name = match attempt.sent_as {
            Some(name) => name.as_str(),
            None => &self.intake.peek.model,
        };
        let path = self.route.upstream_path(name);
        let query = self.route.upstream_query(head.uri.query(), name);
        let body = self.body_for(attempt, access, call);
        Written {
            uri: rewrite::model_target(&access.base_url, &path, query.as_deref(), &head.uri),
            length: Some(body.len()),
            body: RequestBody::whole(body.into_pieces()),
        }
    }

    /// The client's text, but for what policy and the upstream need: the model's name there, the cap
    /// that keeps the output within what is held, in a field that is read there, the usage of a
    /// stream, and further members.
    fn body_for(&self, attempt: &Attempt<'_>, access: &Access, call: &Call) -> SplitBody {
        let Intake { body, peek, .. } = &self.intake;
        let mut edits = Edits::new(peek, self.route.endpoint);
        if let Some(name) = attempt.sent_as {
            edits = edits.model(name.as_str());
        }
        if let Some(field) = self.cap_field(attempt) {
            edits = edits.cap_is_read_in(field);
            if let Some(tokens) = call.cap(attempt) {
                edits = edits.cap(field, tokens);
            }
        }
        if self.asks_for_usage() {
            edits = edits.ask_for_usage();
        }
        for extra in &access.parameters {
            edits = edits.member(extra.name(), extra.json());
        }
        if edits.is_empty() {
            return body.clone();
        }
        edits.apply_to(body)
    }

    /// The field by which the output of the model that is served is capped: that of a fallback may be
    /// another one.
    fn cap_field(&self, attempt: &Attempt<'_>) -> Option<CapField> {
        let (endpoint, model) = (self.route.endpoint, attempt.model?);
        let known = model.window.cap_field;
        known
            .filter(|field| CapField::of(endpoint).contains(field))
            .or_else(|| default_cap_field(endpoint, &model.provider))
    }

    fn asks_for_usage(&self) -> bool {
        let tells_when_asked = matches!(
            self.route.endpoint,
            Endpoint::ChatCompletions | Endpoint::Completions
        );
        let peek = &self.intake.peek;
        tells_when_asked && peek.stream && peek.include_usage != IncludeUsage::Asked
    }
}

impl Upgrade<'_> {
    fn write(&self, attempt: &Attempt<'_>, access: &Access, head: &Parts) -> Written {
        let name = attempt.sent_as.map_or(self.model, |name| name.as_str());
        let path = self.route.upstream_path(name);
        let query = self.route.upstream_query(head.uri.query(), name);
        Written {
            uri: rewrite::model_target(&access.base_url, &path, query.as_deref(), &head.uri),
            body: RequestBody::empty(),
            length: None,
        }
    }
}

impl<'a> Through<'a> {
    /// Below a mount.
    pub(crate) fn new(path: &'a str, body: BoundedBody) -> Self {
        Self {
            path,
            of_vendor: false,
            is_empty: body.is_end_stream(),
            body: Some(body),
        }
    }

    /// On a path that the vendor has.
    pub(crate) fn of_vendor(path: &'a str, body: BoundedBody) -> Self {
        Self {
            of_vendor: true,
            ..Self::new(path, body)
        }
    }

    fn write(&mut self, access: &Access, head: &Parts) -> Result<Written, UpstreamError> {
        let body = match self.body.take() {
            Some(body) => RequestBody::Through(body),
            None if self.is_empty => RequestBody::empty(),
            None => return Err(UpstreamError::NoneLeft),
        };
        let (base, query) = (&access.base_url, head.uri.query());
        let uri = if self.of_vendor {
            rewrite::model_target(base, self.path, query, &head.uri)
        } else {
            let query = rewrite::with_parameters(query, &access.parameters);
            rewrite::mount_target(base, self.path, query.as_deref(), &head.uri)
        };
        Ok(Written {
            uri,
            body,
            length: None,
        })
    }
}
