//! The walk of a request: the page to read.

mod form;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, EXPECT, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, Version};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tokio::time::Instant;
use tollgate_ledger::request_id::RequestId;
use tollgate_listen::client_address::client_address;
use tollgate_policy::Target;
use tollgate_policy::bound::Demand;
use tollgate_policy::endpoint::{Dialect, Endpoint};
use tollgate_policy::time::Timestamp;
use tollgate_rights::entry::Entry;
use tollgate_wire::answer::Fault;
use tollgate_wire::route::{ModelPlace, RouteError, RouteTarget, dialect_of, route};

use crate::admit::Caller;
use crate::answer::{self, ReplyBody};
use crate::arriving::Arriving;
use crate::bounded::BoundedBody;
use crate::credential::QueryKey;
use crate::data_plane::Proxy;
use crate::forward::{ModelCall, Outgoing, Through, Upstreamed, forward};
use crate::realtime::handshake;
use crate::relay::relay;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::{admit, credential, hold, intake, local, record, service, stored};

/// One request and its answer: what is known before anything is decided.
pub(crate) struct Exchange {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    pub(crate) version: Version,
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    pub(crate) client: IpAddr,
    pub(crate) started: Instant,
    pub(crate) now: Timestamp,
    /// What was in force when it began.
    pub(crate) settings: Arc<Settings>,
    /// After what time its body was read, where it was read whole.
    pub(crate) read: OnceLock<Duration>,
    /// Its span, where it is traced.
    pub(crate) trace: OnceLock<Trace>,
}

impl Exchange {
    /// When its body was read, which may have taken long; when it came, where it passes through.
    pub(crate) fn moment(&self) -> Timestamp {
        self.now.plus(self.read_after())
    }

    /// After what time its body was read; at once where it passes through.
    pub(crate) fn read_after(&self) -> Duration {
        self.read.get().copied().unwrap_or_default()
    }

    /// Its body was read whole just now.
    pub(crate) fn was_read(&self) {
        self.read.get_or_init(|| self.started.elapsed());
    }
}

impl Proxy {
    /// Answers a request: the caller is identified, and then served or refused.
    pub(crate) async fn handle(
        &self,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Response<ReplyBody> {
        let (mut head, body) = request.into_parts();
        let mut body = Arriving::new(body);
        // Who waits to be asked for a body is not made to send one that nobody wants.
        let is_coming = !head.headers.contains_key(EXPECT);
        let path = head.uri.path().to_owned();
        let exchange = self.begin(peer, &head);
        let framed = check_form(&exchange, &head);
        let (caller, outcome) = match framed.and_then(|()| find(&head, &path)) {
            Err(stop) => (None, Err(stop)),
            Ok(RouteTarget::Preflight) => (None, Ok(Reply::Made(answer::empty(&exchange)))),
            Ok(target) => match self.identify(&exchange, &target, &mut head).await {
                Err(stop) => (None, Err(stop)),
                Ok(mut caller) => {
                    if let Some(traces) = self.traces {
                        let entry = &caller.entry;
                        let begin = || Trace::begin(traces, &exchange, entry, &head.headers);
                        exchange.trace.get_or_init(begin);
                    }
                    let outcome = self.serve(&exchange, &mut caller, target, head, &mut body);
                    let outcome = outcome.await;
                    (Some(caller.entry), outcome)
                }
            },
        };
        if outcome.is_err() && is_coming {
            body.exhaust().await;
        }
        self.conclude(&exchange, caller.as_deref(), outcome)
    }

    fn begin(&self, peer: IpAddr, head: &Parts) -> Arc<Exchange> {
        let now = (self.clock)();
        let settings = self.settings();
        Arc::new(Exchange {
            id: RequestId::new(now, rand::random()),
            method: head.method.clone(),
            version: head.version,
            path: start(head.uri.path()).to_owned(),
            dialect: dialect_of(head.uri.path()),
            client: client_address(peer, &head.headers, &settings.trusted_proxies),
            started: Instant::now(),
            now,
            settings,
            read: OnceLock::new(),
            trace: OnceLock::new(),
        })
    }

    /// One secret, and whose it is.
    async fn identify(
        &self,
        exchange: &Exchange,
        target: &RouteTarget<'_>,
        head: &mut Parts,
    ) -> Result<Caller, Stop> {
        let basic = exchange.settings.basic_credentials;
        let query = match target {
            RouteTarget::Mount { .. } => QueryKey::Shared,
            _ => QueryKey::Ours,
        };
        let hash = credential::take(head, &self.hash_key, basic, query)?;
        Caller::find(&self.rights, hash).await
    }

    /// What is asked for, whether it may be, and who answers.
    async fn serve(
        &self,
        exchange: &Arc<Exchange>,
        caller: &mut Caller,
        target: RouteTarget<'_>,
        head: Parts,
        body: &mut Arriving,
    ) -> Result<Reply, Stop> {
        let mut snapshot = self.rights.snapshot();
        let asked = target.check_query(head.uri.query());
        asked.map_err(|error| Stop::Malformed(error.to_string()))?;
        match target {
            RouteTarget::Model(ref route) if route.place == ModelPlace::Form => {
                // What is seldom asked for leaves no room in the future of every request.
                Box::pin(self.form(exchange, snapshot, caller, route, head, body)).await
            }
            RouteTarget::Model(ref route) if route.place == ModelPlace::Query => {
                let answer = Box::pin(self.realtime(exchange, caller, route, head, body));
                answer.await.map(Reply::Relayed)
            }
            RouteTarget::Model(ref route) => {
                let endpoint = route.endpoint;
                admit::check_caller(exchange, &snapshot, &caller.entry, endpoint)?;
                let settings = &exchange.settings;
                let (buffers, rooms) = (&self.buffers, &self.rooms);
                let intake = intake::read(route, &head, body, settings, buffers, rooms).await?;
                exchange.was_read();
                snapshot = caller.renew(&self.rights).await?.unwrap_or(snapshot);
                let entry = &caller.entry;
                intake.check(endpoint)?;
                let target = Target::Model {
                    endpoint,
                    model: &intake.peek.model,
                };
                let permit = admit::decide(exchange, &snapshot, entry, target)?;
                let mut plan = self.draw(&permit, exchange, target)?;
                let previous = self.previous(exchange, entry, endpoint, &intake.peek);
                if let Some(place) = previous.await? {
                    stored::prefer(&mut plan, place);
                }
                let demand = hold::demand(&intake.peek, endpoint, intake.body.len());
                let call = self.open(exchange, caller, &permit, &mut plan, target, demand);
                let mut call = call.await?;
                if stored::is_kept(endpoint, &intake.peek) {
                    call.learn(&self.responses);
                }
                let outgoing = Outgoing::Read(Box::new(ModelCall { route, intake }));
                let upstreamed = forward(self.way(&snapshot, &plan), &head, outgoing, call).await?;
                Ok(self.pass_on(upstreamed))
            }
            RouteTarget::Mount { prefix, rest } => {
                let target = Target::Mount { prefix };
                let permit = admit::decide(exchange, &snapshot, &caller.entry, target)?;
                let mut plan = self.draw(&permit, exchange, target)?;
                intake::check_announced(&head, exchange.settings.body_bytes)?;
                let demand = Demand::default();
                let call = self.open(exchange, caller, &permit, &mut plan, target, demand);
                let call = call.await?;
                let body = std::mem::take(body);
                let body = BoundedBody::new(body, exchange.settings.body_bytes, &exchange.settings);
                let outgoing = Outgoing::Through(Through::new(rest, body));
                let upstreamed = forward(self.way(&snapshot, &plan), &head, outgoing, call).await?;
                Ok(self.pass_on(upstreamed))
            }
            RouteTarget::Gateway(endpoint) => {
                let entry = &caller.entry;
                admit::check_caller(exchange, &snapshot, entry, endpoint)?;
                self.rights.note_use(entry, exchange.now);
                let form = local::form(exchange, &head);
                let list = local::list_models(exchange, form, &snapshot, entry);
                Ok(Reply::Made(list))
            }
            RouteTarget::OneModel(name) => {
                let entry = &caller.entry;
                admit::check_caller(exchange, &snapshot, entry, Endpoint::Models)?;
                self.rights.note_use(entry, exchange.now);
                let form = local::form(exchange, &head);
                local::one_model(exchange, form, &snapshot, entry, &name).map(Reply::Made)
            }
            RouteTarget::SelfService(page) => {
                admit::decide(exchange, &snapshot, &caller.entry, Target::Statement)?;
                let statements = self.statements.as_ref();
                local::self_service(exchange, statements, &caller.entry, page)
                    .await
                    .map(Reply::Made)
            }
            RouteTarget::Stored(ref stored) => {
                Box::pin(self.stored(exchange, caller, stored, head, body)).await
            }
            RouteTarget::Preflight => Ok(Reply::Made(answer::empty(exchange))),
        }
    }

    pub(crate) fn pass_on(&self, upstreamed: Upstreamed) -> Reply {
        Reply::Relayed(relay(upstreamed, &self.drains))
    }

    /// The answer that goes out. What is relayed is recorded when it has passed, the rest here.
    fn conclude(
        &self,
        exchange: &Exchange,
        caller: Option<&Entry>,
        outcome: Result<Reply, Stop>,
    ) -> Response<ReplyBody> {
        let mut response = match outcome {
            Ok(Reply::Relayed(response)) => return response,
            Ok(Reply::Made(response)) => {
                let status = response.status().as_u16();
                self.metrics.answered(status);
                record::answered(exchange, caller, status);
                response
            }
            Err(stop) => {
                let now = exchange.moment();
                let mut response = answer::refuse(exchange, &stop.fault(now));
                answer::tell_limits(exchange, &stop.windows(), response.headers_mut());
                let status = response.status().as_u16();
                self.metrics.refused(stop.code(now), status);
                record::stopped(&self.refusals, exchange, caller, &stop, status);
                response
            }
        };
        if exchange.method == Method::HEAD {
            *response.body_mut() = Either::Left(Full::new(Bytes::new()));
        }
        response
    }
}

/// As much as is kept of a text that a client chose: 200 characters.
pub(crate) fn start(text: &str) -> &str {
    // Nearly all have fewer bytes.
    let end = (text.len() > 200).then(|| text.char_indices().nth(200));
    let end = end.flatten().map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Heads of HTTP/1 were looked at before they became requests.
fn check_form(exchange: &Exchange, head: &Parts) -> Result<(), Stop> {
    if head.version < Version::HTTP_2 {
        return Ok(());
    }
    let checked = tollgate_listen::framing::check(head, exchange.settings.headers);
    checked.map_err(|reason| service::fault(reason).into())
}

/// An answer that was made here, or one that is being passed on.
pub(crate) enum Reply {
    Made(Response<ReplyBody>),
    Relayed(Response<ReplyBody>),
}

fn find<'a>(head: &Parts, path: &'a str) -> Result<RouteTarget<'a>, Stop> {
    match route(head.method.as_str(), path) {
        Ok(route) => Ok(match route.target {
            RouteTarget::Model(model) if model.place == ModelPlace::Form => {
                let kind = head.headers.get(CONTENT_TYPE);
                let kind = kind.map(HeaderValue::as_bytes).unwrap_or_default();
                RouteTarget::Model(model.for_content(kind))
            }
            target => target,
        }),
        Err(RouteError::NotFound) => Err(Fault::RouteNotFound.into()),
        // Codex tries a WebSocket first, and on this status nothing else any more.
        Err(RouteError::Method { .. }) if handshake::asks(&head.headers) => {
            Err(Fault::NoWebSocket.into())
        }
        Err(RouteError::Method { allow }) => Err(Fault::MethodNotAllowed { allow }.into()),
    }
}
