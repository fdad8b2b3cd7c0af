//! The form of a token, for making and for changing one, and how its limits are told.

use maud::{Markup, html};
use tollgate_admin_core::input::limit::LimitsInput;
use tollgate_admin_core::input::scope::ScopeInput;
use tollgate_admin_core::token::{TokenChange, TokenInput};
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, account, group, model};

use crate::access::Visit;
use crate::component::field::{Field, Sheet};
use crate::component::money;
use crate::form::Fields;
use crate::problem::Problem;

/// What can be chosen from.
pub(super) struct Choices {
    groups: Vec<(String, String)>,
    accounts: Vec<(String, String)>,
    models: Vec<String>,
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
            models: models.into_iter().map(|one| one.name).collect(),
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
pub(super) fn draw(
    visit: &Visit,
    fields: &Fields,
    problem: Option<&Problem>,
    choices: &Choices,
) -> Markup {
    let say = visit.say();
    let field = problem.and_then(|one| one.field.as_deref());
    let wrong = problem.map(|one| (field.unwrap_or_default(), one.detail.as_str()));
    let sheet = Sheet { fields, wrong };
    let text = |id: &str| say.t(id);
    let (name, group, account) = (text("name"), text("group"), text("account"));
    let (expires, quota, periodic) = (text("expires"), text("quota"), text("periodic"));
    let (models, providers, networks) = (text("models"), text("providers"), text("networks"));
    let (rpm, tpm, concurrency) = (text("rpm"), text("tpm"), text("concurrency"));
    let (endpoints, note, preset) = (text("endpoints"), text("note"), text("preset"));
    let helps = [
        "name", "group", "account", "expires", "quota", "periodic", "models", "networks", "limits",
    ];
    let [
        name_help,
        group_help,
        account_help,
        expires_help,
        quota_help,
        periodic_help,
        models_help,
        networks_help,
        limits_help,
    ] = helps.map(|one| text(&format!("help-{one}")));
    let presets = [
        ("", "preset-never"),
        ("1d", "preset-1d"),
        ("7d", "preset-7d"),
        ("30d", "preset-30d"),
        ("90d", "preset-90d"),
        ("365d", "preset-365d"),
    ];
    let presets = presets.map(|(value, id)| (value.to_owned(), say.t(id)));
    let shown = [
        "name",
        "group",
        "account",
        "expires",
        "quota",
        "periodic",
        "models",
        "providers",
        "endpoints",
        "networks",
        "rpm",
        "tpm",
        "concurrency",
        "note",
    ];
    html! {
        (sheet.rest(&shown))
        datalist #all-models { @for one in &choices.models { option value=(one) {} } }
        datalist #all-providers { @for one in &choices.providers { option value=(one) {} } }
        (sheet.line(&Field { name: "name", label: &name, help: &name_help, example: "Production", required: true, ..Field::default() }))
        div.pair {
            (sheet.choice(&Field { name: "group", label: &group, help: &group_help, required: true, ..Field::default() }, &choices.groups))
            (sheet.choice(&Field { name: "account", label: &account, help: &account_help, required: true, ..Field::default() }, &choices.accounts))
        }
        fieldset {
            legend { (say.t("section-spend")) }
            div.pair {
                (sheet.line(&Field { name: "quota", label: &quota, help: &quota_help, example: &say.t("unlimited"), ..Field::default() }))
                (sheet.line(&Field { name: "periodic", label: &periodic, help: &periodic_help, example: "10/day", ..Field::default() }))
            }
        }
        fieldset {
            legend { (say.t("section-expiry")) }
            div.pair {
                @if fields.some("version").is_none() {
                    (sheet.choice(&Field { name: "preset", label: &preset, ..Field::default() }, &presets))
                }
                (sheet.line(&Field { name: "expires", label: &expires, help: &expires_help, example: "2027-01-31", ..Field::default() }))
            }
        }
        fieldset {
            legend { (say.t("section-models")) }
            div.pair {
                div data-picker="#all-models" data-label=(say.t("add")) {
                    (sheet.lines(&Field { name: "models", label: &models, help: &models_help, example: &say.t("all-of-group"), ..Field::default() }, 3))
                }
                div data-picker="#all-providers" data-label=(say.t("add")) {
                    (sheet.lines(&Field { name: "providers", label: &providers, example: &say.t("any"), ..Field::default() }, 3))
                }
            }
        }
        fieldset {
            legend { (say.t("section-from")) }
            (sheet.lines(&Field { name: "networks", label: &networks, help: &networks_help, example: "203.0.113.7\n10.0.0.0/8", kind: "network", ..Field::default() }, 3))
        }
        details.section open[field.is_some_and(|one| ["rpm", "tpm", "concurrency", "endpoints", "note"].contains(&one))] {
            summary { (say.t("section-more")) }
            div.triple {
                (sheet.line(&Field { name: "rpm", label: &rpm, example: &say.t("no-limit"), ..Field::default() }))
                (sheet.line(&Field { name: "tpm", label: &tpm, example: &say.t("no-limit"), ..Field::default() }))
                (sheet.line(&Field { name: "concurrency", label: &concurrency, example: &say.t("no-limit"), ..Field::default() }))
            }
            p.help { (limits_help) }
            (sheet.lines(&Field { name: "endpoints", label: &endpoints, example: "chat.completions", ..Field::default() }, 2))
            (sheet.lines(&Field { name: "note", label: &note, ..Field::default() }, 2))
        }
    }
}

/// Limits of a minute in one line.
pub(super) fn limits(visit: &Visit, one: &TokenView) -> Markup {
    let shown = [
        ("rpm-short", one.limits.rpm),
        ("tpm-short", one.limits.tpm),
        ("concurrency-short", one.limits.concurrency),
    ];
    let shown: Vec<_> = shown
        .into_iter()
        .filter_map(|(id, limit)| Some((id, limit?)))
        .collect();
    html! {
        @if shown.is_empty() { span.quiet { (visit.t("none")) } }
        @for (id, limit) in shown { span.chip { (money::short(limit.into())) " " (visit.t(id)) } }
    }
}
