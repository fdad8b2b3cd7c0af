//! Models and prices over the API.

use axum::extract::Path;
use serde::Deserialize;
use tollgate_admin_core::import::{self, ImportInput};
use tollgate_admin_core::model::{self, ModelChange, ModelInput, PriceInput, PriceScope};
use tollgate_admin_core::view::import::ImportView;
use tollgate_admin_core::view::model::{DefaultPriceView, ModelView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer, made};
use super::body::{Asked, Sent};
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit, delete))
        .routes(routes!(set_price, remove_price))
        .routes(routes!(default_price, set_default_price))
        .routes(routes!(take_in))
}

/// The default price, as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DefaultPrice {
    /// A price list; blank or `unknown` has such calls refused.
    price: String,
}

/// All models.
#[utoipa::path(
    get,
    path = "/models",
    tag = "models",
    operation_id = "listModels",
    responses((status = 200, body = Vec<ModelView>))
)]
async fn list(Caller(context): Caller) -> Answer {
    answer(model::list(&context).await)
}

/// Makes one of the models.
#[utoipa::path(
    post,
    path = "/models",
    tag = "models",
    operation_id = "createModel",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = ModelInput,
    responses((status = 201, body = ModelView))
)]
async fn create(Caller(context): Caller, sent: Sent<ModelInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        model::create(&owned, &input).await
    })
    .await
}

/// One of the models.
#[utoipa::path(
    get,
    path = "/models/{id}",
    tag = "models",
    operation_id = "showModel",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = ModelView))
)]
async fn show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(model::show(&context, &id).await)
}

/// Changes what is named of it.
#[utoipa::path(
    patch,
    path = "/models/{id}",
    tag = "models",
    operation_id = "editModel",
    params(("id" = String, Path, description = "Its id or name"), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = ModelChange,
    responses((status = 200, body = ModelView))
)]
async fn edit(Caller(context): Caller, Path(id): Path<String>, sent: Sent<ModelChange>) -> Answer {
    answer(model::edit(&context, &id, &sent.input).await)
}

/// Deletes it; gives what it was.
#[utoipa::path(
    delete,
    path = "/models/{id}",
    tag = "models",
    operation_id = "deleteModel",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = ModelView))
)]
async fn delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(model::delete(&context, &id).await)
}

/// Sets a price list that applies to some calls only.
#[utoipa::path(
    put,
    path = "/models/{id}/prices",
    tag = "models",
    operation_id = "setPrice",
    params(("id" = String, Path, description = "Its id or name")),
    request_body = PriceInput,
    responses((status = 200, body = ModelView))
)]
async fn set_price(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<PriceInput>,
) -> Answer {
    answer(model::price_set(&context, &id, &sent.input).await)
}

/// Removes a price list that applies to some calls only.
#[utoipa::path(
    delete,
    path = "/models/{id}/prices",
    tag = "models",
    operation_id = "removePrice",
    params(("id" = String, Path, description = "Its id or name"), PriceScope),
    responses((status = 200, body = ModelView))
)]
async fn remove_price(
    Caller(context): Caller,
    Path(id): Path<String>,
    Asked(filter): Asked<PriceScope>,
) -> Answer {
    answer(model::price_remove(&context, &id, &filter).await)
}

/// What models and mounts cost that have no price of their own.
#[utoipa::path(
    get,
    path = "/default-price",
    tag = "models",
    operation_id = "defaultPrice",
    responses((status = 200, body = DefaultPriceView))
)]
async fn default_price(Caller(context): Caller) -> Answer {
    answer(model::default_price(&context).await)
}

/// Sets what models and mounts cost that have no price of their own.
#[utoipa::path(
    put,
    path = "/default-price",
    tag = "models",
    operation_id = "setDefaultPrice",
    request_body = DefaultPrice,
    responses((status = 200, body = DefaultPriceView))
)]
async fn set_default_price(Caller(context): Caller, sent: Sent<DefaultPrice>) -> Answer {
    answer(model::set_default_price(&context, &sent.input.price).await)
}

/// Takes models and prices in from a price file.
#[utoipa::path(
    post,
    path = "/models/import",
    tag = "models",
    operation_id = "importModels",
    request_body = ImportInput,
    responses((status = 200, body = ImportView))
)]
async fn take_in(Caller(context): Caller, sent: Sent<ImportInput>) -> Answer {
    answer(import::models(&context, &sent.input).await)
}
