//! One thing with many tokens over the API.

use serde::Deserialize;
use tollgate_admin_core::token::{self, BulkAction, BulkInput, BulkView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::answer::{Answer, answer};
use crate::api::body::Sent;
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(bulk))
}

/// What to do with many tokens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Bulk {
    /// Their ids, at most 1,000.
    ids: Vec<String>,
    /// What to do with each.
    action: Action,
    /// The group's name or id, for `move` and nothing else.
    group: Option<String>,
    /// When they end, for `expire` and nothing else; blank, `-1` or `never` for no end.
    expires: Option<String>,
}

/// What to do with each of many tokens.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Enable,
    Disable,
    Revoke,
    Delete,
    Move,
    Expire,
}

/// Does one thing with many tokens; what became of each is in the answer.
#[utoipa::path(post, path = "/tokens/bulk", tag = "tokens", operation_id = "changeTokens",
    request_body = Bulk, responses((status = 200, body = Vec<BulkView>)))]
async fn bulk(Caller(context): Caller, sent: Sent<Bulk>) -> Answer {
    answer(token::bulk(&context, &input(sent.input)?).await)
}

fn input(sent: Bulk) -> Result<BulkInput, Problem> {
    let Bulk {
        ids,
        action,
        group,
        expires,
    } = sent;
    let only = |field, is_there: bool, of| match is_there && action != of {
        true => Err(Problem::invalid(field, "it does not go with this action")),
        false => Ok(()),
    };
    only("group", group.is_some(), Action::Move)?;
    only("expires", expires.is_some(), Action::Expire)?;
    let missing = |field| Problem::invalid(field, "this action needs it");
    let action = match action {
        Action::Enable => BulkAction::Enable,
        Action::Disable => BulkAction::Disable,
        Action::Revoke => BulkAction::Revoke,
        Action::Delete => BulkAction::Delete,
        Action::Move => BulkAction::Move {
            group: group.ok_or_else(|| missing("group"))?,
        },
        Action::Expire => BulkAction::Expire {
            expires: expires.ok_or_else(|| missing("expires"))?,
        },
    };
    Ok(BulkInput { ids, action })
}
