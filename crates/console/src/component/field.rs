//! Fields of forms: a label, help in place, and what was wrong with what was sent.

use maud::{Markup, html};

use super::problem;
use crate::form::Fields;
use crate::problem::Problem;
use crate::text::Say;

/// A form as it is shown: what it holds, and what was wrong.
pub(crate) struct Sheet<'a> {
    say: Say,
    pub(crate) fields: &'a Fields,
    /// The field that cannot be used, and why.
    pub(crate) wrong: Option<(&'a str, &'a Problem)>,
}

/// What there is to say about one field.
#[derive(Clone, Copy, Default)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) help: &'a str,
    pub(crate) example: &'a str,
    /// The id of a list of proposals.
    pub(crate) list: &'a str,
    pub(crate) required: bool,
    pub(crate) kind: &'a str,
    pub(crate) autocomplete: &'a str,
    /// What tells its id apart, where a page has several forms.
    pub(crate) apart: &'a str,
}

impl Field<'_> {
    /// The id of a part of it: `f` of what is filled in, `p` of the problem, `h` of the help.
    fn id(&self, part: char) -> String {
        format!("{part}-{}{}", self.apart, self.name)
    }
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(say: Say, fields: &'a Fields) -> Self {
        let wrong = None;
        Self { say, fields, wrong }
    }

    /// The same with what was wrong, beside a field where the problem names none.
    pub(crate) fn with(self, problem: Option<&'a Problem>, field: &'a str) -> Self {
        let named = |one: &'a Problem| (one.field.as_deref().unwrap_or(field), one);
        let wrong = problem.map(named);
        Self { wrong, ..self }
    }

    fn problem(&self, name: &str) -> Option<&'a Problem> {
        let (field, problem) = self.wrong?;
        (field == name).then_some(problem)
    }

    fn framed(&self, field: &Field<'_>, input: &Markup) -> Markup {
        let problem = self.problem(field.name);
        html! {
            div.field.wrong[problem.is_some()] {
                label for=(field.id('f')) {
                    (field.label)
                    @if field.required { span.must aria-hidden="true" { " *" } }
                }
                (input)
                @if let Some(problem) = problem {
                    p.problem id=(field.id('p')) role="alert" { (problem::words(self.say, problem)) }
                }
                @if !field.help.is_empty() { p.help id=(field.id('h')) { (field.help) } }
            }
        }
    }

    fn described(&self, field: &Field<'_>) -> Option<String> {
        let mut ids = Vec::new();
        if self.problem(field.name).is_some() {
            ids.push(field.id('p'));
        }
        if !field.help.is_empty() {
            ids.push(field.id('h'));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// One line of text. Passwords and codes are never sent back.
    pub(crate) fn line(&self, field: &Field<'_>) -> Markup {
        let (kind, mode) = match field.kind {
            "" => ("text", None),
            "numeric" | "decimal" => ("text", Some(field.kind)),
            kind => (kind, None),
        };
        let shown = if kind == "password" {
            ""
        } else {
            self.fields.text(field.name)
        };
        let invalid = self.problem(field.name).map(|_| "true");
        self.framed(field, &html! {
            input id=(field.id('f')) type=(kind) inputmode=[mode] name=(field.name) value=(shown) dir="auto"
                required[field.required] placeholder=[plain(field.example)] list=[plain(field.list)]
                autocomplete=[some_or(field.autocomplete, "off")]
                aria-describedby=[self.described(field)] aria-invalid=[invalid];
        })
    }

    /// Several lines of text.
    pub(crate) fn lines(&self, field: &Field<'_>, rows: u8) -> Markup {
        let invalid = self.problem(field.name).map(|_| "true");
        let text = self.fields.all(field.name).join("\n");
        self.framed(
            field,
            &html! {
                textarea id=(field.id('f')) name=(field.name) rows=(rows) dir="auto"
                    placeholder=[plain(field.example)] data-check=[plain(field.kind)]
                    aria-describedby=[self.described(field)] aria-invalid=[invalid] { "\n" (text) }
            },
        )
    }

    /// One of several: values with their labels.
    pub(crate) fn choice(&self, field: &Field<'_>, options: &[(String, String)]) -> Markup {
        let chosen = self.fields.text(field.name);
        self.framed(
            field,
            &html! {
                select id=(field.id('f')) name=(field.name) required[field.required]
                    aria-describedby=[self.described(field)] {
                    @for (value, label) in options {
                        option value=(value) selected[value == chosen] { (label) }
                    }
                }
            },
        )
    }

    /// A box to tick.
    pub(crate) fn tick(&self, field: &Field<'_>) -> Markup {
        html! {
            div.field.tick {
                label for=(field.id('f')) {
                    input id=(field.id('f')) type="checkbox" name=(field.name) value="true"
                        checked[self.fields.is_on(field.name)];
                    span { (field.label) }
                }
                @if !field.help.is_empty() { p.help { (field.help) } }
            }
        }
    }

    /// What is wrong with no field that is shown.
    pub(crate) fn rest(&self, shown: &[&str]) -> Markup {
        let rest = self.wrong.filter(|(field, _)| !shown.contains(field));
        html! {
            @if let Some((_, problem)) = rest { (problem::notice(self.say, problem)) }
        }
    }
}

fn plain(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn some_or<'t>(text: &'t str, other: &'t str) -> Option<&'t str> {
    Some(if text.is_empty() { other } else { text })
}
