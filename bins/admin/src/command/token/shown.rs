//! Tables of tokens.

use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::token::{RefusalView, SecretView, StandingView, TokenView};

use crate::command::account::balance;
use crate::command::cells::{count, limits, list, moment, moment_or, or, period};
use crate::command::group::of_group;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) fn one(session: &Session<'_>, token: &TokenView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(token)?);
    }
    session.output.table(&Table::lines(properties(token)))?;
    warnings(session, token);
    Ok(())
}

/// A token with what bounds it, and what it would refuse now.
pub(super) fn standing(session: &Session<'_>, standing: &StandingView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(standing)?);
    }
    let mut lines = properties(&standing.token);
    let (funds, models) = (&standing.funds, standing.callable_models);
    lines.extend([
        ("account balance", balance(funds)),
        ("account period", period(funds.periodic.as_ref())),
        ("account limits", limits(&standing.account_limits)),
        (
            "group limits",
            of_group(&standing.group_limits, standing.group_limits_shared),
        ),
        ("may call now", count(models, "model")),
        ("would be refused now", refuses(&standing.refuses)),
    ]);
    session.output.table(&Table::lines(lines))?;
    warnings(session, &standing.token);
    Ok(())
}

fn refuses(refusals: &[RefusalView]) -> String {
    if refusals.is_empty() {
        return "nothing, as far as it does not depend on the call, nor on the last minute"
            .to_owned();
    }
    let said = refusals.iter().map(|one| {
        let until = one.until.as_ref();
        let until = until.map_or_else(String::new, |at| format!(", until {}", moment(at)));
        let code = one.code.replace('_', " ");
        format!("{code} ({}: {}{until})", one.layer, one.saw)
    });
    said.collect::<Vec<_>>().join("; ")
}

fn properties(token: &TokenView) -> Vec<(&'static str, String)> {
    let secrets: Vec<_> = token.secrets.iter().map(secret).collect();
    vec![
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
        ("held", token.held.clone()),
        ("remaining", or(token.remaining.as_ref(), "unlimited")),
        ("period", period(token.periodic.as_ref())),
        ("limits", limits(&token.limits)),
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
    ]
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
        "held",
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
            token.held.clone(),
            or(token.remaining.as_ref(), "unlimited"),
            moment_or(token.expires_at.as_ref(), "never"),
            moment_or(token.last_used_at.as_ref(), "never"),
            token.creator.clone(),
            moment(&token.created_at),
        ]);
    }
    let table = table.optional(&[
        "creator",
        "created",
        "account",
        "group",
        "last used",
        "held",
    ]);
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
