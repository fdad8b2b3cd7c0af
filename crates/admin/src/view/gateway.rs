//! Gateways as they are shown.

use std::time::Duration;

use serde::Serialize;
use tollgate_policy::time::Timestamp;
use tollgate_store::report::StoredGateway;

/// A gateway says every ten seconds that it runs. One that has not for so long is shown as silent.
const SILENT: Duration = Duration::from_secs(30);

/// A gateway, by what it said of itself last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GatewayView {
    /// Which, by the identity of its journal, in hexadecimal digits.
    pub id: String,
    /// The machine that it runs on.
    pub host: String,
    /// The address on which it serves calls.
    pub address: String,
    /// `live`, or `silent` where it has not said for 30 s that it runs.
    pub state: String,
    /// Its version.
    pub version: String,
    /// The last administrative change that it knows.
    pub revision: u64,
    /// How many later changes there are, which it did not know when it said so.
    pub behind: u64,
    /// Calls that it relayed when it said so.
    pub open_calls: u64,
    /// Since when it runs.
    pub started_at: String,
    /// When it said so.
    pub seen_at: String,
}

impl GatewayView {
    pub(crate) fn new(stored: StoredGateway, revision: u64, now: Timestamp) -> Self {
        let is_live = now.since(stored.seen) <= SILENT;
        let about = stored.about;
        let digits = stored.gateway.iter().map(|byte| format!("{byte:02x}"));
        Self {
            id: digits.collect(),
            host: about.host,
            address: about.address,
            state: if is_live { "live" } else { "silent" }.to_owned(),
            version: about.version,
            revision: about.revision,
            behind: revision.saturating_sub(about.revision),
            open_calls: about.open_calls,
            started_at: about.started.to_string(),
            seen_at: stored.seen.to_string(),
        }
    }
}
