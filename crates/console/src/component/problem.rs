//! What is wrong, in words.

use maud::{Markup, html};

/// A text of a problem, with what is between backticks as it is written.
///
/// The last backtick of an odd number is one of the text.
pub(crate) fn words(text: &str) -> Markup {
    let mut rest = text;
    html! {
        @while let Some((before, code, after)) = quoted(rest) {
            (before) code { (code) }
            @let _ = rest = after;
        }
        (rest)
    }
}

/// The same, where it is about a whole page or form.
pub(crate) fn notice(text: &str) -> Markup {
    html! { p.notice.bad role="alert" { (words(text)) } }
}

fn quoted(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::words;

    fn shown(text: &str) -> String {
        words(text).into_string()
    }

    #[test]
    fn what_is_between_backticks_is_code() {
        assert_eq!(
            shown("there is no `a<b`: see `c`."),
            "there is no <code>a&lt;b</code>: see <code>c</code>."
        );
    }

    #[test]
    fn a_backtick_alone_stays_one() {
        assert_eq!(shown("`"), "`");
        assert_eq!(shown("`a` b ` c"), "<code>a</code> b ` c");
        assert_eq!(shown(""), "");
    }
}
