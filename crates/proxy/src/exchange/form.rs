//! The walk of a form: the same steps, but that the body is read by another reader.

use std::sync::Arc;

use http::request::Parts;
use tollgate_policy::Target;
use tollgate_rights::source::Snapshot;
use tollgate_wire::route::ModelRoute;

use super::{Exchange, Proxy, Reply};
use crate::admit::Caller;
use crate::arriving::Arriving;
use crate::forward::{FormCall, Outgoing, forward};
use crate::stop::Stop;
use crate::{admit, hold, intake};

impl Proxy {
    /// A call whose body is a form, decided before any of it is sent on.
    pub(super) async fn form(
        &self,
        exchange: &Arc<Exchange>,
        mut snapshot: Arc<Snapshot>,
        caller: &mut Caller,
        route: &ModelRoute<'_>,
        head: Parts,
        body: &mut Arriving,
    ) -> Result<Reply, Stop> {
        let endpoint = route.endpoint;
        admit::check_caller(exchange, &snapshot, &caller.entry, endpoint)?;
        let form = intake::read_form(route, &head, body, &exchange.settings, &self.rooms).await?;
        exchange.was_read();
        snapshot = caller.renew(&self.rights).await?.unwrap_or(snapshot);
        let seen = form.fields.peek(route.model.as_deref());
        let seen = seen.map_err(|error| Stop::Malformed(error.to_string()))?;
        let model = seen.model.into_owned();
        let target = Target::Model {
            endpoint,
            model: &model,
        };
        let permit = admit::decide(exchange, &snapshot, &caller.entry, target)?;
        let mut plan = self.draw(&permit, exchange, target)?;
        let demand = hold::form_demand(&form.fields, endpoint);
        let call = self.open(exchange, caller, &permit, &mut plan, target, demand);
        let call = call.await?;
        let outgoing = Outgoing::Form(Box::new(FormCall::new(route, &model, form)));
        let upstreamed = forward(self.way(&snapshot, &plan), &head, outgoing, call).await?;
        Ok(self.pass_on(upstreamed))
    }
}
