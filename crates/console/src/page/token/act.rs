//! What is done to one token by one press.

use axum::extract::Path;
use tollgate_admin_core::token;

use super::{detail, edit};
use crate::form::Posted;
use crate::page::{Shown, shown, to};

pub(super) async fn enable(Path(id): Path<String>, posted: Posted) -> Shown {
    let done = token::enable(&posted.visit.context, &id).await?;
    to(&format!("/tokens/{}", done.id))
}

pub(super) async fn disable(Path(id): Path<String>, posted: Posted) -> Shown {
    let done = token::disable(&posted.visit.context, &id).await?;
    to(&format!("/tokens/{}", done.id))
}

pub(super) async fn rotate(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let overlap = fields.some("overlap");
    let issued = token::rotate(&visit.context, &id, overlap.as_deref()).await?;
    shown(edit::issued_page(&visit, &issued, "token-rotated").await?)
}

pub(super) async fn reveal(Path(id): Path<String>, posted: Posted) -> Shown {
    let revealed = token::reveal(&posted.visit.context, &id).await?;
    shown(edit::revealed_page(&posted.visit, &revealed).await?)
}

pub(super) async fn revoke(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let found = token::show(&visit.context, &id).await?;
    if fields.text("confirm").trim() != found.name {
        return detail::asked_again(&visit, &id, "revoke").await;
    }
    token::revoke(&visit.context, &found.id).await?;
    to(&format!("/tokens/{}", found.id))
}

pub(super) async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let found = token::show(&visit.context, &id).await?;
    if fields.text("confirm").trim() != found.name {
        return detail::asked_again(&visit, &id, "delete").await;
    }
    token::delete(&visit.context, &found.id).await?;
    to("/tokens")
}
