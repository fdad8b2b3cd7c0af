//! Asking before something is done that cannot be undone, by the name of what it is done to.

use maud::{Markup, html};

use super::layout::word;
use super::problem;
use crate::access::Visit;
use crate::problem::Problem;

/// A form that is carried out where the name of the thing was written.
pub(crate) struct Ask<'a> {
    /// Where it is sent.
    pub(crate) action: &'a str,
    pub(crate) title: &'a str,
    pub(crate) help: &'a str,
    pub(crate) button: &'a str,
    /// What must be written.
    pub(crate) name: &'a str,
    /// What was wrong the last time.
    pub(crate) wrong: Option<&'a Problem>,
}

/// The form, closed at first.
pub(crate) fn ask(visit: &Visit, ask: &Ask<'_>) -> Markup {
    let id: String = ask
        .action
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    html! {
        details.ask open[ask.wrong.is_some()] data-cancel=(visit.t("cancel")) {
            summary.button.danger { (ask.title) }
            form.card method="post" action=(ask.action) {
                (word(visit))
                h2 { (ask.title) }
                p { (ask.help) }
                div.field.wrong[ask.wrong.is_some()] {
                    label for={ "c" (id) } {
                        (visit.say().with("write-name", "name", ask.name.to_owned()))
                    }
                    input id={ "c" (id) } name="confirm" required autocomplete="off" dir="auto";
                    @if let Some(problem) = ask.wrong { p.problem role="alert" { (problem::words(visit.say(), problem)) } }
                }
                div.actions { button.danger type="submit" { (ask.button) } }
            }
        }
    }
}

/// What is left to do with a thing: to delete it. It is sent to `delete` below its path.
pub(crate) fn delete(
    visit: &Visit,
    path: &str,
    name: &str,
    help: &str,
    wrong: Option<&Problem>,
) -> Markup {
    let (word, help) = (visit.t("do-delete"), visit.t(help));
    let question = Ask {
        action: &format!("{path}/delete"),
        title: &word,
        help: &help,
        button: &word,
        name,
        wrong,
    };
    html! {
        section.card.danger-zone { h2 { (visit.t("danger")) } (ask(visit, &question)) }
    }
}

/// One button that sends a form.
pub(crate) fn press(visit: &Visit, action: &str, label: &str, tone: &'static str) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            (word(visit))
            button class=(tone) type="submit" { (label) }
        }
    }
}
