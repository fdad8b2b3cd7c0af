//! What an upstream's answer, or the lack of one, means: whether it is passed on, whether another
//! upstream is tried, and what is remembered of it.

use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use tollgate_connect::SendError;
use tollgate_policy::breaker::{Blame, Cause, Outcome, Report};
use tollgate_policy::plan::Attempt;
use tollgate_rights::source::RetryOn;

use super::Outgoing;
use crate::bounded::BodyError;
use crate::upstream::{Answer, UpstreamError};

/// Too many files are open: on the machine, or in this process (errno(3), as on all Unix systems).
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// An upstream that does not accept our credential or our payment, sends us elsewhere, or fails, has
/// not answered the client's call. Nor has one whose status is to be tried elsewhere, if it may.
pub(crate) fn accept(
    response: Response<Answer>,
    (outgoing, attempt): (&Outgoing<'_>, &Attempt<'_>),
    retry_on: &RetryOn,
    may_repeat: bool,
) -> Result<Response<Answer>, UpstreamError> {
    let status = response.status();
    let code = status.as_u16();
    match status {
        _ if outgoing.is_of_mount() && is_of_path(attempt, status) => Ok(response),
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(UpstreamError::Credential(code)),
        StatusCode::SWITCHING_PROTOCOLS => Ok(response),
        _ if status.is_server_error() || status.is_informational() => failed(&response),
        // A 304 answers a condition that the client set; the others would lead past the gateway.
        _ if status.is_redirection() && status != StatusCode::NOT_MODIFIED => failed(&response),
        _ if may_repeat && retry_on.contains(code) => failed(&response),
        _ => Ok(response),
    }
}

/// Whether a mount's refusal is of what was asked for: what may be done there depends on the path, and
/// without a credential of ours all of it is the client's.
fn is_of_path(attempt: &Attempt<'_>, status: StatusCode) -> bool {
    match status.as_u16() {
        403 => true,
        401 | 402 => attempt.credential.is_none(),
        _ => false,
    }
}

fn failed(response: &Response<Answer>) -> Result<Response<Answer>, UpstreamError> {
    Err(UpstreamError::Status {
        status: response.status().as_u16(),
        retry_after: retry_after(response.headers()),
    })
}

/// Whether a call that was sent may be sent to another upstream: this one told that it did not serve
/// it.
pub(crate) fn may_go_elsewhere(error: &UpstreamError, retry_on: &RetryOn) -> bool {
    match error {
        UpstreamError::Credential(_) => true,
        UpstreamError::Status { status, .. } => retry_on.contains(*status),
        _ => error.is_unsent(),
    }
}

/// Whether an upstream would have served the call later: it told of too many, or when to come again.
pub(crate) fn asks_to_wait(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::Status {
            status,
            retry_after,
        } => *status == 429 || retry_after.is_some(),
        _ => false,
    }
}

/// What is remembered of an attempt.
pub(crate) fn report(answered: &Result<Response<Answer>, UpstreamError>) -> Report {
    match answered {
        Ok(response) => Report {
            outcome: match response.status().as_u16() {
                // Of a mount: where they concern the credential, they are no answers. A session
                // that is switched to has begun.
                101 | 401..=403 => Outcome::Served,
                status => Outcome::Status(status),
            },
            retry_after: retry_after(response.headers()),
        },
        Err(error) => unanswered(error),
    }
}

/// Whether an upstream cannot be asked for what this call wants, or we have no file left for a
/// connection: that says nothing of how it does.
pub(crate) fn is_untried(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::Send(SendError::Request(_) | SendError::Full) => true,
        UpstreamError::Send(error) => has_no_file(error),
        _ => false,
    }
}

fn has_no_file(error: &SendError) -> bool {
    match error {
        // To look up a name wants a file, too.
        SendError::Refused(error) | SendError::Resolve(error) => {
            matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
        }
        SendError::Proxy(error) => error.downcast_ref().is_some_and(has_no_file),
        _ => false,
    }
}

/// What of an upstream is left out of further attempts of the same call.
pub(crate) fn blame(error: &UpstreamError, report: &Report) -> Blame {
    match is_untried(error) {
        true => Blame::Upstream(Cause::Unreachable),
        false => report.blame(),
    }
}

/// What is remembered of an attempt without an answer. What the client did wrong says nothing.
fn unanswered(error: &UpstreamError) -> Report {
    if BodyError::behind(error).is_some() {
        return Outcome::Unknown.into();
    }
    match error {
        UpstreamError::Credential(status) => Outcome::Status(*status).into(),
        UpstreamError::Status {
            status,
            retry_after,
        } => Report {
            outcome: Outcome::Status(*status),
            retry_after: *retry_after,
        },
        _ if is_untried(error) => Outcome::Unknown.into(),
        // The client's own failed above: this was a file of ours.
        UpstreamError::Send(SendError::Body(_)) => Outcome::Unknown.into(),
        UpstreamError::Send(error) if error.is_unsent() => Outcome::Unreachable.into(),
        UpstreamError::Send(error) if error.is_timeout() => Outcome::TimedOut.into(),
        UpstreamError::Send(_) => Outcome::Broken.into(),
        UpstreamError::Address(_) => Outcome::Unreachable.into(),
        // Another one may be there.
        UpstreamError::CredentialForm => Outcome::NoCredential.into(),
        UpstreamError::Name | UpstreamError::NoneLeft => Outcome::Unknown.into(),
    }
}

/// How long an upstream asks to be left alone: in seconds, also with decimals, as some vendors write,
/// or until a date (RFC 9110, section 10.2.3). That is told by the upstream's own clock, as `Date`
/// has it, since ours may differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let [until, now] = [value, text(DATE)?].map(httpdate::parse_http_date);
    until.ok()?.duration_since(now.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_asked_is_left_out_of_the_call_and_blamed_for_nothing() {
        let error = UpstreamError::Send(SendError::Full);
        let report = unanswered(&error);
        assert_eq!(report.outcome, Outcome::Unknown);
        assert_eq!(blame(&error, &report), Blame::Upstream(Cause::Unreachable));
        let starved = || std::io::Error::from_raw_os_error(EMFILE);
        for error in [
            SendError::Refused(starved()),
            SendError::Resolve(starved()),
            SendError::Proxy(SendError::Resolve(starved()).into()),
        ] {
            let error = UpstreamError::Send(error);
            assert_eq!(unanswered(&error).outcome, Outcome::Unknown, "{error:?}");
        }
        let unread = SendError::Body(std::io::Error::other("a disk failed").into());
        assert_eq!(
            unanswered(&UpstreamError::Send(unread)).outcome,
            Outcome::Unknown
        );
        let error = UpstreamError::CredentialForm;
        let report = unanswered(&error);
        assert!(matches!(blame(&error, &report), Blame::Credential(_)));
        let error = UpstreamError::Credential(401);
        let report = unanswered(&error);
        assert_eq!(blame(&error, &report), report.blame());
    }

    #[test]
    fn too_many_calls_and_seconds_to_wait_are_wishes_to_wait() {
        let status = |status, seconds: Option<u64>| UpstreamError::Status {
            status,
            retry_after: seconds.map(Duration::from_secs),
        };
        assert!(asks_to_wait(&status(429, None)));
        assert!(asks_to_wait(&status(503, Some(5))));
        assert!(!asks_to_wait(&status(503, None)));
        assert!(!asks_to_wait(&UpstreamError::Credential(403)));
    }

    #[test]
    fn how_long_to_wait_is_told_in_seconds_or_by_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        let mut told = |text: &str| {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        for (text, expected) in [
            ("30", Some(Duration::from_secs(30))),
            ("1.5", Some(Duration::from_millis(1500))),
            ("-1", None),
            ("NaN", None),
            ("1e300", None),
            (
                "Sun, 06 Nov 1994 08:51:37 GMT",
                Some(Duration::from_secs(120)),
            ),
            ("Sun, 06 Nov 1994 08:48:37 GMT", None),
            ("tomorrow", None),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        told("Sun, 06 Nov 1994 08:51:37 GMT");
        headers.remove(DATE);
        assert_eq!(retry_after(&headers), None, "whose clock?");
    }
}
