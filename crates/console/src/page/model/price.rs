//! Price lists of a model that apply to some calls only: to those of a group, or of a provider.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::model::{self, PriceInput, PriceScope};
use tollgate_admin_core::view::model::ModelView;

use super::{fields_of, sheet};
use crate::access::Visit;
use crate::component::layout::word;
use crate::component::sheet::Form;
use crate::form::{Fields, Posted};
use crate::page::{Shown, shown_again, to};
use crate::problem::Problem;

pub(super) async fn change(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let scope = PriceScope {
        provider: fields.some("provider"),
        group: fields.some("group"),
    };
    let context = &visit.context;
    let done = match fields.text("action") {
        "remove" => model::price_remove(context, &id, &scope).await,
        _ => {
            let price = fields.text("price").to_owned();
            model::price_set(context, &id, &PriceInput { scope, price }).await
        }
    };
    match done.map_err(Problem::from) {
        Ok(one) => to(&format!("/models/{}", one.id)),
        Err(problem) => {
            let one = model::show(&visit.context, &id).await?;
            let page = sheet(&visit, Some(&one), &fields_of(&one), Some(&problem), None);
            shown_again(&problem, page)
        }
    }
}

/// Those that it has, and a form for one more.
pub(super) fn others(visit: &Visit, path: &str, one: &ModelView) -> Markup {
    let blank = Fields::default();
    let form = Form::new(visit.say(), &blank, None).apart("o-");
    let action = format!("{path}/price");
    html! {
        section.card { h2 { (visit.t("prices-of-some")) }
            p.help { (visit.t("help-prices-of-some")) }
            ul.rows { @for other in &one.prices { li {
                @if let Some(group) = &other.group { span.chip dir="auto" { (group.name) } }
                @if let Some(provider) = &other.provider { span.chip dir="auto" { (provider) } }
                code { (other.price) }
                form.inline method="post" action=(action) { (word(visit))
                    input type="hidden" name="group" value=(other.group.as_ref().map(|one| one.id.as_str()).unwrap_or_default());
                    input type="hidden" name="provider" value=(other.provider.as_deref().unwrap_or_default());
                    button.danger type="submit" name="action" value="remove" { (visit.t("remove")) }
                }
            } } }
            form.row method="post" action=(action) { (word(visit))
                (form.field("group").blank("any").line())
                (form.field("provider").blank("any").line())
                (form.field("price").must().example("input=2.5,output=10").line())
                button type="submit" { (visit.t("add")) }
            }
        }
    }
}
