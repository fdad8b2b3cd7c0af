//! Making and changing an upstream.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::upstream::{
    self, CredentialInput, ReachInput, ServedInput, UpstreamChange, UpstreamInput, UpstreamSecret,
};
use tollgate_admin_core::view::upstream::UpstreamView;
use tollgate_admin_core::{AdminError, group, model};

use crate::access::Visit;
use crate::component::sheet::{Form, Frame, proposals, sheet as framed};
use crate::form::{self, Fields, Posted};
use crate::page::{Shown, segment, shown, shown_again, to};
use crate::problem::Problem;

const DIALECTS: [&str; 4] = ["openai", "anthropic", "gemini", "plain"];
const CARRIERS: [&str; 6] = [
    "",
    "bearer",
    "apikey-scheme",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
];
const HTTP2: [&str; 3] = ["offered", "never", "prior-knowledge"];
/// The fields that most upstreams leave alone.
const MORE: [&str; 8] = [
    "carrier",
    "http2",
    "retry_on",
    "headers",
    "parameters",
    "proxy",
    "ca",
    "allow_private",
];

pub(super) async fn new(visit: Visit) -> Shown {
    let mut fields = Fields::of(&[("priority", "0"), ("dialect", "openai")]);
    fields.put("weight", UpstreamInput::EQUAL_SHARE.to_string());
    shown(sheet(&visit, None, &fields, None).await?)
}

pub(super) async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = upstream::show(&visit.context, &id).await?;
    shown(sheet(&visit, Some(&one.id), &fields_of(&one), None).await?)
}

pub(super) async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let made = async {
        let input = input(&visit, &fields)?;
        upstream::create(&visit.context, input)
            .await
            .map_err(Problem::from)
    };
    match made.await {
        Ok(one) => to(&format!("/upstreams/{}", one.id)),
        Err(problem) => shown_again(
            &problem,
            sheet(&visit, None, &fields, Some(&problem)).await?,
        ),
    }
}

pub(super) async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let done = async {
        let change = change(&visit, &fields)?;
        upstream::edit(&visit.context, &id, change)
            .await
            .map_err(Problem::from)
    };
    match done.await {
        Ok(one) => to(&format!("/upstreams/{}", one.id)),
        Err(problem) => {
            let page = sheet(&visit, Some(&id), &fields, Some(&problem)).await?;
            shown_again(&problem, page)
        }
    }
}

fn input(visit: &Visit, fields: &Fields) -> Result<UpstreamInput, Problem> {
    Ok(UpstreamInput {
        name: fields.text("name").trim().to_owned(),
        base_url: fields.text("base_url").trim().to_owned(),
        dialect: fields.text("dialect").to_owned(),
        provider: fields.text("provider").trim().to_owned(),
        models: served(fields),
        mount: fields.some("mount"),
        price: fields.some("price"),
        credential: credential(fields),
        reach: reach(fields),
        sticky: fields.is_on("sticky"),
        carrier: fields.some("carrier"),
        groups: groups(fields),
        priority: number(visit, fields, "priority")?.unwrap_or_default(),
        weight: number(visit, fields, "weight")?.unwrap_or(UpstreamInput::EQUAL_SHARE),
        note: fields.text("note").replace('\r', ""),
    })
}

fn change(visit: &Visit, fields: &Fields) -> Result<UpstreamChange, Problem> {
    Ok(UpstreamChange {
        name: Some(fields.text("name").trim().to_owned()),
        base_url: Some(fields.text("base_url").trim().to_owned()),
        dialect: Some(fields.text("dialect").to_owned()),
        provider: Some(fields.text("provider").trim().to_owned()),
        models: served(fields),
        mount: fields.some("mount"),
        price: Some(fields.text("price").to_owned()),
        reach: reach(fields),
        sticky: Some(fields.is_on("sticky")),
        carrier: Some(fields.text("carrier").to_owned()),
        groups: Some(groups(fields).unwrap_or_else(|| vec!["any".to_owned()])),
        priority: number(visit, fields, "priority")?,
        weight: number(visit, fields, "weight")?,
        note: Some(fields.text("note").replace('\r', "")),
        if_version: fields.text("version").parse().ok(),
        ..UpstreamChange::default()
    })
}

/// A whole number, or none where nothing was written.
fn number<T: std::str::FromStr>(
    visit: &Visit,
    fields: &Fields,
    name: &str,
) -> Result<Option<T>, Problem> {
    let text = fields.some(name);
    let read = text.map(|text| text.parse().map_err(|_| text)).transpose();
    read.map_err(|text| Problem::translated(name, visit.say().with("no-number", "text", text)))
}

/// A credential as it was written; none where nothing was.
pub(super) fn credential(fields: &Fields) -> CredentialInput {
    CredentialInput::written(fields.some("credential"), fields.some("variable"))
}

fn served(fields: &Fields) -> Option<Vec<ServedInput>> {
    let list = fields.list("models");
    let served = list.iter().map(|one| {
        let (name, sent_as) = one
            .split_once('=')
            .map_or((one.as_str(), None), |(name, other)| (name, Some(other)));
        ServedInput {
            name: name.trim().to_owned(),
            sent_as: sent_as.map(|one| one.trim().to_owned()),
        }
    });
    let served: Vec<_> = served.collect();
    (!served.is_empty()).then_some(served)
}

fn groups(fields: &Fields) -> Option<Vec<String>> {
    let list = fields.list("groups");
    (!list.is_empty()).then_some(list)
}

fn reach(fields: &Fields) -> ReachInput {
    let lines = |name| {
        let lines = fields.text(name).lines().map(|one| one.trim().to_owned());
        Some(lines.collect::<Vec<_>>())
    };
    // A proxy is shown without its password: as it was, it stays.
    let proxy = fields.text("proxy").trim();
    let kept = proxy == fields.text("proxy_before");
    ReachInput {
        headers: lines("headers"),
        parameters: lines("parameters"),
        ca: match fields.is_on("no_ca") {
            true => Some(String::new()),
            false => fields.some("ca"),
        },
        proxy: (!kept).then(|| UpstreamSecret::new(proxy.to_owned())),
        allow_private: Some(fields.is_on("allow_private")),
        http2: fields.some("http2"),
        retry_on: Some(fields.some("retry_on").unwrap_or_else(|| "none".to_owned())),
    }
}

fn fields_of(one: &UpstreamView) -> Fields {
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("base_url", &one.base_url),
        ("dialect", &one.dialect),
        ("provider", &one.provider),
        ("mount", one.mount.as_deref().unwrap_or_default()),
        ("price", one.price.as_deref().unwrap_or_default()),
        ("priority", &one.priority.to_string()),
        ("weight", &one.weight.to_string()),
        ("carrier", &one.carrier),
        ("http2", &one.http2),
        ("retry_on", &one.retry_on),
        ("proxy", one.proxy.as_deref().unwrap_or_default()),
        ("proxy_before", one.proxy.as_deref().unwrap_or_default()),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    let lines = |pairs: &[(String, String)]| {
        let lines = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        lines.collect::<Vec<_>>().join("\n")
    };
    fields.put("headers", lines(&one.headers));
    fields.put("parameters", lines(&one.parameters));
    if one.own_ca {
        fields.put("own_ca", "true");
    }
    for (name, on) in [("sticky", one.sticky), ("allow_private", one.allow_private)] {
        if on {
            fields.put(name, "true");
        }
    }
    let models = one.models.iter().flatten().map(|one| match &one.sent_as {
        Some(other) => format!("{}={other}", one.name),
        None => one.name.clone(),
    });
    fields.put("models", models.collect::<Vec<_>>().join("\n"));
    let groups = one.groups.as_ref();
    let groups: Option<Vec<_>> =
        groups.map(|groups| groups.iter().map(|one| one.name.clone()).collect());
    fields.put("groups", form::lines(groups.as_deref()));
    fields
}

async fn sheet(
    visit: &Visit,
    id: Option<&str>,
    fields: &Fields,
    problem: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let models = model::list(&visit.context).await?;
    let groups = group::list(&visit.context).await?;
    let (title, action) = match id {
        None => ("upstream-new", "/upstreams".to_owned()),
        Some(id) => ("upstream-edit", format!("/upstreams/{}", segment(id))),
    };
    let frame = Frame {
        place: ("/upstreams", "nav-upstreams"),
        title: &visit.t(title),
        action: &action,
        back: &action,
        button: Some("save"),
    };
    let form = Form::new(visit.say(), fields, problem);
    let inputs = html! {
        (proposals("all-models", models.iter().map(|one| (one.name.as_str(), one.provider.as_str()))))
        (proposals("all-groups", groups.iter().map(|one| (one.name.as_str(), ""))))
        (inputs(&form, id.is_none()))
        details.section open[form.is_about(&MORE)] {
            summary { (visit.t("section-reach")) }
            (way(visit, &form, fields))
        }
        (form.field("note").lines(2))
    };
    Ok(framed(visit, &frame, &form, &inputs, &html! {}))
}

fn inputs(form: &Form<'_>, is_new: bool) -> Markup {
    let dialects = DIALECTS.map(|one| (one.to_owned(), one.to_owned()));
    html! {
        div.pair {
            (form.field("name").must().example("OpenAI").line())
            (form.field("base_url").must().kind("url").example("https://api.openai.com").line())
        }
        div.pair {
            (form.field("dialect").help("help-dialect").choice(&dialects))
            (form.field("provider").must().help("help-provider").example("openai").line())
        }
        (form.field("models").help("help-served").picked("all-models", 3))
        div.pair {
            (form.field("mount").help("help-mount").line())
            (form.field("price").help("help-mount-price").example("request=0.001").line())
        }
        @if is_new { div.pair {
            (form.field("credential").label("secret").help("credential-help").password())
            (form.field("variable").help("help-variable").example("OPENAI_API_KEY").line())
        } }
        div.triple {
            (form.field("priority").label("priority-alone").help("help-priority").number())
            (form.field("weight").help("help-weight").number())
            (form.field("groups").blank("all").picked("all-groups", 1))
        }
        (form.field("sticky").tick())
    }
}

/// How requests are sent to it.
fn way(visit: &Visit, form: &Form<'_>, fields: &Fields) -> Markup {
    let carriers = CARRIERS.map(|one| {
        let usual = || visit.t("carrier-usual");
        (
            one.to_owned(),
            if one.is_empty() {
                usual()
            } else {
                one.to_owned()
            },
        )
    });
    let http2 = HTTP2.map(|one| (one.to_owned(), visit.say().name_of("http2", one)));
    html! {
        (form.field("allow_private").tick())
        div.triple {
            (form.field("carrier").choice(&carriers))
            (form.field("http2").choice(&http2))
            (form.field("retry_on").help("help-retry-on").example("429,503").line())
        }
        div.pair {
            (form.field("headers").help("help-headers").example("X-Team=research").lines(2))
            (form.field("parameters").help("help-parameters").example("store=false").lines(2))
        }
        (form.kept(&["proxy_before", "own_ca"]))
        (form.field("proxy").help("help-proxy").example("http://proxy.example.com:3128").line())
        (form.field("ca").help("help-ca").lines(2))
        @if fields.is_on("own_ca") { (form.field("no_ca").tick()) }
    }
}
