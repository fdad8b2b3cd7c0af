//! Heads of answers that another server may read differently than hyper does are refused.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

/// Why the end of the answer is in doubt, if it is.
pub(crate) fn doubt(headers: &HeaderMap) -> Option<&'static str> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let coding = codings.next()?;
    if headers.contains_key(CONTENT_LENGTH) {
        return Some("both a length and a transfer coding");
    }
    // hyper would pass on what is coded otherwise as if it were the body.
    let is_chunked = coding
        .as_bytes()
        .trim_ascii()
        .eq_ignore_ascii_case(b"chunked");
    (!is_chunked || codings.next().is_some()).then_some("a transfer coding other than chunked")
}
