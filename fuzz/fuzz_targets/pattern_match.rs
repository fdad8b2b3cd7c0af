//! Matching a pattern never panics, and agrees with its definition.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_policy::pattern::Pattern;

fuzz_target!(|data: (&str, &str)| {
    let (pattern, text) = data;
    let Ok(parsed) = pattern.parse::<Pattern>() else {
        return;
    };
    assert_eq!(parsed.as_str(), pattern);
    assert_eq!(
        parsed.matches(text),
        reference(pattern.as_bytes(), text.as_bytes())
    );
    let everything = "*".parse::<Pattern>().expect("a star is a pattern");
    assert!(everything.matches(text));
});

/// Row by row: whether the pattern so far covers each beginning of the text.
fn reference(pattern: &[u8], text: &[u8]) -> bool {
    let mut covered = vec![false; text.len() + 1];
    covered[0] = true;
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        for end in 0..=text.len() {
            let before = end.checked_sub(1);
            next[end] = match wanted {
                b'*' => covered[end] || before.is_some_and(|before| next[before]),
                byte => before.is_some_and(|before| covered[before] && text[before] == *byte),
            };
        }
        covered = next;
    }
    covered[text.len()]
}
