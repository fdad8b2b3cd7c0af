//! Tokens over the API. A secret is in the answer that made it alone.

mod bulk;

use axum::extract::Path;
use serde::{Deserialize, Serialize};
use tollgate_admin_core::explain::{self, ExplainInput};
use tollgate_admin_core::token::{self, Issued, Revealed, TokenChange, TokenFilter, TokenInput};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::explain::ExplanationView;
use tollgate_admin_core::view::token::{StandingView, TokenView};
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
        .routes(routes!(standing))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(revoke))
        .routes(routes!(rotate))
        .routes(routes!(reveal))
        .routes(routes!(why))
        .routes(routes!(why_call))
        .merge(bulk::router())
}

/// A token with its newest secret in clear.
#[derive(Serialize, ToSchema)]
struct IssuedView {
    /// The token.
    token: TokenView,
    /// The secret in clear.
    secret: String,
}

/// How a token gets a new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateInput {
    /// How long the old secret goes on, such as `1h`; 24 hours if missing, `0` ends it at once.
    overlap: Option<String>,
}

impl From<Issued> for IssuedView {
    fn from(issued: Issued) -> Self {
        Self {
            token: issued.token,
            secret: issued.secret.reveal().to_owned(),
        }
    }
}

impl From<Revealed> for IssuedView {
    fn from(revealed: Revealed) -> Self {
        Self {
            token: revealed.token,
            secret: revealed.secret.reveal().to_owned(),
        }
    }
}

/// One page of the tokens that fit.
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "tokens",
    operation_id = "listTokens",
    params(TokenFilter),
    responses((status = 200, body = Page<TokenView>))
)]
async fn list(Caller(context): Caller, Asked(filter): Asked<TokenFilter>) -> Answer {
    answer(token::list(&context, &filter).await)
}

/// Makes a token; its secret is shown once.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "tokens",
    operation_id = "createToken",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = TokenInput,
    responses((status = 201, body = IssuedView))
)]
async fn create(Caller(context): Caller, sent: Sent<TokenInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        token::create(&owned, &input).await.map(IssuedView::from)
    })
    .await
}

/// A token.
#[utoipa::path(
    get,
    path = "/tokens/{id}",
    tag = "tokens",
    operation_id = "showToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = TokenView))
)]
async fn show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::show(&context, &id).await)
}

/// Changes what is named of a token.
#[utoipa::path(
    patch,
    path = "/tokens/{id}",
    tag = "tokens",
    operation_id = "editToken",
    params(("id" = String, Path, description = "Its id or name"), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = TokenChange,
    responses((status = 200, body = TokenView))
)]
async fn edit(Caller(context): Caller, Path(id): Path<String>, sent: Sent<TokenChange>) -> Answer {
    answer(token::edit(&context, &id, &sent.input).await)
}

/// Deletes a token for good; gives what it was.
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = "tokens",
    operation_id = "deleteToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = TokenView))
)]
async fn delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::delete(&context, &id).await)
}

/// What bounds a token, and what would be refused now.
#[utoipa::path(
    get,
    path = "/tokens/{id}/standing",
    tag = "tokens",
    operation_id = "tokenStanding",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = StandingView))
)]
async fn standing(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::standing(&context, &id).await)
}

/// Lets a disabled token be used again.
#[utoipa::path(
    post,
    path = "/tokens/{id}/enable",
    tag = "tokens",
    operation_id = "enableToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = TokenView))
)]
async fn enable(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::enable(&context, &id).await)
}

/// Has a token refused until it is enabled again.
#[utoipa::path(
    post,
    path = "/tokens/{id}/disable",
    tag = "tokens",
    operation_id = "disableToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = TokenView))
)]
async fn disable(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::disable(&context, &id).await)
}

/// Has a token refused for good.
#[utoipa::path(
    post,
    path = "/tokens/{id}/revoke",
    tag = "tokens",
    operation_id = "revokeToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = TokenView))
)]
async fn revoke(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::revoke(&context, &id).await)
}

/// Gives a token a new secret; the old one goes on for the overlap.
#[utoipa::path(
    post,
    path = "/tokens/{id}/rotate",
    tag = "tokens",
    operation_id = "rotateToken",
    params(("id" = String, Path, description = "Its id or name"), ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = RotateInput,
    responses((status = 201, body = IssuedView))
)]
async fn rotate(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<RotateInput>,
) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        token::rotate(&owned, &id, input.overlap.as_deref())
            .await
            .map(IssuedView::from)
    })
    .await
}

/// Shows the newest secret of a token again, where secrets are sealed; each time is audited.
#[utoipa::path(
    post,
    path = "/tokens/{id}/reveal",
    tag = "tokens",
    operation_id = "revealToken",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = IssuedView))
)]
async fn reveal(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(token::reveal(&context, &id).await.map(IssuedView::from))
}

/// Decides on a call, real or imagined, and shows every rule with what it saw.
#[utoipa::path(
    post,
    path = "/explain",
    tag = "tokens",
    operation_id = "explain",
    request_body = ExplainInput,
    responses((status = 200, body = ExplanationView))
)]
async fn why(Caller(context): Caller, sent: Sent<ExplainInput>) -> Answer {
    answer(explain::explain(&context, &sent.input).await)
}

/// Decides anew on a call that was made, by its request id: with the rules as they are now, at its
/// moment.
#[utoipa::path(
    get,
    path = "/explain/{id}",
    tag = "tokens",
    operation_id = "explainCall",
    params(("id" = String, Path, description = "The request id of its answer")),
    responses((status = 200, body = ExplanationView))
)]
async fn why_call(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(explain::of_request(&context, &id).await)
}
