//! What members do about themselves over the API, with the cookie of their session, and joining by a
//! one-time code.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tollgate_admin_core::link::{self, Redeem};
use tollgate_admin_core::profile;
use tollgate_admin_core::view::member::{LinkView, MemberView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, answer};
use super::body::{Sent, StrangerSent};
use crate::access::{Caller, Stranger};
use crate::session;
use crate::site::Site;

pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(password))
        .routes(routes!(offer))
        .routes(routes!(confirm))
        .routes(routes!(remove))
        .routes(routes!(look))
        .routes(routes!(redeem))
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordInput {
    /// The one until now.
    old: String,
    /// The one from now on: 10 to 256 characters.
    new: String,
}

/// The password of who acts, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProofInput {
    /// Their password.
    password: String,
}

/// A code of an authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeInput {
    /// Six digits.
    code: String,
}

/// The code of a one-time link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkInput {
    /// The code.
    code: String,
}

/// What an authenticator is set up with. It is shown once.
#[derive(Serialize, ToSchema)]
struct OfferView {
    /// The secret in base32, to be typed.
    secret: String,
    /// The `otpauth:` address, to be shown as a QR code.
    address: String,
}

/// Codes that stand in for a lost authenticator, each once. They are shown once.
#[derive(Serialize, ToSchema)]
struct RecoveryView {
    /// The codes.
    recovery_codes: Vec<String>,
}

/// Gives who is signed in another password. Their sessions end; the answer has a new cookie.
#[utoipa::path(post, path = "/me/password", tag = "profile", operation_id = "changePassword",
    request_body = PasswordInput, responses((status = 200, body = MemberView)))]
async fn password(
    State(site): State<Site>,
    Caller(context): Caller,
    stranger: Stranger,
    sent: Sent<PasswordInput>,
) -> Answer {
    let (old, new) = (&sent.input.old, &sent.input.new);
    let agent = &stranger.user_agent;
    let begun = profile::change_password(&context, old, new, agent, site.terms()).await?;
    let mut answer = answer(Ok(begun.member))?;
    session::keep(&site, &stranger.peer, begun.cookie.reveal(), &mut answer);
    Ok(answer)
}

/// Offers who is signed in an authenticator; codes are asked for once it is confirmed.
#[utoipa::path(post, path = "/me/totp", tag = "profile", operation_id = "offerTotp",
    request_body = ProofInput, responses((status = 200, body = OfferView)))]
async fn offer(Caller(context): Caller, sent: Sent<ProofInput>) -> Answer {
    let offer = profile::offer_totp(&context, &sent.input.password).await;
    answer(offer.map(|offer| OfferView {
        secret: offer.secret.to_string(),
        address: offer.address.to_string(),
    }))
}

/// Has codes of the offered authenticator asked for from now on.
#[utoipa::path(post, path = "/me/totp/confirm", tag = "profile", operation_id = "confirmTotp",
    request_body = CodeInput, responses((status = 200, body = RecoveryView)))]
async fn confirm(Caller(context): Caller, sent: Sent<CodeInput>) -> Answer {
    let codes = profile::confirm_totp(&context, &sent.input.code).await;
    answer(codes.map(|codes| RecoveryView {
        recovery_codes: codes.0.iter().map(|one| one.to_string()).collect(),
    }))
}

/// Asks who is signed in for no codes any more.
#[utoipa::path(post, path = "/me/totp/remove", tag = "profile", operation_id = "removeOwnTotp",
    request_body = ProofInput, responses((status = 200, body = MemberView)))]
async fn remove(Caller(context): Caller, sent: Sent<ProofInput>) -> Answer {
    answer(profile::remove_totp(&context, &sent.input.password).await)
}

/// What a one-time code is for. Whoever has the code may ask.
#[utoipa::path(post, path = "/links/look", tag = "profile", operation_id = "lookAtLink",
    request_body = LinkInput, responses((status = 200, body = LinkView)), security(()))]
async fn look(stranger: Stranger, StrangerSent(input): StrangerSent<LinkInput>) -> Answer {
    answer(link::look(&stranger.context, &input.code).await)
}

/// Uses a one-time code: its member has this password from now on, and all their sessions end.
#[utoipa::path(post, path = "/links/redeem", tag = "profile", operation_id = "redeemLink",
    request_body = Redeem, responses((status = 200, body = MemberView)), security(()))]
async fn redeem(stranger: Stranger, StrangerSent(input): StrangerSent<Redeem>) -> Answer {
    answer(link::redeem(&stranger.context, &input).await)
}
