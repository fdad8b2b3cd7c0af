//! The gallery: models with their prices for each group, and ids to copy.

mod import;
mod price;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::model::{self, ModelChange, ModelInput, WindowInput};
use tollgate_admin_core::view::model::ModelView;
use tollgate_admin_core::{Deed, group};

use super::{Shown, confirmed, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::sheet::{Form, Frame, sheet as framed};
use crate::component::{badge, dialog, money, table};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/models", get(list).post(create))
        .route("/models/new", get(new))
        .route("/models/import", get(import::form).post(import::run))
        .route("/models/{id}/price", post(price::change))
        .route("/models/{id}", get(form).post(save))
        .route("/models/{id}/delete", post(delete))
}

async fn list(visit: Visit, query: Fields) -> Shown {
    let mut models = model::list(&visit.context).await?;
    let total = models.len();
    let wanted = query.text("search").trim().to_lowercase();
    let fits = |one: &ModelView| {
        [&one.name, &one.provider, &one.note]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    models.retain(fits);
    let groups = group::list(&visit.context).await?;
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let new = html! { a.button.primary href="/models/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("model-new")) } } };
    let multipliers: Vec<(String, String)> = groups
        .into_iter()
        .map(|one| (one.name, one.multiplier))
        .collect();
    let content = html! {
        (heading(&visit.t("nav-models"), &visit.t("models-lead"), &html! { @if may { a.button href="/models/import" { (visit.t("import-prices")) } (new) } }))
        form.filters method="get" action="/models" role="search" data-live="#results" {
            label.search { (Icon::Search.draw()) span.unseen { (visit.t("search")) }
                input type="search" name="search" value=(query.text("search")) placeholder=(visit.t("search-models")) data-key="/" autocomplete="off"; }
            button.apply type="submit" { (visit.t("apply")) }
        }
        div #results aria-live="polite" {
            @if total == 0 { (table::empty(&visit.t("models-none"), &visit.t("models-none-help"), may.then_some(new))) }
            @else if models.is_empty() { (table::empty(&visit.t("no-match"), &visit.t("no-match-help"), None)) }
            @else { ul.gallery { @for one in &models { (card(&visit, one, &multipliers, may)) } } }
        }
    };
    shown(page(&visit, "/models", &visit.t("nav-models"), &content))
}

fn card(visit: &Visit, one: &ModelView, groups: &[(String, String)], may: bool) -> Markup {
    let id = format!("m-{}", one.id);
    html! { li.card {
        div.gallery-head {
            code id=(id) dir="auto" { (one.name) }
            button.ghost.copy type="button" data-copy={ "#" (id) } data-done=(visit.t("copied")) hidden
                aria-label=(visit.say().with("copy-id", "name", one.name.clone())) { (Icon::Copy.draw()) }
        }
        p.quiet { bdi { (one.provider) }
            @if let Some(context) = one.context { " · " (money::short(context)) " " (visit.t("context")) }
            @if !one.enabled { " " (badge::enabled(visit.say(), false)) }
        }
        (prices(visit, one))
        @if groups.iter().any(|(_, multiplier)| multiplier != "1") {
            p.quiet { @for (name, multiplier) in groups { span.chip dir="auto" { (name) " ×" (multiplier) } } }
        }
        @if may { p { a href={ "/models/" (one.id) } data-sheet aria-label={ (visit.t("edit")) " " (one.name) } { (visit.t("edit")) } } }
    } }
}

fn prices(visit: &Visit, one: &ModelView) -> Markup {
    html! {
        dl.prices {
            @match &one.price {
                None => div { dt { (visit.t("price")) } dd { (badge::badge("warn", &visit.t("price-unknown"))) } },
                Some(price) => @for part in price.split(',') {
                    @let (what, amount) = part.split_once('=').unwrap_or((part, ""));
                    div { dt { (visit.say().name_of("price", what)) } dd { (amount) } }
                }
            }
        }
        @for other in &one.prices {
            p.quiet { @if let Some(group) = &other.group { bdi { (group.name) } ": " } @if let Some(provider) = &other.provider { bdi { (provider) } ": " } code { (other.price) } }
        }
    }
}

async fn new(visit: Visit) -> Shown {
    shown(sheet(&visit, None, &Fields::default(), None, None))
}

async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = model::show(&visit.context, &id).await?;
    shown(sheet(&visit, Some(&one), &fields_of(&one), None, None))
}

async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = ModelInput {
        name: fields.text("name").trim().to_owned(),
        provider: fields.text("provider").trim().to_owned(),
        price: fields.some("price"),
        window: window(&fields),
        note: fields.text("note").replace('\r', ""),
    };
    match model::create(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/models"),
        Err(problem) => shown_again(&problem, sheet(&visit, None, &fields, Some(&problem), None)),
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = model::show(&visit.context, &id).await?;
    let change = ModelChange {
        name: Some(fields.text("name").trim().to_owned()),
        provider: Some(fields.text("provider").trim().to_owned()),
        enabled: Some(fields.is_on("enabled")),
        price: Some(fields.text("price").to_owned()),
        window: window(&fields),
        note: Some(fields.text("note").replace('\r', "")),
        if_version: fields.text("version").parse().ok(),
    };
    match model::edit(&visit.context, &one.id, &change)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/models"),
        Err(problem) => shown_again(
            &problem,
            sheet(&visit, Some(&one), &fields, Some(&problem), None),
        ),
    }
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = model::show(&visit.context, &id).await?;
    let done = async {
        confirmed(&visit, &fields, &one.name)?;
        let done = model::delete(&visit.context, &one.id).await;
        done.map_err(Problem::from)
    };
    let Err(problem) = done.await else {
        return to("/models");
    };
    shown_again(
        &problem,
        sheet(&visit, Some(&one), &fields_of(&one), None, Some(&problem)),
    )
}

fn window(fields: &Fields) -> WindowInput {
    let text = |name, blank: &str| Some(fields.some(name).unwrap_or_else(|| blank.to_owned()));
    WindowInput {
        context: text("context", "unknown"),
        max_output: text("max_output", "unknown"),
        cap_field: text("cap_field", "usual"),
    }
}

fn fields_of(one: &ModelView) -> Fields {
    let number = |one: Option<u64>| one.map(|one| one.to_string()).unwrap_or_default();
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("provider", &one.provider),
        ("price", one.price.as_deref().unwrap_or_default()),
        ("context", &number(one.context)),
        ("max_output", &number(one.max_output)),
        ("cap_field", one.cap_field.as_deref().unwrap_or_default()),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    if one.enabled {
        fields.put("enabled", "true");
    }
    fields
}

fn sheet(
    visit: &Visit,
    one: Option<&ModelView>,
    fields: &Fields,
    problem: Option<&Problem>,
    asked: Option<&Problem>,
) -> Markup {
    let title = one.map_or_else(|| visit.t("model-new"), |one| one.name.clone());
    let action = one.map_or_else(
        || "/models".to_owned(),
        |one| format!("/models/{}", segment(&one.id)),
    );
    let frame = Frame {
        place: ("/models", "nav-models"),
        title: &title,
        action: &action,
        back: "/models",
        button: Some("save"),
    };
    let form = Form::new(visit.say(), fields, problem);
    let caps = [
        "",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
    ];
    let caps = caps.map(|one| {
        let name = if one.is_empty() {
            visit.t("cap-usual")
        } else {
            one.to_owned()
        };
        (one.to_owned(), name)
    });
    let inputs = html! {
        div.pair {
            (form.field("name").label("model-id").must().help("help-model").line())
            (form.field("provider").must().example("openai").line())
        }
        (form.field("price").help("help-price").example("input=2.5,output=10").line())
        div.triple {
            (form.field("context").label("context-window").example("128000").number())
            (form.field("max_output").example("16384").number())
            (form.field("cap_field").help("help-cap").choice(&caps))
        }
        @if one.is_some() { (form.field("enabled").label("model-on").tick()) }
        (form.field("note").lines(2))
    };
    let below = html! { @if let Some(one) = one {
        (price::others(visit, &action, one))
        (dialog::delete(visit, &action, &one.name, "model-delete-help", asked))
    } };
    framed(visit, &frame, &form, &inputs, &below)
}
