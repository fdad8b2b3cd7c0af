//! A form that makes or changes a thing: a page of its own, or, with scripts, a dialog over the page
//! that leads to it. Labels and helps are names of texts.

use std::cell::RefCell;

use maud::{Markup, html};

use super::field::{Field, Sheet};
use super::layout::{heading, page, word};
use crate::access::Visit;
use crate::form::Fields;
use crate::problem::Problem;
use crate::text::Say;

/// What a form holds, and what was wrong with it.
pub(crate) struct Form<'a> {
    say: Say,
    sheet: Sheet<'a>,
    apart: &'a str,
    shown: RefCell<Vec<&'a str>>,
}

/// One field, before it is drawn.
#[must_use]
pub(crate) struct Entry<'f, 'a> {
    form: &'f Form<'a>,
    field: Field<'a>,
    label: &'a str,
    help: &'a str,
    example: String,
}

/// Around a form: where it belongs, and where it is sent.
pub(crate) struct Frame<'a> {
    /// The place in the navigation, and the text of its name.
    pub(crate) place: (&'static str, &'static str),
    pub(crate) title: &'a str,
    pub(crate) action: &'a str,
    /// Where cancelling leads.
    pub(crate) back: &'a str,
    /// The text of the button that sends it; none for those who may only read.
    pub(crate) button: Option<&'static str>,
}

impl<'a> Form<'a> {
    pub(crate) fn new(say: Say, fields: &'a Fields, problem: Option<&'a Problem>) -> Self {
        Self {
            say,
            sheet: Sheet::new(say, fields).with(problem, ""),
            apart: "",
            shown: RefCell::default(),
        }
    }

    /// The same for a page that has other forms, with fields of the same names.
    pub(crate) fn apart(self, apart: &'a str) -> Self {
        Self { apart, ..self }
    }

    /// The field of this name; its label is the text of the same name.
    pub(crate) fn field<'f>(&'f self, name: &'a str) -> Entry<'f, 'a> {
        let (apart, kind) = (self.apart, "");
        Entry {
            form: self,
            field: Field {
                name,
                apart,
                kind,
                ..Field::default()
            },
            label: name,
            help: "",
            example: String::new(),
        }
    }

    /// What bounds a thing, side by side.
    pub(crate) fn limits(&self) -> Markup {
        html! { div.triple {
            @for name in ["rpm", "tpm", "concurrency"] { (self.field(name).blank("no-limit").number()) }
        } }
    }

    /// Fields that go back as they came.
    pub(crate) fn kept(&self, names: &[&str]) -> Markup {
        html! { @for name in names { input type="hidden" name=(name) value=(self.sheet.fields.text(name)); } }
    }

    /// Whether one of these has to be looked at.
    pub(crate) fn is_about(&self, names: &[&str]) -> bool {
        let wrong = self.sheet.wrong;
        wrong.is_some_and(|(field, _)| names.contains(&field))
    }

    /// What is wrong with no field that was drawn; to be called after all of them.
    pub(crate) fn rest(&self) -> Markup {
        self.sheet.rest(&self.shown.borrow())
    }
}

impl<'a> Entry<'_, 'a> {
    /// The text of its label, where it is not the one of its name.
    pub(crate) fn label(mut self, text: &'a str) -> Self {
        self.label = text;
        self
    }

    pub(crate) fn help(mut self, text: &'a str) -> Self {
        self.help = text;
        self
    }

    /// What could be written.
    pub(crate) fn example(mut self, example: &str) -> Self {
        example.clone_into(&mut self.example);
        self
    }

    /// The text of what it means to write nothing.
    pub(crate) fn blank(mut self, text: &str) -> Self {
        self.example = self.form.say.t(text);
        self
    }

    /// The same where that is so.
    pub(crate) fn blank_or(self, text: &str, is_so: bool) -> Self {
        if is_so { self.blank(text) } else { self }
    }

    pub(crate) fn must(mut self) -> Self {
        self.field.required = true;
        self
    }

    pub(crate) fn kind(mut self, kind: &'a str) -> Self {
        self.field.kind = kind;
        self
    }

    /// The id of a list of proposals.
    pub(crate) fn proposals(mut self, list: &'a str) -> Self {
        self.field.list = list;
        self
    }

    /// One line of text.
    pub(crate) fn line(self) -> Markup {
        self.drawn(|sheet, field| sheet.line(field))
    }

    /// A secret that is written and never shown.
    pub(crate) fn password(mut self) -> Markup {
        (self.field.kind, self.field.autocomplete) = ("password", "new-password");
        self.line()
    }

    /// A whole number, of which a phone shows the digits alone.
    pub(crate) fn number(self) -> Markup {
        self.kind("numeric").line()
    }

    pub(crate) fn lines(self, rows: u8) -> Markup {
        self.drawn(|sheet, field| sheet.lines(field, rows))
    }

    /// Values with their labels.
    pub(crate) fn choice(self, options: &[(String, String)]) -> Markup {
        self.drawn(|sheet, field| sheet.choice(field, options))
    }

    pub(crate) fn tick(self) -> Markup {
        self.drawn(|sheet, field| sheet.tick(field))
    }

    /// Addresses and networks, one to a line, looked at as they are written.
    pub(crate) fn networks(self, rows: u8) -> Markup {
        let odd = self.form.say.with("no-address", "text", "\u{2026}");
        html! { div data-odd=(odd) { (self.kind("network").lines(rows)) } }
    }

    /// Names, one to a line, with a list to tick them in where there are scripts.
    pub(crate) fn picked(self, list: &str, rows: u8) -> Markup {
        let say = self.form.say;
        html! {
            div.picker data-picker={ "#" (list) } data-choose=(say.t("choose-from-list")) data-search=(say.t("search")) data-none=(say.t("no-match")) {
                (self.lines(rows))
            }
        }
    }

    fn drawn(self, draw: impl FnOnce(&Sheet<'a>, &Field<'_>) -> Markup) -> Markup {
        self.form.shown.borrow_mut().push(self.field.name);
        let say = self.form.say;
        let text = |id: &str| match id {
            "" => String::new(),
            id => say.t(&id.replace('_', "-")),
        };
        let (label, help) = (text(self.label), text(self.help));
        let field = Field {
            label: &label,
            help: &help,
            example: &self.example,
            ..self.field
        };
        draw(&self.form.sheet, &field)
    }
}

/// Proposals: names, each with what tells more of it.
pub(crate) fn proposals<'n>(
    id: &str,
    names: impl IntoIterator<Item = (&'n str, &'n str)>,
) -> Markup {
    html! { datalist id=(id) { @for (name, more) in names { option value=(name) label=[(!more.is_empty()).then_some(more)] {} } } }
}

/// The page of a form. `below` is what else can be done to the thing.
pub(crate) fn sheet(
    visit: &Visit,
    frame: &Frame<'_>,
    form: &Form<'_>,
    fields: &Markup,
    below: &Markup,
) -> Markup {
    let (path, text) = frame.place;
    let content = html! {
        p.crumbs { a href=(path) { (visit.t(text)) } }
        div #pane {
            (heading(frame.title, "", &html! {}))
            form.card.form method="post" action=(frame.action) {
                (word(visit))
                (form.kept(&["version"]))
                (form.rest())
                (fields)
                @if let Some(button) = frame.button {
                    div.actions {
                        button.primary type="submit" { (visit.t(button)) }
                        a.button.cancel href=(frame.back) { (visit.t("cancel")) }
                    }
                }
            }
            (below)
        }
    };
    page(visit, path, frame.title, &content)
}
