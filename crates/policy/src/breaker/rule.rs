//! How much is too much, and how long something is put aside. Waits double up to a ceiling.

use std::time::Duration;

use super::{Cause, Part};

/// So many failures of an endpoint in a row put it aside, and so many 403 a credential.
pub const IN_A_ROW: u32 = 5;
/// Half of the calls of a window put an endpoint aside where at least so many were seen.
pub const LEAST_SEEN: u32 = 20;
/// How long a window is, from the first failure in it.
pub const WINDOW: Duration = Duration::from_secs(30);
/// The first wait of an endpoint.
pub const UPSTREAM_FIRST: Duration = Duration::from_secs(5);
/// The longest wait of an endpoint.
pub const UPSTREAM_CEILING: Duration = Duration::from_secs(2 * 60);
/// The first wait of a credential that called too often (429), where it is not told how long.
pub const LIMITED_FIRST: Duration = Duration::from_secs(5);
/// The longest wait of a credential that called too often, where it is not told how long.
pub const LIMITED_CEILING: Duration = Duration::from_secs(5 * 60);
/// The first wait of a credential that was refused, or not paid (401, 402, 403).
pub const CREDENTIAL_FIRST: Duration = Duration::from_secs(60);
/// The longest wait of a credential that was refused.
pub const CREDENTIAL_CEILING: Duration = Duration::from_secs(60 * 60);
/// A `Retry-After` counts up to here, whatever it says.
pub const RETRY_AFTER_CEILING: Duration = Duration::from_secs(60 * 60);
/// A `Retry-After` counts for at least so long.
const RETRY_AFTER_FLOOR: Duration = Duration::from_secs(1);
/// A probe that was not told of by then keeps nobody else out.
pub const PROBE_LAPSE: Duration = Duration::from_secs(60);

/// How long something is put aside that was so `trips` times before without serving in between.
///
/// A 429 waits as long as it says; where others say how long, they wait at least so long.
pub(super) fn wait(
    part: Part,
    cause: Cause,
    trips: u32,
    retry_after: Option<Duration>,
) -> Duration {
    let (first, ceiling) = match (part, cause) {
        (Part::Upstream, _) => (UPSTREAM_FIRST, UPSTREAM_CEILING),
        (Part::Credential, Cause::Status(429)) => (LIMITED_FIRST, LIMITED_CEILING),
        (Part::Credential, _) => (CREDENTIAL_FIRST, CREDENTIAL_CEILING),
    };
    let doubled = first.saturating_mul(1 << trips.min(16)).min(ceiling);
    let told = retry_after.map(|wait| wait.clamp(RETRY_AFTER_FLOOR, RETRY_AFTER_CEILING));
    match (told, cause) {
        (None, _) => doubled,
        (Some(told), Cause::Status(429)) => told,
        (Some(told), _) => told.max(doubled),
    }
}
