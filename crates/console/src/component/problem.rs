//! What is wrong, and what else use cases say, in words.

use maud::{Markup, html};

use crate::problem::Problem;
use crate::text::{Part, Say};

/// What is wrong.
pub(crate) fn words(say: Say, problem: &Problem) -> Markup {
    match problem.translated {
        true => coded(&problem.detail),
        false => said(say, "problem", &problem.detail),
    }
}

/// The same, where it is about a whole page or form.
pub(crate) fn notice(say: Say, problem: &Problem) -> Markup {
    html! { p.notice.bad role="alert" { (words(say, problem)) } }
}

/// A sentence of a use case, from a section of the table of sentences. What stays English says so.
pub(crate) fn said(say: Say, section: &str, text: &str) -> Markup {
    html! {
        @for part in say.said(section, text) {
            @match part {
                Part::Own(text) => { (coded(&text)) }
                Part::English(text) => { span lang="en" { (coded(&text)) } }
            }
        }
    }
}

/// Several of them.
pub(crate) fn all_said(say: Say, section: &str, texts: &[String]) -> Markup {
    let joint = match say {
        Say::English => "; ",
        Say::Chinese => "；",
    };
    html! {
        @for (i, text) in texts.iter().enumerate() {
            @if i > 0 { (joint) }
            (said(say, section, text))
        }
    }
}

/// A text with what is between backticks as it is written.
///
/// The last backtick of an odd number is one of the text.
fn coded(text: &str) -> Markup {
    let mut pieces = text.split('`').enumerate().peekable();
    html! {
        @while let Some((i, piece)) = pieces.next() {
            @match (i % 2, pieces.peek()) {
                (0, _) => { (piece) }
                (_, Some(_)) => { code { (piece) } }
                (_, None) => { "`" (piece) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        coded(text).into_string()
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

    #[test]
    fn what_stays_english_on_a_chinese_page_says_so() {
        let problem = |detail: &str| Problem::invalid("name", detail);
        let shown = |say, problem: &Problem| words(say, problem).into_string();
        let unknown = problem("nobody said `this` before");
        assert_eq!(
            shown(Say::Chinese, &unknown),
            "<span lang=\"en\">nobody said <code>this</code> before</span>"
        );
        assert_eq!(
            shown(Say::English, &unknown),
            "nobody said <code>this</code> before"
        );
        let known = problem("there is no group `<a>`");
        assert_eq!(
            shown(Say::Chinese, &known),
            "没有名称或 ID 为 <code>&lt;a&gt;</code> 的分组"
        );
        let written = Problem::translated("name", "some words of a page");
        assert_eq!(shown(Say::Chinese, &written), "some words of a page");
    }
}
