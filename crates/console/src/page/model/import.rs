//! Models and prices from a file of another product: looked at first, then done.

use maud::{Markup, html};
use tollgate_admin_core::Deed;
use tollgate_admin_core::import::{self, ImportInput};
use tollgate_admin_core::view::import::{Action, ImportView};

use crate::access::Visit;
use crate::component::layout::{heading, page, word};
use crate::component::sheet::Form;
use crate::component::{badge, problem};
use crate::form::{Fields, Posted};
use crate::page::{Shown, shown, shown_again};
use crate::problem::Problem;

/// Entries that are shown of a long file; those of which something has to be said come first.
const SHOWN: usize = 300;

pub(super) async fn form(visit: Visit) -> Shown {
    if !visit.context.may(Deed::ChangeCatalog, None) {
        return Err(Problem::forbidden());
    }
    shown(whole(&visit, &Fields::default(), None, None))
}

pub(super) async fn run(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = ImportInput {
        from: fields.text("from").to_owned(),
        text: fields.text("text").to_owned(),
        only: fields.list("only"),
        provider: fields.some("provider"),
        dry_run: fields.text("action") != "import",
        update: fields.is_on("update"),
    };
    match import::models(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(done) => shown(whole(&visit, &fields, None, Some(&done))),
        Err(problem) => shown_again(&problem, whole(&visit, &fields, Some(&problem), None)),
    }
}

fn whole(
    visit: &Visit,
    fields: &Fields,
    problem: Option<&Problem>,
    done: Option<&ImportView>,
) -> Markup {
    let title = visit.t("import-prices");
    let form = Form::new(visit.say(), fields, problem);
    let products = [("litellm", "LiteLLM"), ("new-api", "new-api")];
    let products = products.map(|(value, name)| (value.to_owned(), name.to_owned()));
    let inputs = html! {
        div.pair {
            (form.field("from").label("import-from").choice(&products))
            (form.field("provider").label("import-provider").help("help-import-provider").line())
        }
        div data-read="#f-text" data-label=(visit.t("choose-file")) {
            (form.field("text").label("import-text").must().help("help-import-text").lines(8))
        }
        (form.field("only").label("import-only").help("help-import-only").example("gpt-4o*\nclaude-*").lines(2))
        (form.field("update").label("import-update").tick())
    };
    let content = html! {
        p.crumbs { a href="/models" { (visit.t("nav-models")) } }
        (heading(&title, &visit.t("import-lead"), &html! {}))
        @if let Some(done) = done { (outcome(visit, done)) }
        form.card.form method="post" action="/models/import" {
            (word(visit)) (form.rest()) (inputs)
            div.actions {
                button.primary type="submit" name="action" value="look" { (visit.t("import-look")) }
                button type="submit" name="action" value="import" { (visit.t("import-do")) }
                a.button href="/models" { (visit.t("cancel")) }
            }
        }
    };
    page(visit, "/models", &title, &content)
}

fn outcome(visit: &Visit, done: &ImportView) -> Markup {
    let title = visit.t(if done.dry_run {
        "import-would"
    } else {
        "import-done"
    });
    let counts = [
        (Action::Created, done.created),
        (Action::Updated, done.updated),
        (Action::Unchanged, done.unchanged),
        (Action::Left, done.left),
        (Action::Skipped, done.skipped),
    ];
    let mut entries: Vec<_> = done.entries.iter().collect();
    entries.sort_by_key(|one| (one.notes.is_empty(), one.action));
    let rest = entries.len().saturating_sub(SHOWN);
    html! {
        section.card #outcome role="status" {
            h2 { (title) }
            p { @for (action, count) in counts { @if count > 0 { span.chip { (count) " " (visit.say().name_of("import", action.name())) } } } }
            @for remark in &done.remarks { p.quiet { (problem::said(visit.say(), "note", remark)) } }
            ul.rows {
                @for one in &done.groups { li { strong dir="auto" { (one.name) } (state(visit, one.action)) span.quiet { (problem::all_said(visit.say(), "note", &one.notes)) } } }
                @for one in entries.iter().take(SHOWN) { li {
                    code dir="auto" { (one.name) } (state(visit, one.action))
                    @if let Some(price) = &one.price { code.hint { (price) } }
                    @if !one.notes.is_empty() { span.quiet { (problem::all_said(visit.say(), "note", &one.notes)) } }
                } }
                @if rest > 0 { li.quiet { "+" (rest) } }
            }
        }
    }
}

fn state(visit: &Visit, action: Action) -> Markup {
    let tone = match action {
        Action::Created | Action::Updated => "good",
        Action::Unchanged => "calm",
        Action::Left | Action::Skipped => "warn",
    };
    badge::badge(tone, &visit.say().name_of("import", action.name()))
}
