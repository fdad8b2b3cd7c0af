//! The short texts that operators choose: names of things, providers and mount prefixes.

/// Why a text is not accepted as a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Names are 2 to 50 characters.
    #[error("a name has 2 to 50 characters, `{seen}` has {characters}")]
    Length {
        /// The text, shortened.
        seen: String,
        /// How many characters it has.
        characters: usize,
    },
    /// Control characters and the like cannot be read back by an operator.
    #[error("a name has no control or invisible formatting characters, `{0}` has one")]
    Control(String),
    /// A provider is a short word.
    #[error("`{0}` is no provider: use 1 to 50 lower-case letters, digits, `-`, `_` or `.`")]
    Provider(String),
    /// A mount prefix is one path segment.
    #[error(
        "`{0}` is no mount prefix: use one path segment of 1 to 50 lower-case letters, digits, `-` or `_`, other than `v1`, `v1beta`, `openai`, `api` and `dashboard`"
    )]
    Prefix(String),
    /// A model name is 1 to 200 visible characters.
    #[error("`{0}` is no model name: use 1 to 200 characters without spaces or `*`")]
    Model(String),
}

/// The name of a token, account, group, model or upstream: 2 to 50 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// Accepts a text as a name after trimming the white space around it.
    ///
    /// # Errors
    /// Where it is shorter than 2 or longer than 50 characters, or has invisible ones.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let characters = text.chars().count();
        if !(2..=50).contains(&characters) {
            let seen = shortened(text);
            return Err(NameError::Length { seen, characters });
        }
        if text.chars().any(invisible) {
            return Err(NameError::Control(text.escape_debug().to_string()));
        }
        Ok(Self(text.into()))
    }
}

/// The vendor behind a model, such as `openai`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provider(Box<str>);

impl Provider {
    /// Accepts 1 to 50 lower-case letters, digits, `-`, `_` or `.`.
    ///
    /// # Errors
    /// Where the text has anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if slug(text, b"-_.") {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Provider(shortened(text)))
        }
    }
}

/// The first path segment under which a plain HTTP upstream is mounted, without slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Box<str>);

/// Segments that belong to the routes of the LLM dialects and of the gateway itself.
const RESERVED: [&str; 8] = [
    "v1",
    "v1beta",
    "openai",
    "api",
    "dashboard",
    "healthz",
    "readyz",
    "metrics",
];

impl Prefix {
    /// Accepts one path segment of lower-case letters, digits, `-` or `_`.
    ///
    /// # Errors
    /// Where the text has anything else, or is the first segment of another route.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if slug(text, b"-_") && !RESERVED.contains(&text) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Prefix(shortened(text)))
        }
    }
}

/// The public id of a model, exactly as clients name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName(Box<str>);

impl ModelName {
    /// Accepts 1 to 200 characters without white space, control characters or `*`.
    ///
    /// # Errors
    /// Where the text has anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let odd = |c: char| c.is_whitespace() || c == '*' || invisible(c);
        if text.is_empty() || text.chars().count() > 200 || text.chars().any(odd) {
            return Err(NameError::Model(shortened(text)));
        }
        Ok(Self(text.into()))
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text!(Name Provider Prefix ModelName);

fn slug(text: &str, marks: &[u8]) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || marks.contains(&b);
    (1..=50).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.')
}

/// Control characters, and the marks that reorder or hide text around them.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_2_to_50_characters() {
        let accepted = |text: &str| Name::parse(text).is_ok();
        assert!(accepted("ab") && accepted(&"é".repeat(50)) && accepted("日本"));
        assert!(!accepted("a") && !accepted(" a ") && !accepted(&"é".repeat(51)) && !accepted(""));
        assert_eq!(Name::parse("  my key ").unwrap().as_str(), "my key");
    }

    #[test]
    fn a_name_cannot_hide_or_reorder_text() {
        for text in ["a\nb", "a\u{202e}b", "a\u{0}b", "a\u{200b}b"] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_prefix_cannot_take_the_routes_of_a_dialect() {
        assert!(Prefix::parse("crm").is_ok());
        for text in ["v1", "api", "openai", "a/b", "", "Crm", "..", "metrics"] {
            assert!(Prefix::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_model_name_is_taken_literally() {
        assert!(ModelName::parse("meta/Llama-3.1:free").is_ok());
        assert!(ModelName::parse(&"é".repeat(200)).is_ok());
        assert!(ModelName::parse(&"é".repeat(201)).is_err());
        for text in ["", "gpt *", "gpt-4o ", "a\u{200b}b"] {
            assert!(ModelName::parse(text).is_err(), "{text:?}");
        }
    }
}
