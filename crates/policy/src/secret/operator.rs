//! The secret of an operator's API credential: `sk-tgadm-` and the rest of a native secret.
//!
//! It opens the API of the admin, and no call is ever made with it: [`Secret::parse`] refuses it by
//! its shape, as [`OperatorSecret::parse`] refuses what clients call with.
//!
//! [`Secret::parse`]: super::Secret::parse

use zeroize::Zeroizing;

use super::{MAX_LEN, SecretError, checksum_matches, mint};

/// How every secret of an operator begins.
pub const PREFIX: &str = "sk-tgadm-";

/// An operator's secret in clear. It is never printed, and wiped on drop.
pub struct OperatorSecret(Zeroizing<String>);

impl OperatorSecret {
    /// A new secret from 256 random bits.
    pub fn new(entropy: &[u8; 32]) -> Self {
        Self(mint(PREFIX, entropy))
    }

    /// Reads what a program presented.
    ///
    /// # Errors
    /// Where the text is empty, too long, not of this form, or mistyped.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > MAX_LEN {
            return Err(SecretError::TooLong);
        }
        if !text.starts_with(PREFIX) {
            return Err(SecretError::NotOperator);
        }
        if !checksum_matches(PREFIX, text) {
            return Err(SecretError::Checksum);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret in clear: for the one time that it is shown, and to be hashed.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What lists show of it: the beginning and the last four characters.
    pub fn hint(&self) -> String {
        let end = self.0.len().saturating_sub(4);
        format!("{PREFIX}…{}", self.0.get(end..).unwrap_or_default())
    }
}

/// Never shows the secret.
impl std::fmt::Debug for OperatorSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperatorSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    #[test]
    fn an_operators_secret_reads_back_and_is_no_secret_of_a_token() {
        let secret = OperatorSecret::new(&[9; 32]);
        let read = OperatorSecret::parse(secret.reveal()).unwrap();
        assert_eq!(read.reveal(), secret.reveal());
        let refused = Secret::parse(secret.reveal()).err();
        assert_eq!(refused, Some(SecretError::Operator));
        let native = Secret::native(&[9; 32]);
        let refused = OperatorSecret::parse(native.reveal()).err();
        assert_eq!(refused, Some(SecretError::NotOperator));
    }

    #[test]
    fn a_mistyped_secret_is_noticed_and_none_is_printed() {
        let secret = OperatorSecret::new(&[9; 32]);
        let mut short = secret.reveal().to_owned();
        short.pop();
        let refused = OperatorSecret::parse(&short).err();
        assert_eq!(refused, Some(SecretError::Checksum));
        assert_eq!(format!("{secret:?}"), "OperatorSecret(…)");
        assert!(secret.hint().starts_with("sk-tgadm-…") && secret.hint().len() < 20);
    }
}
