//! Patterns of allowlists: literal text in which `*` stands for any number of characters.

/// Why a text is not accepted as a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pattern: use 1 to 200 visible characters, with `*` for any text")]
pub struct PatternError(String);

/// A case-sensitive pattern; without a `*` it is an exact text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: Box<str>,
    form: Form,
}

/// How a text is compared with the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// It has no `*`.
    Exact,
    /// Its only `*` is its end.
    Prefix,
    Stars,
}

impl Pattern {
    /// Accepts 1 to 200 characters without white space or control characters.
    ///
    /// # Errors
    /// Where the text has anything else.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.chars().count() > 200 || text.chars().any(odd) {
            return Err(PatternError(text.chars().take(60).collect()));
        }
        Ok(Self {
            text: text.into(),
            form: match text.find('*') {
                None => Form::Exact,
                Some(at) if text.len() - at == 1 => Form::Prefix,
                Some(_) => Form::Stars,
            },
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern covers the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        match self.form {
            Form::Exact => *self.text == *text,
            Form::Prefix => text.starts_with(self.prefix()),
            Form::Stars => covers(self.text.as_bytes(), b"", text.as_bytes()),
        }
    }

    /// Whether the pattern covers `head` followed by `tail`, without joining them in memory.
    pub(crate) fn matches_joined(&self, head: &str, tail: &str) -> bool {
        if head.is_empty() {
            return self.matches(tail);
        }
        match self.form {
            Form::Exact => self.text.strip_prefix(head) == Some(tail),
            Form::Prefix => match self.prefix().strip_prefix(head) {
                Some(rest) => tail.starts_with(rest),
                None => head.starts_with(self.prefix()),
            },
            Form::Stars => covers(self.text.as_bytes(), head.as_bytes(), tail.as_bytes()),
        }
    }

    /// What precedes the `*` at the end.
    fn prefix(&self) -> &str {
        self.text.strip_suffix('*').unwrap_or(&self.text)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

/// Greedy matching that returns only to the last star: at worst length times length steps.
fn covers(pattern: &[u8], head: &[u8], tail: &[u8]) -> bool {
    let byte = |i: usize| match head.get(i) {
        Some(b) => Some(*b),
        None => tail.get(i - head.len()).copied(),
    };
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(seen) = byte(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == seen => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    /// The definition, by recursion: slow, and plainly right.
    fn reference(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((b'*', more)), rest) => {
                reference(more, text) || rest.is_some_and(|(_, less)| reference(pattern, less))
            }
            (Some((a, more)), Some((b, less))) => a == b && reference(more, less),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(pattern in "[ab*]{1,8}", text in "[ab]{0,8}", cut in 0usize..9) {
            let cut = cut.min(text.len());
            let (head, tail) = text.split_at(cut);
            let expected = reference(pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(matches(&pattern, &text), expected);
            prop_assert_eq!(Pattern::parse(&pattern).unwrap().matches_joined(head, tail), expected);
        }
    }

    #[test]
    fn an_exact_pattern_matches_only_itself() {
        assert!(matches("gpt-4o", "gpt-4o"));
        for other in [
            "GPT-4o",
            "gpt-4o ",
            "gpt-4o-mini",
            "openai/gpt-4o",
            "",
            "gpt\u{2010}4o",
        ] {
            assert!(!matches("gpt-4o", other), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*", "") && matches("gpt-*", "gpt-") && matches("*mini*", "gpt-mini-x"));
        assert!(!matches("gpt-*", "gpt") && !matches("a*b*c", "acb"));
    }

    #[test]
    fn a_pattern_with_white_space_is_refused() {
        for text in ["", "gpt 4", "a\n"] {
            assert!(Pattern::parse(text).is_err(), "{text:?}");
        }
    }
}
