//! The form of a token, for making and for changing one, and how its limits are told.

use maud::{Markup, html};
use tollgate_admin_core::input::limit::LimitsInput;
use tollgate_admin_core::input::scope::ScopeInput;
use tollgate_admin_core::token::{TokenChange, TokenInput};
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, account, group, model};

use super::list::MANY;
use crate::access::Visit;
use crate::component::money;
use crate::component::sheet::{Form, proposals};
use crate::form::Fields;

/// What can be chosen from.
pub(super) struct Choices {
    groups: Vec<(String, String)>,
    accounts: Vec<(String, String)>,
    /// Names with their providers.
    models: Vec<(String, String)>,
    providers: Vec<String>,
}

impl Choices {
    pub(super) async fn of(visit: &Visit) -> Result<Self, AdminError> {
        let models = model::list(&visit.context).await?;
        let mut providers: Vec<String> = models.iter().map(|one| one.provider.clone()).collect();
        providers.sort_unstable();
        providers.dedup();
        let groups = group::list(&visit.context).await?.into_iter();
        let groups = groups.map(|one| {
            let label = format!("{} (×{})", one.name, one.multiplier);
            (one.name, label)
        });
        let accounts = account::list(&visit.context).await?.into_iter();
        let accounts = accounts.map(|one| {
            let label = match &one.funds.remaining {
                Some(left) => format!("{} ({})", one.name, money::credits(left)),
                None => format!("{} (∞)", one.name),
            };
            (one.name, label)
        });
        Ok(Self {
            groups: groups.collect(),
            accounts: accounts.collect(),
            models: models
                .into_iter()
                .map(|one| (one.name, one.provider))
                .collect(),
            providers,
        })
    }
}

pub(super) fn input(fields: &Fields) -> TokenInput {
    TokenInput {
        name: fields.text("name").trim().to_owned(),
        account: fields.text("account").to_owned(),
        group: fields.text("group").to_owned(),
        expires: expires(fields),
        quota: fields.text("quota").to_owned(),
        periodic: fields.text("periodic").to_owned(),
        limits: limits_input(fields),
        scope: scope_input(fields),
        note: fields.text("note").replace('\r', ""),
        creator: None,
    }
}

pub(super) fn change(fields: &Fields) -> TokenChange {
    let all = input(fields);
    TokenChange {
        name: Some(all.name),
        account: Some(all.account),
        group: Some(all.group),
        expires: Some(all.expires),
        quota: Some(all.quota),
        periodic: Some(all.periodic),
        limits: all.limits,
        scope: all.scope,
        note: Some(all.note),
        if_version: fields.text("version").parse().ok(),
    }
}

/// What a form begins with that changes this token.
pub(super) fn fields_of(one: &TokenView) -> Fields {
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("account", &one.account.name),
        ("group", &one.group.name),
        ("expires", one.expires_at.as_deref().unwrap_or_default()),
        ("quota", one.quota.as_deref().unwrap_or_default()),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    if let Some(period) = &one.periodic {
        let zone = if period.zone == "UTC" {
            String::new()
        } else {
            format!("@{}", period.zone)
        };
        fields.put(
            "periodic",
            format!("{}/{}{zone}", period.limit, period.unit),
        );
    }
    fields.put_limits(&one.limits);
    fields.put_scope(&one.scope);
    fields
}

pub(crate) fn limits_input(fields: &Fields) -> LimitsInput {
    let limit = |name| Some(fields.some(name).unwrap_or_else(|| "none".to_owned()));
    LimitsInput {
        rpm: limit("rpm"),
        tpm: limit("tpm"),
        concurrency: limit("concurrency"),
    }
}

pub(crate) fn scope_input(fields: &Fields) -> ScopeInput {
    let list = |name| {
        let list = fields.list(name);
        Some(if list.is_empty() {
            vec!["any".to_owned()]
        } else {
            list
        })
    };
    ScopeInput {
        models: list("models"),
        providers: list("providers"),
        endpoints: list("endpoints"),
        networks: list("networks"),
    }
}

/// A date of the calendar ends with its day; else what was written or chosen.
fn expires(fields: &Fields) -> String {
    let written = fields.text("expires").trim();
    if written.is_empty() {
        fields.text("preset").to_owned()
    } else {
        written.to_owned()
    }
}

/// The fields of the form.
pub(super) fn draw(visit: &Visit, form: &Form<'_>, choices: &Choices, is_new: bool) -> Markup {
    let say = visit.say();
    let presets = ["", "1d", "7d", "30d", "90d", "365d"].map(|value| {
        let name = if value.is_empty() { "never" } else { value };
        (value.to_owned(), say.name_of("preset", name))
    });
    let more = ["rpm", "tpm", "concurrency", "endpoints", "note"];
    html! {
        (proposals("all-models", choices.models.iter().map(|(name, provider)| (name.as_str(), provider.as_str()))))
        (proposals("all-providers", choices.providers.iter().map(|name| (name.as_str(), ""))))
        (form.field("name").must().help("help-name").example("Production").line())
        div.pair {
            (form.field("group").must().help("help-group").choice(&choices.groups))
            @let account = form.field("account").must().help("help-account");
            @if choices.accounts.len() > MANY { (account.line()) } @else { (account.choice(&choices.accounts)) }
        }
        fieldset {
            legend { (say.t("section-spend")) }
            div.pair {
                (form.field("quota").help("help-quota").blank("unlimited").kind("decimal").line())
                (form.field("periodic").help("help-periodic").blank("no-limit").line())
            }
        }
        fieldset {
            legend { (say.t("section-expiry")) }
            div.pair {
                @if is_new { (form.field("preset").choice(&presets)) }
                (form.field("expires").help("help-expires").example(if is_new { "2027-01-31" } else { "" }).blank_or("never", !is_new).line())
            }
        }
        fieldset {
            legend { (say.t("section-models")) }
            div.pair {
                (form.field("models").help("help-models").blank("all-of-group").picked("all-models", 3))
                (form.field("providers").help("help-providers").blank("any").picked("all-providers", 3))
            }
        }
        fieldset {
            legend { (say.t("section-from")) }
            (form.field("networks").help("help-networks").example("203.0.113.7\n10.0.0.0/8").networks(3))
        }
        details.section open[form.is_about(&more)] {
            summary { (say.t("section-more")) }
            (form.limits())
            p.help { (say.t("help-limits")) }
            (form.field("endpoints").help("help-endpoints").blank("any").lines(2))
            (form.field("note").lines(2))
        }
    }
}
