//! Tables of tokens.

use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::token::{SecretView, TokenView};

use crate::command::cells::{list, moment, moment_or, or};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) fn one(session: &Session<'_>, token: &TokenView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(token)?);
    }
    let secrets: Vec<_> = token.secrets.iter().map(secret).collect();
    let table = Table::properties([
        ("name", token.name.clone()),
        ("id", token.id.clone()),
        ("status", token.status.clone()),
        (
            "account",
            format!("{} ({})", token.account.name, token.account.id),
        ),
        (
            "group",
            format!("{} ({})", token.group.name, token.group.id),
        ),
        ("quota", or(token.quota.as_ref(), "unlimited")),
        ("used", token.used.clone()),
        ("remaining", or(token.remaining.as_ref(), "unlimited")),
        ("expires", moment_or(token.expires_at.as_ref(), "never")),
        ("last used", moment_or(token.last_used_at.as_ref(), "never")),
        ("models", list(token.scope.models.as_ref())),
        ("providers", list(token.scope.providers.as_ref())),
        ("endpoints", list(token.scope.endpoints.as_ref())),
        ("networks", list(token.scope.networks.as_ref())),
        ("secrets", secrets.join(", ")),
        ("note", token.note.clone()),
        ("creator", token.creator.clone()),
        ("created", moment(&token.created_at)),
        ("changed", moment(&token.updated_at)),
    ]);
    session.output.table(&table)?;
    warnings(session, token);
    Ok(())
}

pub(super) fn page(
    session: &Session<'_>,
    page: &Page<TokenView>,
    headed: bool,
) -> Result<(), Failure> {
    let mut table = Table::new([
        "name",
        "id",
        "status",
        "group",
        "account",
        "used",
        "remaining",
        "expires",
        "last used",
        "creator",
        "created",
    ]);
    for token in &page.entries {
        table.row([
            token.name.clone(),
            token.id.clone(),
            token.status.clone(),
            token.group.name.clone(),
            token.account.name.clone(),
            token.used.clone(),
            or(token.remaining.as_ref(), "unlimited"),
            moment_or(token.expires_at.as_ref(), "never"),
            moment_or(token.last_used_at.as_ref(), "never"),
            token.creator.clone(),
            moment(&token.created_at),
        ]);
    }
    let table = table.optional(&["creator", "created", "account", "group", "last used"]);
    let table = if headed { table } else { table.headless() };
    Ok(session.output.table(&table)?)
}

pub(super) fn warnings(session: &Session<'_>, token: &TokenView) {
    for warning in &token.warnings {
        session.output.notice(&format!("warning: {warning}"));
    }
}

fn secret(secret: &SecretView) -> String {
    let SecretView { hint, .. } = secret;
    match &secret.valid_until {
        None => hint.clone(),
        Some(until) if secret.valid => format!("{hint} (until {})", moment(until)),
        Some(until) => format!("{hint} (ended {})", moment(until)),
    }
}
