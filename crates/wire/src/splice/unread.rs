//! A cap that the client set in a field which the upstream does not read. It is renamed and not set
//! twice, since some upstreams refuse a body that has both fields.

use std::ops::Range;

use tollgate_policy::endpoint::Endpoint;

use super::{Edits, Splice};
use crate::peek::{Cap, CapField};

const READ: CapField = CapField::MaxTokens;
const UNREAD: CapField = CapField::MaxCompletionTokens;

impl Edits<'_> {
    /// The cap that an upstream which reads `max_tokens` alone does not find. The other way round
    /// there is nothing to do: OpenAI reads both, or refuses `max_tokens`.
    pub(super) fn unread(&self) -> Option<&Cap> {
        if self.reads != Some(READ) || self.endpoint != Endpoint::ChatCompletions {
            return None;
        }
        let set = |field| self.peek.caps.get(field).filter(|cap| cap.value.is_some());
        set(UNREAD).filter(|_| set(READ).is_none())
    }

    /// Gives that cap the name that is read. An empty one that has this name takes the other.
    pub(super) fn renamed_caps(&self, text: &[u8]) -> Vec<Splice> {
        let Some(unread) = self.unread() else {
            return Vec::new();
        };
        let empty = self.peek.caps.get(READ).map(|cap| (cap, UNREAD));
        [Some((unread, READ)), empty]
            .into_iter()
            .flatten()
            .filter_map(|(cap, name)| {
                Some(Splice {
                    span: key_before(text, cap.span.start)?,
                    text: format!(r#""{name}""#),
                })
            })
            .collect()
    }
}

/// Where the key of the value stands that begins there. No name of a cap has a quote in it, however
/// it is written.
fn key_before(text: &[u8], value: usize) -> Option<Range<usize>> {
    let quote = |text: &[u8]| text.iter().rposition(|byte| *byte == b'"');
    let before = text.get(..value)?;
    let end = quote(before)?;
    let start = quote(before.get(..end)?)?;
    Some(start..end.checked_add(1)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    const NONE: Option<u64> = None;

    #[track_caller]
    fn read_in(field: CapField, lowered: Option<u64>, body: &str, expected: &str) {
        check(
            body,
            |edits| {
                let edits = edits.cap_is_read_in(field);
                match lowered {
                    Some(tokens) => edits.cap(field, tokens),
                    None => edits,
                }
            },
            expected,
        );
    }

    #[test]
    fn a_cap_gets_the_name_that_is_read() {
        for (body, expected) in [
            (
                r#"{"model":"m", "max_completion_tokens" : 9 ,"n":1}"#,
                r#"{"model":"m", "max_tokens" : 9 ,"n":1}"#,
            ),
            (
                r#"{"max_compl\u0065tion_tokens":9,"model":"m"}"#,
                r#"{"max_tokens":9,"model":"m"}"#,
            ),
            (
                r#"{"model":"m","max_tokens":null,"max_completion_tokens":9}"#,
                r#"{"model":"m","max_completion_tokens":null,"max_tokens":9}"#,
            ),
            (
                r#"{"max_completion_tokens":9,"model":"m","max_tokens":0}"#,
                r#"{"max_tokens":9,"model":"m","max_completion_tokens":0}"#,
            ),
        ] {
            read_in(READ, NONE, body, expected);
        }
    }

    #[test]
    fn a_cap_that_is_lowered_gets_the_name_that_is_read() {
        for (lowered, expected) in [
            (
                7,
                r#"{"model":"m","max_tokens":7,"x":"max_completion_tokens"}"#,
            ),
            (
                10,
                r#"{"model":"m","max_tokens":9,"x":"max_completion_tokens"}"#,
            ),
        ] {
            let body = r#"{"model":"m","max_completion_tokens":9,"x":"max_completion_tokens"}"#;
            read_in(READ, Some(lowered), body, expected);
        }
    }

    #[test]
    fn a_cap_that_is_read_or_that_caps_nothing_keeps_its_name() {
        for body in [
            r#"{"model":"m"}"#,
            r#"{"model":"m","max_tokens":9}"#,
            r#"{"model":"m","max_tokens":5,"max_completion_tokens":9}"#,
            r#"{"model":"m","max_completion_tokens":null}"#,
            r#"{"model":"m","max_completion_tokens":0}"#,
        ] {
            read_in(READ, NONE, body, body);
        }
        for body in [
            r#"{"model":"m","max_tokens":9}"#,
            r#"{"model":"m","max_completion_tokens":9}"#,
        ] {
            read_in(UNREAD, NONE, body, body);
        }
    }

    #[test]
    fn other_endpoints_know_one_name() {
        let body = br#"{"model":"m","max_completion_tokens":9}"#;
        let seen = crate::peek::peek(body).unwrap();
        for endpoint in [Endpoint::Completions, Endpoint::Messages] {
            let edits = Edits::new(&seen, endpoint).cap_is_read_in(READ);
            assert!(edits.is_empty());
            assert_eq!(edits.apply(body), body);
        }
    }
}
