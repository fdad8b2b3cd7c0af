//! What a browser keeps of a sign-in that it began: sealed, so that it can neither read nor change it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tollgate_policy::time::Timestamp;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::AdminError;

/// How long somebody may take at the issuer.
pub(super) const LASTS: Duration = Duration::from_secs(10 * 60);

/// A sign-in under way.
#[derive(Serialize, Deserialize)]
pub(super) struct Underway {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where the issuer was told to send the browser.
    pub(super) back: String,
    pub(super) next: String,
    /// Microseconds since 1970.
    pub(super) until: i64,
}

impl Underway {
    pub(super) fn seal(&self, context: &Context) -> Result<String, AdminError> {
        let clear = serde_json::to_vec(self).map(Zeroizing::new);
        let clear = clear.map_err(|_| AdminError::internal("a sign-in cannot be written"))?;
        Ok(URL_SAFE_NO_PAD.encode(context.store().openid_seal(&clear)?))
    }

    /// `None` for anything that was not sealed here.
    pub(super) fn open(context: &Context, cookie: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let clear = context.store().openid_open(&sealed)?;
        serde_json::from_slice(&clear).ok()
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        Some(Timestamp::from_micros(self.until))
    }
}
