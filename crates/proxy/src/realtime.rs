//! A realtime session: a WebSocket between a client and a model, relayed as it is.
//!
//! The handshake walks as any other call does. After it the session is a task of its own, in which
//! each response is a call: held for before it can begin, settled before its last word leaves. What
//! a frame says is read on the way, and no frame is changed.

mod charge;
mod end;
pub(crate) mod handshake;
mod lane;
mod prompt;
mod session;
mod side;
mod standing;
mod turns;

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use tollgate_policy::Target;
use tollgate_wire::route::{ModelRoute, model_in_query};

use crate::admit;
use crate::admit::Caller;
use crate::answer::{self, ReplyBody};
use crate::arriving::Arriving;
use crate::data_plane::Proxy;
use crate::exchange::Exchange;
use crate::forward::{Outgoing, Upgrade, forward};
use crate::relay::relay;
use crate::stop::Stop;
use session::Session;
use standing::Standing;
use turns::Turns;

impl Proxy {
    /// Opens a session. The answer is a 101, or what the upstream says instead.
    pub(crate) async fn realtime(
        &self,
        exchange: &Arc<Exchange>,
        caller: &Caller,
        route: &ModelRoute<'_>,
        mut head: Parts,
        body: &Arriving,
    ) -> Result<Response<ReplyBody>, Stop> {
        let snapshot = self.rights.snapshot();
        let (endpoint, entry) = (route.endpoint, &caller.entry);
        admit::check_caller(exchange, &snapshot, entry, endpoint)?;
        let client = handshake::accept(&mut head, body)?;
        let model = model_in_query(head.uri.query());
        let model = model.map_err(|error| Stop::Malformed(error.to_string()))?;
        let model = model.into_owned();
        let target = Target::Model {
            endpoint,
            model: &model,
        };
        let permit = admit::decide(exchange, &snapshot, entry, target)?;
        let mut plan = self.draw(&permit, exchange, target)?;
        let call = self.open(exchange, caller, &permit, &mut plan, target, turns::DEMAND);
        let call = call.await?;
        let way = self.way(&snapshot, &plan);
        let outgoing = Outgoing::Upgrade(Upgrade {
            route,
            model: &model,
        });
        let upstreamed = forward(way, &head, outgoing, call).await?;
        if upstreamed.response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(relay(upstreamed, &self.drains));
        }
        let call = upstreamed.call;
        let (mut head, body) = upstreamed.response.into_parts();
        let Ok(upstream) = body.into_upgraded() else {
            return Err(Stop::no_upstream(call.abandon()));
        };
        handshake::answer(&mut head.headers);
        answer::name_request(exchange, &mut head.headers);
        answer::tell_limits(exchange, call.windows(), &mut head.headers);
        let standing = Standing {
            rights: Arc::clone(&self.rights),
            ledger: self.ledger.clone(),
            metrics: Arc::clone(&self.metrics),
            refusals: self.refusals.clone(),
            clock: self.clock,
            secret: client.secret,
            opening: Arc::clone(exchange),
            model,
        };
        let turns = Turns::new(standing, caller.clone(), call);
        let session = Session::new(turns, &exchange.settings, self.drains.cut_off());
        self.drains.run(session.run(client.upgrade, upstream));
        let body = Either::Left(Full::default());
        Ok(Response::from_parts(head, body))
    }
}
