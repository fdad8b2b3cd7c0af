//! How much was said, from its text: what sound without a count lasted at least.

/// Letters of a text, as it stands in a JSON string or by itself, in pieces that are cut anywhere.
///
/// A letter of any script counts once, however many bytes it has and even if it is escaped. Digits
/// and signs do not count, so that the times of subtitles do not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Letters {
    count: u64,
    /// What is left of an escape sequence.
    escape: Escape,
}

#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Digits(u8),
}

impl Letters {
    pub(super) fn push(&mut self, text: &[u8]) {
        for byte in text {
            let is_letter;
            (self.escape, is_letter) = match (self.escape, byte) {
                (Escape::None, b'\\') => (Escape::Begun, false),
                // The first byte of a letter; those that follow it are below.
                (Escape::None, byte) => {
                    let is_letter = byte.is_ascii_alphabetic() || *byte >= 0xC0;
                    (Escape::None, is_letter)
                }
                (Escape::Begun, b'u') => (Escape::Digits(4), true),
                (Escape::Begun | Escape::Digits(0 | 1), _) => (Escape::None, false),
                (Escape::Digits(left), _) => (Escape::Digits(left - 1), false),
            };
            self.count = self.count.saturating_add(u64::from(is_letter));
        }
    }

    pub(super) const fn count(self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> u64 {
        let mut whole = Letters::default();
        whole.push(text.as_bytes());
        for size in 1..7 {
            let mut cut = Letters::default();
            let pieces = text.as_bytes().chunks(size);
            pieces.for_each(|piece| cut.push(piece));
            assert_eq!(cut.count(), whole.count(), "{text} in pieces of {size}");
        }
        whole.count()
    }

    #[test]
    fn a_letter_counts_once_in_any_script_and_form() {
        assert_eq!(count("Hello there"), 10);
        assert_eq!(count("Привет"), 6);
        assert_eq!(count("นมัสเต 你好"), 8);
        assert_eq!(count(r"\u041f\u0440\u0438\u0432\u0435\u0442"), 6);
        assert_eq!(count(r#"a\n\"b\\\"c"#), 3);
        assert_eq!(count("1\n00:00:00,000 --> 00:00:04,000\n[Hi]\n"), 2);
    }
}
