//! Random codes that people and programs are given once: of 256 bits, as 43 letters, digits, `-`
//! and `_`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::AdminError;

/// A code in clear. It is never printed, and wiped on drop; what is kept of it is a keyed hash.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    pub(crate) fn new(context: &Context) -> Result<Self, AdminError> {
        let entropy = Zeroizing::new(context.secret_entropy()?);
        let text = URL_SAFE_NO_PAD.encode(*entropy);
        Ok(Self(Zeroizing::new(text)))
    }

    /// The code in clear: for a cookie, or for the one time that it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a text has the form of a code; nothing else is looked up.
    pub(crate) fn is_one(text: &str) -> bool {
        let digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        text.len() == 43 && text.bytes().all(digit)
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}
