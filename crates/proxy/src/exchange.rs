//! The walk of a request: the page to read.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, Request, Response, Version};
use hyper::body::Incoming;
use tokio::time::Instant;
use tollgate_policy::Target;
use tollgate_policy::endpoint::{Dialect, Endpoint};
use tollgate_policy::secret::HashKey;
use tollgate_policy::time::Timestamp;
use tollgate_rights::Rights;
use tollgate_rights::entry::Entry;
use tollgate_wire::answer::Fault;
use tollgate_wire::route::{RouteError, RouteTarget, dialect_of, route};

use crate::answer::{self, ReplyBody};
use crate::client_address::client_address;
use crate::forward::{Outgoing, Upstreamed, forward};
use crate::metrics::Metrics;
use crate::record::{self, Relayed};
use crate::relay::relay;
use crate::request_id::RequestId;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::upstream::Upstreams;
use crate::{admit, credential, framing, intake, local};

/// The gateway's data plane: everything that requests share.
pub struct Proxy {
    rights: Arc<Rights>,
    hash_key: HashKey,
    upstreams: Upstreams,
    metrics: Arc<Metrics>,
    clock: fn() -> Timestamp,
    pub(crate) settings: Settings,
}

/// One request and its answer: what is known before anything is decided.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    pub(crate) version: Version,
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    pub(crate) client: IpAddr,
    pub(crate) started: Instant,
    pub(crate) now: Timestamp,
}

impl Proxy {
    /// A data plane over these rights. `clock` tells the wall-clock time.
    pub fn new(
        rights: Arc<Rights>,
        hash_key: HashKey,
        settings: Settings,
        metrics: Arc<Metrics>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let upstreams = Upstreams::new(&settings);
        Self {
            rights,
            hash_key,
            upstreams,
            metrics,
            clock,
            settings,
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Answers a request: the caller is identified, and then served or refused.
    pub(crate) async fn handle(
        &self,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Response<ReplyBody> {
        let (mut head, body) = request.into_parts();
        let exchange = self.begin(peer, &head);
        let (caller, served) = match self.identify(&exchange, &mut head).await {
            Err(stop) => (None, Err(stop)),
            Ok(None) => (None, Ok(answer::empty(&exchange))),
            Ok(Some(entry)) => {
                let served = self.serve(&exchange, &entry, head, body).await;
                (Some(entry), served)
            }
        };
        served.unwrap_or_else(|stop| {
            let response = answer::refuse(&exchange, &stop.fault());
            let status = response.status().as_u16();
            record::stopped(&exchange, caller.as_deref(), &stop, status, &self.metrics);
            response
        })
    }

    fn begin(&self, peer: IpAddr, head: &Parts) -> Exchange {
        let now = (self.clock)();
        Exchange {
            id: RequestId::new(now, rand::random()),
            method: head.method.clone(),
            version: head.version,
            path: head.uri.path().chars().take(200).collect(),
            dialect: dialect_of(head.uri.path()),
            client: client_address(peer, &head.headers, &self.settings.trusted_proxies),
            started: Instant::now(),
            now,
        }
    }

    /// Steps 3 to 5: a well-formed head, one secret, and whose it is. `None` for a caller's greeting
    /// that needs no secret.
    async fn identify(
        &self,
        exchange: &Exchange,
        head: &mut Parts,
    ) -> Result<Option<Arc<Entry>>, Stop> {
        framing::check(head)?;
        let target = find(head)?;
        if target == RouteTarget::Preflight {
            record::answered(exchange, None, 200, &self.metrics);
            return Ok(None);
        }
        let hash = credential::take(head, &self.hash_key, self.settings.basic_credentials)?;
        let entry = admit::principal(&self.rights, &hash).await?;
        self.rights.note_use(&entry, exchange.now);
        Ok(Some(entry))
    }

    /// Steps 6 to 9: what is asked for, whether it may be, and who answers.
    async fn serve(
        &self,
        exchange: &Exchange,
        entry: &Arc<Entry>,
        head: Parts,
        body: Incoming,
    ) -> Result<Response<ReplyBody>, Stop> {
        let snapshot = self.rights.snapshot();
        let decide = |target: Target<'_>| {
            admit::decide(
                &snapshot,
                entry,
                target,
                exchange.client,
                exchange.now,
                rand::random(),
            )
        };
        match find(&head)? {
            RouteTarget::Model(endpoint) => {
                let intake = intake::read(&head, body, &self.settings).await?;
                let plan = decide(Target::Model {
                    endpoint,
                    model: &intake.model,
                })?;
                let names = (endpoint.name().to_owned(), Some(intake.model.clone()));
                let upstreamed = forward(
                    &self.upstreams,
                    &snapshot,
                    &plan,
                    &head,
                    Outgoing::Read(intake),
                )
                .await?;
                Ok(self.pass_on(exchange, entry, names, Some(endpoint), upstreamed))
            }
            RouteTarget::Mount { prefix, rest } => {
                let target = Target::Mount { prefix };
                let plan = decide(target)?;
                let names = (target.to_string(), None);
                let outgoing = Outgoing::Through {
                    body,
                    path: rest.to_owned(),
                };
                let upstreamed =
                    forward(&self.upstreams, &snapshot, &plan, &head, outgoing).await?;
                Ok(self.pass_on(exchange, entry, names, None, upstreamed))
            }
            RouteTarget::Gateway(endpoint) => {
                decide(Target::Gateway { endpoint })?;
                let response = local::list_models(exchange, &snapshot, entry);
                record::answered(exchange, Some(entry), 200, &self.metrics);
                Ok(response)
            }
            RouteTarget::OneModel(name) => {
                decide(Target::Gateway {
                    endpoint: Endpoint::Models,
                })?;
                let response = local::one_model(exchange, &snapshot, entry, &name)?;
                record::answered(exchange, Some(entry), 200, &self.metrics);
                Ok(response)
            }
            RouteTarget::Preflight => Ok(answer::empty(exchange)),
        }
    }

    fn pass_on(
        &self,
        exchange: &Exchange,
        entry: &Arc<Entry>,
        names: (String, Option<String>),
        endpoint: Option<Endpoint>,
        upstreamed: Upstreamed,
    ) -> Response<ReplyBody> {
        let Upstreamed { response, upstream } = upstreamed;
        let status = response.status().as_u16();
        let metrics = Arc::clone(&self.metrics);
        let call = Relayed::new(
            exchange.clone(),
            Arc::clone(entry),
            names,
            upstream,
            status,
            metrics,
        );
        relay(exchange, response, endpoint, call, &self.settings)
    }
}

fn find(head: &Parts) -> Result<RouteTarget<'_>, Stop> {
    match route(head.method.as_str(), head.uri.path()) {
        Ok(route) => Ok(route.target),
        Err(RouteError::NotFound) => Err(Fault::RouteNotFound.into()),
        Err(RouteError::Method { allow }) => Err(Fault::MethodNotAllowed { allow }.into()),
    }
}
