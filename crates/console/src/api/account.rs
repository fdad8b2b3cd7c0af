//! Accounts over the API.

use axum::extract::Path;
use tollgate_admin_core::account::{
    self, AccountChange, AccountInput, CreditsInput, StatementFilter,
};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::account::{AccountView, EntryView};
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
        .routes(routes!(credits))
        .routes(routes!(statement))
}

/// All accounts.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "accounts",
    operation_id = "listAccounts",
    responses((status = 200, body = Vec<AccountView>))
)]
async fn list(Caller(context): Caller) -> Answer {
    answer(account::list(&context).await)
}

/// Makes one of the accounts.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "accounts",
    operation_id = "createAccount",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = AccountInput,
    responses((status = 201, body = AccountView))
)]
async fn create(Caller(context): Caller, sent: Sent<AccountInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        account::create(&owned, &input).await
    })
    .await
}

/// One of the accounts.
#[utoipa::path(
    get,
    path = "/accounts/{id}",
    tag = "accounts",
    operation_id = "showAccount",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = AccountView))
)]
async fn show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(account::show(&context, &id).await)
}

/// Changes what is named of it.
#[utoipa::path(
    patch,
    path = "/accounts/{id}",
    tag = "accounts",
    operation_id = "editAccount",
    params(("id" = String, Path, description = "Its id or name"), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = AccountChange,
    responses((status = 200, body = AccountView))
)]
async fn edit(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<AccountChange>,
) -> Answer {
    answer(account::edit(&context, &id, &sent.input).await)
}

/// Deletes it; gives what it was.
#[utoipa::path(
    delete,
    path = "/accounts/{id}",
    tag = "accounts",
    operation_id = "deleteAccount",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = AccountView))
)]
async fn delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(account::delete(&context, &id).await)
}

/// Puts credits into an account, or takes them back.
#[utoipa::path(
    post,
    path = "/accounts/{id}/credits",
    tag = "accounts",
    operation_id = "addCredits",
    params(("id" = String, Path, description = "Its id or name"), ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = CreditsInput,
    responses((status = 201, body = AccountView))
)]
async fn credits(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<CreditsInput>,
) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        account::top_up(&owned, &id, &input).await
    })
    .await
}

/// One page of the statement, the newest first.
#[utoipa::path(
    get,
    path = "/accounts/{id}/statement",
    tag = "accounts",
    operation_id = "statement",
    params(("id" = String, Path, description = "Its id or name"), StatementFilter),
    responses((status = 200, body = Page<EntryView>))
)]
async fn statement(
    Caller(context): Caller,
    Path(id): Path<String>,
    Asked(filter): Asked<StatementFilter>,
) -> Answer {
    answer(account::statement(&context, &id, &filter).await)
}
