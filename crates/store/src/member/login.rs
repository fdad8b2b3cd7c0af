//! What a member signs in with: an email address or a user name, in any case.

/// Why a text is no login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no login: use an email address or a user name, 2 to 254 visible characters without spaces"
)]
pub struct LoginError(String);

/// An email address or a user name: 2 to 254 visible characters. Unique whatever the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login(Box<str>);

impl Login {
    /// Accepts a text as a login after trimming the white space around it.
    ///
    /// # Errors
    /// Where it is too short or long, or has spaces, control or invisible characters.
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let text = text.trim();
        let odd = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        let count = text.chars().count();
        if !(2..=254).contains(&count) || text.chars().any(odd) {
            return Err(LoginError(text.chars().take(60).collect()));
        }
        Ok(Self(text.into()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case: two logins with one key are the same.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl std::fmt::Display for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Login {
    type Err = LoginError;

    fn from_str(text: &str) -> Result<Self, LoginError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_one_word_of_any_script() {
        for text in ["ada", " ada@example.com ", "渡辺"] {
            assert!(Login::parse(text).is_ok(), "{text}");
        }
        for text in ["", "a", "a b", "a\u{202e}b", "a\nb", &"a".repeat(255)] {
            assert!(Login::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn logins_of_different_case_have_one_key() {
        let key = |text| Login::parse(text).unwrap().key();
        assert_eq!(key("Ada@Example.COM"), key("ada@example.com"));
        assert_eq!(key("ÄDA"), key("äda"));
    }
}
