//! From a request to an answer, and the headers that every answer has.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response};
use tollgate_admin_core::Store;
use tollgate_listen::client_address::client_address;
use tollgate_listen::{Incoming, Peer, Rejected, Service, framing};
use tollgate_policy::time::Timestamp;
use tower_service::Service as _;

use crate::problem::Problem;
use crate::site::{Settings, Site};
use crate::{api, assets, page};

/// Nothing but our own script and style is run, nothing is sent anywhere else, nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const HEADERS: usize = 100;

/// The headers of every answer.
const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Stricter ones would make browsers hide the origin of our own forms.
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// The console and the JSON API of one store.
pub struct Console {
    router: Router,
    site: Site,
}

impl Console {
    /// A console for the people who may sign in at this store. The clock is an argument.
    pub fn new(store: Store, now: fn() -> Timestamp, settings: Settings) -> Self {
        let site = Site::new(store, now, settings);
        let router = Router::new()
            .nest("/api/v1", api::router())
            .merge(page::router(&site))
            .merge(assets::router())
            .with_state(site.clone());
        Self { router, site }
    }
}

impl Service for Console {
    type Body = Body;

    async fn answer(&self, mut peer: Peer, request: Request<Incoming>) -> Response<Body> {
        let secure = self.site.is_secure(&peer);
        let (mut head, body) = request.into_parts();
        let trusted = &self.site.settings().trusted_proxies;
        peer.address = client_address(peer.address, &head.headers, trusted);
        let mut answer = match framing::check(&head, HEADERS) {
            Err(reason) => Problem::malformed(&reason.to_string()).into_response(),
            Ok(()) => {
                head.extensions.insert(peer);
                let request = Request::from_parts(head, Body::new(body));
                let Ok::<_, Infallible>(answer) = self.router.clone().call(request).await;
                answer
            }
        };
        let headers = answer.headers_mut();
        for (name, value) in ALWAYS {
            headers.insert(name, value);
        }
        if secure {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        answer
    }

    fn refuse(&self, _: &Peer, rejected: Rejected<'_>) -> Bytes {
        rejected.to_plain_answer()
    }
}
