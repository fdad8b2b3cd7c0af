//! Where upstreams are and how they are reached: one destination for each, kept as long as its
//! configuration stays the same, so that its connections are kept too.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::{Request, Response};
use tollgate_connect::{
    AnswerBody, Connections, Destination, DestinationError, Http2, Options, Patience, Roots,
    SendError, Sockets, Stats, Via, ViaError,
};
use tollgate_policy::id::UpstreamId;
use tollgate_rights::source::{self, Access};
use tollgate_upkeep::watch::UpstreamWatch;

use crate::request_body::RequestBody;

/// The body of an upstream's answer.
pub(crate) type Answer = AnswerBody<RequestBody>;

/// All connections of one worker to upstreams.
pub(crate) struct Upstreams {
    connections: Arc<Connections<RequestBody>>,
    known: Mutex<HashMap<UpstreamId, Known>>,
    pub(crate) watch: UpstreamWatch,
}

/// The connections of one worker, for whoever counts them.
pub(crate) struct Pool(Weak<Connections<RequestBody>>);

impl Pool {
    /// Whether the worker goes on.
    pub(crate) fn is_there(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// How many there are and were.
    pub(crate) fn stats(&self) -> Stats {
        let pool = self.0.upgrade();
        pool.map(|connections| connections.stats())
            .unwrap_or_default()
    }
}

/// An upstream as it was reached last.
struct Known {
    access: Arc<Access>,
    destination: Destination,
}

/// Why an upstream gave no answer that can be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// The request could not be sent, or no answer came.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The upstream answered that it does not accept our credential, or our payment: with this status,
    /// or with one that calls it the client's mistake.
    #[error("the upstream refused our credential with status {0}")]
    Credential(u16),
    /// The upstream answered that it failed, or sent us elsewhere.
    #[error("the upstream failed with status {status}")]
    Status {
        status: u16,
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// There is no credential, or it cannot stand in a header, so nothing was sent.
    #[error("the upstream's credential is missing, or has characters that no header can carry")]
    CredentialForm,
    /// Nothing can be sent to the upstream's address.
    #[error("the upstream has no usable address")]
    Address(#[source] Option<Unusable>),
    /// The name of the model cannot stand in the form, so nothing was sent.
    #[error("the model's name there cannot stand in a form")]
    Name,
    /// The plan has no attempt left.
    #[error("no upstream is left to try")]
    NoneLeft,
}

/// Why nothing can be sent to where an upstream is said to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// Its own address.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// That of the proxy by which it is reached.
    #[error("the address of the proxy cannot be used")]
    Proxy(#[from] ViaError),
}

impl Upstreams {
    pub(crate) fn new(watch: UpstreamWatch, sockets: Arc<Sockets>) -> Self {
        let settings = tollgate_connect::Settings {
            sockets: Some(sockets),
            ..tollgate_connect::Settings::default()
        };
        Self {
            connections: Arc::new(Connections::new(settings)),
            known: Mutex::default(),
            watch,
        }
    }

    /// For whoever counts the connections.
    pub(crate) fn pool(&self) -> Pool {
        Pool(Arc::downgrade(&self.connections))
    }

    /// Sends a request, which is taken out of its place, and waits for the head of its response.
    pub(crate) async fn send(
        &self,
        upstream: UpstreamId,
        access: &Arc<Access>,
        patience: Patience,
        request: &mut Option<Request<RequestBody>>,
    ) -> Result<Response<Answer>, UpstreamError> {
        let destination = self
            .destination(upstream, access)
            .map_err(|error| UpstreamError::Address(Some(error)))?;
        let sending = self
            .connections
            .send_within(patience, &destination, request);
        Ok(sending.await?)
    }

    /// Forgets upstreams that are not there any more and how others were reached before, with their
    /// credentials, and closes connections that nobody needs or that were idle for too long.
    pub(crate) fn sweep(&self, access: &BTreeMap<UpstreamId, Arc<Access>>) {
        let is_there = |id: &UpstreamId, one: &mut Known| {
            let now = access.get(id);
            now.is_some_and(|access| one.follow(access))
        };
        self.lock().retain(is_there);
        self.connections.sweep();
    }

    fn destination(
        &self,
        upstream: UpstreamId,
        access: &Arc<Access>,
    ) -> Result<Destination, Unusable> {
        let mut known = self.lock();
        if let Some(one) = known.get_mut(&upstream)
            && one.follow(access)
        {
            return Ok(one.destination.clone());
        }
        let destination = Destination::new(&access.base_url, options(access)?)?;
        let access = Arc::clone(access);
        let one = Known {
            access,
            destination: destination.clone(),
        };
        known.insert(upstream, one);
        Ok(destination)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UpstreamId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether its connections may serve an upstream as it is now, which is remembered then in place
    /// of what it was.
    fn follow(&mut self, access: &Arc<Access>) -> bool {
        if Arc::ptr_eq(&self.access, access) {
            return true;
        }
        let is_same = is_same_way(&self.access, access);
        if is_same {
            self.access = Arc::clone(access);
        }
        is_same
    }
}

fn options(access: &Access) -> Result<Options, ViaError> {
    let proxy = access.proxy.as_ref();
    let via = proxy.map(|proxy| Via::new(proxy.reveal(), access.allow_private));
    Ok(Options {
        via: via.transpose()?,
        roots: match &access.ca {
            Some(pem) => Roots::Also(pem.clone().into_bytes()),
            None => Roots::default(),
        },
        private: access.allow_private,
        http2: match access.http2 {
            source::Http2::Never => Http2::Never,
            source::Http2::Offered => Http2::WhereOffered,
            source::Http2::PriorKnowledge => Http2::PriorKnowledge,
        },
    })
}

/// Whether connections made for one may serve the other.
fn is_same_way(one: &Access, other: &Access) -> bool {
    let authority = |access: &Access| {
        let url = &access.base_url;
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.port(),
        )
    };
    authority(one) == authority(other)
        && one.ca == other.ca
        && one.proxy == other.proxy
        && one.allow_private == other.allow_private
        && one.http2 == other.http2
}

impl UpstreamError {
    /// Whether nothing was sent, so that another attempt cannot make the call happen twice.
    pub(crate) fn is_unsent(&self) -> bool {
        match self {
            Self::Send(error) => error.is_unsent(),
            Self::CredentialForm | Self::Name | Self::Address(_) => true,
            Self::Credential(_) | Self::Status { .. } | Self::NoneLeft => false,
        }
    }

    /// Whether a deadline passed.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self, Self::Send(error) if error.is_timeout())
    }
}

#[cfg(test)]
mod tests {
    use tollgate_rights::source::{Carrier, ProxyAddress};

    use super::*;

    fn access(proxy: &str) -> Arc<Access> {
        let mut access = Access::new("https://api.example".parse().unwrap(), Carrier::Bearer);
        access.proxy = Some(ProxyAddress::parse(proxy).unwrap());
        Arc::new(access)
    }

    #[test]
    fn what_is_not_there_any_more_is_forgotten() {
        let upstreams = Upstreams::new(UpstreamWatch::default(), Sockets::at_most(1));
        let id = UpstreamId::from_raw(1).unwrap();
        let proxy = "http://user:password@proxy.example:3128";
        let (first, second) = (access(proxy), access(proxy));
        let to = upstreams.destination(id, &first).unwrap();
        // Only its credentials changed: the connections are kept, the credentials are not.
        upstreams.sweep(&BTreeMap::from([(id, Arc::clone(&second))]));
        assert_eq!(Arc::strong_count(&first), 1);
        assert_eq!(upstreams.destination(id, &second).unwrap(), to);
        // It is reached in another way.
        let third = access("http://proxy.example:3128");
        upstreams.sweep(&BTreeMap::from([(id, Arc::clone(&third))]));
        assert_eq!(Arc::strong_count(&second), 1);
        let other = upstreams.destination(id, &third).unwrap();
        assert_ne!(other, to);
        // It was deleted.
        upstreams.sweep(&BTreeMap::new());
        assert_eq!(Arc::strong_count(&third), 1);
        assert_ne!(upstreams.destination(id, &third).unwrap(), other);
    }
}
