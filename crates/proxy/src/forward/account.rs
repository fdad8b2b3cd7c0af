//! Answers that call something the client's mistake which is our account's.

use std::time::Duration;

use http::{Response, StatusCode};
use tokio::time::timeout;
use tollgate_wire::account_error::{LONGEST, status_meant};

use super::Outgoing;
use crate::call::Call;
use crate::upstream::{Answer, UpstreamError};

/// How long such an answer may take from its head to its end. One that takes longer is passed on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Passes an answer on as it came, unless it says that our credential is not valid or our account
/// cannot pay. What a mounted API says is not known.
pub(super) async fn look(
    mut response: Response<Answer>,
    outgoing: &Outgoing<'_>,
    call: &mut Call,
) -> Result<Response<Answer>, UpstreamError> {
    if response.status() != StatusCode::BAD_REQUEST || outgoing.is_of_mount() {
        return Ok(response);
    }
    // A client that leaves meanwhile owes nothing for it.
    call.unserved();
    let body = timeout(PATIENCE, response.body_mut().look_ahead(LONGEST)).await;
    match body.ok().flatten().and_then(|body| status_meant(&body)) {
        Some(status) => Err(UpstreamError::Credential(status)),
        None => Ok(response),
    }
}
