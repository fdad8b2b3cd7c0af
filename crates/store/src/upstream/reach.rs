//! How requests are sent to an upstream, and how that stands in its row.

use tollgate_rights::source::{ExtraHeader, ExtraParameter, Http2, ProxyAddress, RetryOn};

use crate::columns::Row;
use crate::error::StoreError;
use crate::scope::set;

/// How requests are sent to an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Headers that every request has.
    pub headers: Vec<ExtraHeader>,
    /// Members that every JSON body has, unless the client set them.
    pub parameters: Vec<ExtraParameter>,
    /// Certificates to trust besides the usual roots, as PEM.
    pub ca: Option<String>,
    /// Whether it may be on a private network or on this machine.
    pub allow_private: bool,
    /// Whether HTTP/2 is spoken.
    pub http2: Http2,
    /// The statuses upon which a call is tried elsewhere.
    pub retry_on: RetryOn,
}

/// What to change of how requests are sent: `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct ReachEdit {
    /// All headers from now on.
    pub headers: Option<Vec<ExtraHeader>>,
    /// All parameters from now on.
    pub parameters: Option<Vec<ExtraParameter>>,
    /// Certificates to trust; `Some(None)` for the usual roots alone.
    pub ca: Option<Option<String>>,
    /// The proxy; `Some(None)` for none.
    pub proxy: Option<Option<ProxyAddress>>,
    /// Whether it may be on a private network.
    pub allow_private: Option<bool>,
    /// Whether HTTP/2 is spoken.
    pub http2: Option<Http2>,
    /// The statuses upon which a call is tried elsewhere.
    pub retry_on: Option<RetryOn>,
}

impl ReachEdit {
    /// Changes everything but the proxy, which is sealed.
    pub(super) fn apply(self, reach: &mut Reach) {
        set(&mut reach.headers, self.headers);
        set(&mut reach.parameters, self.parameters);
        set(&mut reach.ca, self.ca);
        set(&mut reach.allow_private, self.allow_private);
        set(&mut reach.http2, self.http2);
        set(&mut reach.retry_on, self.retry_on);
    }
}

pub(super) fn headers(list: &[ExtraHeader]) -> String {
    let pairs: Vec<_> = list.iter().map(|one| (one.name(), one.value())).collect();
    serde_json::json!(pairs).to_string()
}

pub(super) fn parameters(list: &[ExtraParameter]) -> String {
    let pairs: Vec<_> = list.iter().map(|one| (one.name(), one.json())).collect();
    serde_json::json!(pairs).to_string()
}

pub(super) fn read_headers(row: Row, text: &str) -> Result<Vec<ExtraHeader>, StoreError> {
    let read = |(name, value): (String, String)| ExtraHeader::new(&name, &value);
    let list: Result<Vec<_>, _> = pairs(row, "headers", text)?.into_iter().map(read).collect();
    list.map_err(|error| row.corrupt("headers", error))
}

pub(super) fn read_parameters(row: Row, text: &str) -> Result<Vec<ExtraParameter>, StoreError> {
    let read = |(name, json): (String, String)| ExtraParameter::stored(&name, &json);
    let list: Result<Vec<_>, _> = pairs(row, "parameters", text)?
        .into_iter()
        .map(read)
        .collect();
    list.map_err(|error| row.corrupt("parameters", error))
}

fn pairs(row: Row, column: &str, text: &str) -> Result<Vec<(String, String)>, StoreError> {
    serde_json::from_str(text).map_err(|error| row.corrupt(column, error))
}
