//! Settings of the whole installation.

use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::usage::{self, PruneInput};
use tollgate_admin_core::{AdminError, Deed, model};

use super::{Shown, shown, shown_again, to};
use crate::access::Visit;
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::component::table::fact;
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/price", post(price))
        .route("/settings/prune", post(prune))
}

async fn show(visit: Visit) -> Shown {
    if !visit.context.may(Deed::ReadSettings, None) {
        return Err(Problem::forbidden());
    }
    shown(whole(&visit, None, None).await?)
}

async fn price(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match model::set_default_price(&visit.context, fields.text("price"))
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/settings"),
        Err(problem) => shown_again(&problem, whole(&visit, Some(&problem), None).await?),
    }
}

async fn prune(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = PruneInput {
        keep_receipts: fields.some("keep_receipts"),
        keep_days: fields.some("keep_days"),
    };
    match usage::prune(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(done) => {
            let text = format!("{} · {}", done.receipts, done.days);
            shown(
                whole(
                    &visit,
                    None,
                    Some(&visit.say().with("pruned", "counts", text)),
                )
                .await?,
            )
        }
        Err(problem) => shown_again(&problem, whole(&visit, Some(&problem), None).await?),
    }
}

async fn whole(
    visit: &Visit,
    problem: Option<&Problem>,
    done: Option<&str>,
) -> Result<Markup, AdminError> {
    let default = model::default_price(&visit.context).await?;
    let fields = Fields::of(&[("price", default.price.as_deref().unwrap_or_default())]);
    let form = Sheet::new(visit.say(), &fields).with(problem, "");
    let [price, price_help, receipts, days] =
        ["price", "help-default-price", "keep-receipts", "keep-days"].map(|id| visit.t(id));
    let settings = visit.site.settings();
    let may = visit.context.may(Deed::ChangeSettings, None);
    let content = html! {
        (heading(&visit.t("nav-settings"), "", &html! {}))
        (form.rest(&["price", "keep_receipts", "keep_days"]))
        @if let Some(done) = done { p.notice.good role="status" { (done) } }
        dl.facts {
            (fact(&visit.t("gateway-url"), html! { code { (settings.gateway) } }))
            (fact(&visit.t("origin"), html! { code { (settings.origin.as_deref().unwrap_or("–")) } }))
            (fact(&visit.t("version"), html! { (env!("CARGO_PKG_VERSION")) }))
            (fact("API", html! { a href="/api/v1/openapi.json" { "/api/v1" } }))
        }
        section.card.form { h2 { (visit.t("default-price")) }
            form.row method="post" action="/settings/price" { (word(visit))
                (form.line(&Field { name: "price", label: &price, help: &price_help, example: "input=2.5,output=10", ..Field::default() }))
                @if visit.context.may(Deed::ChangeCatalog, None) { button.primary type="submit" { (visit.t("save")) } }
            }
        }
        @if may { section.card.form { h2 { (visit.t("prune")) }
            form.row method="post" action="/settings/prune" { (word(visit))
                (form.line(&Field { name: "keep_receipts", label: &receipts, example: "90d", ..Field::default() }))
                (form.line(&Field { name: "keep_days", label: &days, example: "400d", ..Field::default() }))
                button type="submit" { (visit.t("prune-do")) }
            }
        } }
    };
    Ok(page(visit, "/settings", &visit.t("nav-settings"), &content))
}
