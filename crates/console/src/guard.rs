//! What a browser must show before it may change anything: that the request comes from our own
//! page, by what browsers say of it, and by a word that only our pages have.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header;
use subtle::ConstantTimeEq;
use url::Url;

use crate::problem::Problem;
use crate::site::Site;

/// The field of a form that holds the word.
pub(crate) const FIELD: &str = "_csrf";

/// Refuses what another site may have sent. A browser says where a request comes from, and no page
/// can make it say something else; who is no browser has no cookie that could be abused.
pub(crate) fn same_origin(site: &Site, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(from) = text("sec-fetch-site") {
        return match from {
            "same-origin" => Ok(()),
            _ => Err(Problem::foreign()),
        };
    }
    let origin = text(header::ORIGIN.as_str()).ok_or_else(Problem::foreign)?;
    let ours = match &site.settings().origin {
        Some(ours) => origin.eq_ignore_ascii_case(ours.trim_end_matches('/')),
        None => {
            let host = text(header::HOST.as_str());
            host.is_some_and(|host| authority(origin).is_some_and(|one| one == host))
        }
    };
    if ours {
        Ok(())
    } else {
        Err(Problem::foreign())
    }
}

/// The word that goes with a session. It follows from the cookie, and the cookie does not from it.
pub(crate) fn word(cookie: &str) -> String {
    let key = blake3::derive_key("tollgate console 2026 form word", cookie.as_bytes());
    URL_SAFE_NO_PAD.encode(key)
}

/// Refuses a form without the word of its session.
pub(crate) fn check_word(expected: &str, seen: &str) -> Result<(), Problem> {
    let same: bool = expected.as_bytes().ct_eq(seen.as_bytes()).into();
    if same {
        Ok(())
    } else {
        Err(Problem::foreign())
    }
}

fn authority(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
