//! What an upstream said, and what of it may be shown.

use bytes::Bytes;
use http::Response;
use http_body::Body;
use http_body_util::BodyExt;
use tollgate_policy::endpoint::Dialect;
use tollgate_rights::source::UpstreamSecret;

/// How much of a failing answer is read, in bytes, and shown, in characters.
const READ: usize = 4096;
pub(super) const SHOWN: usize = 200;

/// What came of a call that was answered.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) problem: Option<String>,
}

/// A plain API may have nothing at its root; it must only be there and take the credential.
pub(super) async fn judged(
    response: Response<impl Body<Data = Bytes> + Unpin>,
    dialect: Dialect,
) -> Answered {
    let status = response.status();
    let there = status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 407);
    if status.is_success() || (dialect == Dialect::Plain && there) {
        return Answered {
            status: status.as_u16(),
            problem: None,
        };
    }
    let problem = if status.is_redirection() {
        let to = response.headers().get(http::header::LOCATION);
        let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        format!("it redirects to {to}, which is not followed: change its base URL")
    } else {
        beginning(response.into_body()).await
    };
    Answered {
        status: status.as_u16(),
        problem: Some(problem),
    }
}

async fn beginning(mut body: impl Body<Data = Bytes> + Unpin) -> String {
    let mut read = Vec::new();
    while read.len() < READ
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
    }
    String::from_utf8_lossy(&read).trim().to_owned()
}

/// Some upstreams repeat the credential in their errors. It is taken out before anything is cut.
pub(super) fn shown(text: &str, credential: Option<&UpstreamSecret>) -> String {
    let text = match credential {
        Some(secret) if !secret.reveal().is_empty() => text.replace(secret.reveal(), "…"),
        _ => text.to_owned(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
