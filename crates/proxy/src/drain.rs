//! What becomes of an answer whose client has left: it is given up, or read on for a while to get the
//! provider's own count.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tollgate_ledger::receipt::Ending;
use tollgate_policy::group::OnLeave;

use crate::call::Call;

/// The client has left inside the answer. An answer that had ended is not touched.
pub(crate) fn left(answer: Incoming, mut call: Call) {
    let (true, OnLeave::Drain(seconds), Ok(runtime)) =
        (call.is_open(), call.on_leave, Handle::try_current())
    else {
        // Dropping the answer closes the upstream; the call ends as one whose client left.
        return;
    };
    runtime.spawn(async move {
        let limit = Duration::from_secs(u64::from(seconds));
        let ending = match timeout(limit, read_on(answer, &mut call)).await {
            Ok(Ok(())) => Ending::Drained,
            Ok(Err(_)) => Ending::UpstreamBroke,
            Err(_) => Ending::ClientLeft,
        };
        call.end(ending);
    });
}

async fn read_on(mut answer: Incoming, call: &mut Call) -> Result<(), hyper::Error> {
    while let Some(frame) = answer.frame().await {
        if let Ok(data) = frame?.into_data() {
            call.look_at(data);
        }
    }
    Ok(())
}
