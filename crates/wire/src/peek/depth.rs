//! How deep a JSON text nests.

use memchr::memchr2;

/// The most levels that are let through: as many as serde_json itself reads.
pub(super) const MOST: usize = 127;

/// The most arrays and objects that stand open at once in a valid JSON text.
pub(super) fn of(json: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut rest = json;
    while let Some((byte, others)) = rest.split_first() {
        rest = others;
        match byte {
            b'[' | b'{' => {
                open = open.saturating_add(1);
                deepest = deepest.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            b'"' => rest = after_string(others),
            _ => {}
        }
    }
    deepest
}

/// What follows a string whose opening quote is already gone.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let escape = rest.get(at) == Some(&b'\\');
        let skipped = if escape { 2 } else { 1 };
        rest = rest.get(at.saturating_add(skipped)..).unwrap_or_default();
        if !escape {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(of(br#"{"a":"[[[\"[[\\","b":[[1],{}]}"#), 3);
        assert_eq!(of(b"7"), 0);
        assert_eq!(of(b"[[[[]]],[]]"), 4);
    }

    #[test]
    fn a_torn_text_ends_the_count() {
        assert_eq!(of(br#"["abc\"#), 1);
        assert_eq!(of(b"]]]["), 1);
    }
}
