//! Members, sessions and API credentials over the API.

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use tollgate_admin_core::api_credential::{self, ApiCredentialInput, IssuedApiCredential};
use tollgate_admin_core::member::{self, Invited, MemberChange, MemberInput};
use tollgate_admin_core::view::member::{ApiCredentialView, MemberView, SessionView};
use tollgate_admin_core::{profile, session};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer, made};
use super::body::{Asked, Sent};
use crate::access::Caller;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(members, invite))
        .routes(routes!(member_show, member_edit, member_delete))
        .routes(routes!(reset))
        .routes(routes!(remove_totp))
        .routes(routes!(sessions))
        .routes(routes!(end_all))
        .routes(routes!(end))
        .routes(routes!(credentials, create))
        .routes(routes!(revoke))
}

/// A member, with the code by which they choose a password.
#[derive(Serialize, ToSchema)]
struct InvitedView {
    /// The member.
    member: MemberView,
    /// The code, shown once; `null` where another server signs them in.
    code: Option<String>,
    /// When the code ends.
    code_expires_at: Option<String>,
}

/// An API credential that was just made.
#[derive(Serialize, ToSchema)]
struct IssuedCredentialView {
    /// The credential.
    credential: ApiCredentialView,
    /// The secret in clear: it is shown once.
    secret: String,
}

impl From<Invited> for InvitedView {
    fn from(invited: Invited) -> Self {
        let link = invited.link.as_ref();
        Self {
            code: link.map(|one| one.code.reveal().to_owned()),
            code_expires_at: link.map(|one| one.expires_at.to_string()),
            member: invited.member,
        }
    }
}

impl From<IssuedApiCredential> for IssuedCredentialView {
    fn from(issued: IssuedApiCredential) -> Self {
        Self {
            secret: issued.secret.reveal().to_owned(),
            credential: issued.credential,
        }
    }
}

/// For whom the credential acts.
#[utoipa::path(get, path = "/me", tag = "members", operation_id = "me",
    responses((status = 200, body = MemberView)))]
async fn me(Caller(context): Caller) -> Answer {
    answer(profile::show(&context).await)
}

/// All members.
#[utoipa::path(get, path = "/members", tag = "members", operation_id = "listMembers",
    responses((status = 200, body = Vec<MemberView>)))]
async fn members(Caller(context): Caller) -> Answer {
    answer(member::list(&context).await)
}

/// Makes a member, and the code by which they choose their password.
#[utoipa::path(post, path = "/members", tag = "members", operation_id = "inviteMember",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = MemberInput, responses((status = 201, body = InvitedView)))]
async fn invite(Caller(context): Caller, sent: Sent<MemberInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        member::invite(&owned, &input).await.map(InvitedView::from)
    })
    .await
}

/// A member.
#[utoipa::path(get, path = "/members/{id}", tag = "members", operation_id = "showMember",
    params(("id" = String, Path, description = "Their id or login")),
    responses((status = 200, body = MemberView)))]
async fn member_show(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(member::show(&context, &id).await)
}

/// Changes what is named of a member.
#[utoipa::path(patch, path = "/members/{id}", tag = "members", operation_id = "editMember",
    params(("id" = String, Path, description = "Their id or login"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    request_body = MemberChange, responses((status = 200, body = MemberView)))]
async fn member_edit(
    Caller(context): Caller,
    Path(id): Path<String>,
    sent: Sent<MemberChange>,
) -> Answer {
    answer(member::edit(&context, &id, &sent.input).await)
}

/// Deletes a member; gives what they were.
#[utoipa::path(delete, path = "/members/{id}", tag = "members", operation_id = "deleteMember",
    params(("id" = String, Path, description = "Their id or login")),
    responses((status = 200, body = MemberView)))]
async fn member_delete(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(member::delete(&context, &id).await)
}

/// Makes a code by which a member chooses another password.
#[utoipa::path(post, path = "/members/{id}/reset-password", tag = "members", operation_id = "resetPassword",
    params(("id" = String, Path, description = "Their id or login")),
    responses((status = 200, body = InvitedView)))]
async fn reset(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(
        member::reset_password(&context, &id)
            .await
            .map(InvitedView::from),
    )
}

/// Asks a member for no codes of an authenticator any more.
#[utoipa::path(post, path = "/members/{id}/remove-totp", tag = "members", operation_id = "removeTotp",
    params(("id" = String, Path, description = "Their id or login")),
    responses((status = 200, body = MemberView)))]
async fn remove_totp(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(member::remove_totp(&context, &id).await)
}

/// Which sessions to list.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SessionFilter {
    /// Only those of this member, by login or id; of everybody if missing.
    member: Option<String>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
struct EndedView {
    /// So many.
    ended: u64,
}

/// All sessions that have not ended.
#[utoipa::path(get, path = "/sessions", tag = "members", operation_id = "listSessions",
    params(("member" = Option<String>, Query, description = "Only those of this member, by login or id")),
    responses((status = 200, body = Vec<SessionView>)))]
async fn sessions(
    State(site): State<Site>,
    Caller(context): Caller,
    Asked(filter): Asked<SessionFilter>,
) -> Answer {
    answer(session::list(&context, filter.member.as_deref(), site.terms()).await)
}

/// Ends all sessions of a member.
#[utoipa::path(delete, path = "/members/{id}/sessions", tag = "members", operation_id = "endSessions",
    params(("id" = String, Path, description = "Their id or login")),
    responses((status = 200, body = EndedView)))]
async fn end_all(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    let ended = session::revoke_all(&context, &id).await;
    answer(ended.map(|ended| EndedView { ended }))
}

/// Ends a session.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "members", operation_id = "endSession",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = SessionView)))]
async fn end(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(session::revoke(&context, &id).await)
}

/// API credentials, as far as who asks may see them.
#[utoipa::path(get, path = "/api-credentials", tag = "members", operation_id = "listApiCredentials",
    responses((status = 200, body = Vec<ApiCredentialView>)))]
async fn credentials(Caller(context): Caller) -> Answer {
    answer(api_credential::list(&context).await)
}

/// Makes an API credential; its secret is shown once. A program cannot make one.
#[utoipa::path(post, path = "/api-credentials", tag = "members", operation_id = "createApiCredential",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer for 24 hours")),
    request_body = ApiCredentialInput, responses((status = 201, body = IssuedCredentialView)))]
async fn create(Caller(context): Caller, sent: Sent<ApiCredentialInput>) -> Answer {
    let Sent { input, again } = sent;
    let owned = context.clone();
    made(&context, again, async move {
        let issued = api_credential::create(&owned, &input).await;
        issued.map(IssuedCredentialView::from)
    })
    .await
}

/// Takes an API credential back at once; gives what it was.
#[utoipa::path(delete, path = "/api-credentials/{id}", tag = "members", operation_id = "revokeApiCredential",
    params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = ApiCredentialView)))]
async fn revoke(Caller(context): Caller, Path(id): Path<String>) -> Answer {
    answer(api_credential::revoke(&context, &id).await)
}
