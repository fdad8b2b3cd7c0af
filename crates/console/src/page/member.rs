//! Members: inviting them, what they may do, and the sessions that they have.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::member::{self, Invited, MemberChange, MemberInput};
use tollgate_admin_core::view::member::{MemberView, SessionView};
use tollgate_admin_core::{AdminError, Deed, account, session};

use super::{Shown, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::dialog::{self, Ask};
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::component::{badge, snippet, time};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/members", get(list).post(invite))
        .route("/members/{id}", get(show).post(save))
        .route("/members/{id}/reset", post(reset))
        .route("/members/{id}/totp", post(totp))
        .route("/members/{id}/delete", post(delete))
        .route("/sessions/{id}/end", post(end))
}

async fn list(visit: Visit) -> Shown {
    shown(everyone(&visit, &Fields::default(), None).await?)
}

async fn everyone(
    visit: &Visit,
    fields: &Fields,
    problem: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let members = member::list(&visit.context).await?;
    let sessions = session::list(&visit.context, None, visit.site.terms()).await?;
    let (say, now) = (visit.say(), visit.context.now());
    let may = visit.context.may(Deed::ChangePeople, None);
    let form = if may {
        Some(form(visit, "/members", fields, problem, true).await?)
    } else {
        None
    };
    let content = html! {
        (heading(&visit.t("nav-members"), &visit.t("members-lead"), &html! {}))
        div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-members")) { table.list {
            thead { tr { @for id in ["login", "name", "role-head", "account", "status", "totp", "signed-in"] { th scope="col" { (visit.t(id)) } } } }
            tbody { @for one in &members { tr {
                th scope="row" { @if may { a.title href={ "/members/" (one.id) } dir="auto" { (one.login) } } @else { bdi { (one.login) } } }
                td data-label=(visit.t("name")) { bdi { (one.name) } }
                td data-label=(visit.t("role-head")) { (say.name_of("role", &one.role)) }
                td data-label=(visit.t("account")) { bdi { (one.account.as_ref().map(|one| one.name.as_str()).unwrap_or("–")) } }
                td data-label=(visit.t("status")) { @if one.invited { (badge::badge("warn", &visit.t("invited"))) } @else { (badge::enabled(say, one.enabled)) } }
                td data-label=(visit.t("totp")) { (visit.t(if one.totp { "yes" } else { "no" })) }
                td data-label=(visit.t("signed-in")) { (time::or_never(say, one.signed_in_at.as_deref(), now)) }
            } } }
        } }
        @if let Some(form) = form { section.card { h2 { (visit.t("invite")) } (form) } }
        section.card { h2 { (visit.t("sessions")) } (sessions_list(visit, &sessions, may)) }
    };
    Ok(page(visit, "/members", &visit.t("nav-members"), &content))
}

/// Sessions with a button that ends each.
pub(super) fn sessions_list(visit: &Visit, sessions: &[SessionView], may: bool) -> Markup {
    let now = visit.context.now();
    html! { ul.rows { @for one in sessions {
        li {
            strong dir="auto" { (one.member.name) }
            @if one.id == visit.resumed.session.id { (badge::badge("good", &visit.t("this-session"))) }
            span { (one.address) } span.quiet.clip dir="auto" title=(one.user_agent) { (one.user_agent) }
            span.quiet { (visit.t("seen")) " " (time::relative(visit.say(), &one.seen_at, now)) }
            @if may { (dialog::press(visit, &format!("/sessions/{}/end", one.id), &visit.t("end-session"), "danger")) }
        }
    } } }
}

async fn form(
    visit: &Visit,
    action: &str,
    fields: &Fields,
    problem: Option<&Problem>,
    new: bool,
) -> Result<Markup, AdminError> {
    let say = visit.say();
    let form = Sheet::new(say, fields).with(problem, "login");
    let roles = ["member", "operator", "auditor", "owner"]
        .map(|one| (one.to_owned(), say.name_of("role", one)));
    let mut accounts = vec![(String::new(), "–".to_owned())];
    accounts.extend(
        account::list(&visit.context)
            .await?
            .into_iter()
            .map(|one| (one.name.clone(), one.name)),
    );
    let [login, name, role, account, role_help, account_help, enabled] = [
        "login",
        "name",
        "role-head",
        "account",
        "help-role",
        "help-member-account",
        "may-sign-in",
    ]
    .map(|id| visit.t(id));
    Ok(html! { form method="post" action=(action) {
        (word(visit)) (form.rest(&["login", "name", "role", "account"]))
        input type="hidden" name="version" value=(fields.text("version"));
        div.pair {
            (form.line(&Field { name: "login", label: &login, required: true, example: "ada@example.com", ..Field::default() }))
            (form.line(&Field { name: "name", label: &name, ..Field::default() }))
        }
        div.pair {
            (form.choice(&Field { name: "role", label: &role, help: &role_help, ..Field::default() }, &roles))
            (form.choice(&Field { name: "account", label: &account, help: &account_help, ..Field::default() }, &accounts))
        }
        @if !new { (form.tick(&Field { name: "enabled", label: &enabled, ..Field::default() })) }
        button.primary type="submit" { (visit.t(if new { "invite" } else { "save" })) }
    } })
}

async fn invite(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = MemberInput {
        login: fields.text("login").trim().to_owned(),
        name: fields.some("name"),
        role: fields.text("role").to_owned(),
        account: fields.some("account"),
        ..MemberInput::default()
    };
    match member::invite(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(invited) => shown(code_page(&visit, &invited)),
        Err(problem) => shown_again(&problem, everyone(&visit, &fields, Some(&problem)).await?),
    }
}

fn code_page(visit: &Visit, invited: &Invited) -> Markup {
    let content = html! {
        (heading(&invited.member.login, "", &html! { a.button href="/members" { (visit.t("nav-members")) } }))
        @if let Some(link) = &invited.link {
            section.card.once {
                p.notice.warn { (visit.t("invite-once")) }
                (snippet::secret(visit.say(), link.code.reveal(), "invitation.txt"))
                p { (visit.t("invite-how")) " " code { "/join" } " · " (visit.t("until")) " " (time::relative(visit.say(), &link.expires_at.to_string(), visit.context.now())) }
            }
        }
    };
    page(visit, "/members", &invited.member.login, &content)
}

async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = member::show(&visit.context, &id).await?;
    shown(whole(&visit, &one, &fields_of(&one), None, None).await?)
}

fn fields_of(one: &MemberView) -> Fields {
    let account = one
        .account
        .as_ref()
        .map(|one| one.name.as_str())
        .unwrap_or_default();
    let mut fields = Fields::of(&[
        ("login", &one.login),
        ("name", &one.name),
        ("role", &one.role),
        ("account", account),
        ("version", &one.version.to_string()),
    ]);
    if one.enabled {
        fields.put("enabled", "true");
    }
    fields
}

async fn whole(
    visit: &Visit,
    one: &MemberView,
    fields: &Fields,
    problem: Option<&Problem>,
    asked: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let path = format!("/members/{}", segment(&one.id));
    let form = form(visit, &path, fields, problem, false).await?;
    let content = html! {
        p.crumbs { a href="/members" { (visit.t("nav-members")) } }
        (heading(&one.login, "", &html! {
            (dialog::press(visit, &format!("{path}/reset"), &visit.t("reset-password"), ""))
            @if one.totp { (dialog::press(visit, &format!("{path}/totp"), &visit.t("remove-totp"), "danger")) }
        }))
        section.card.form { (form) }
        section.card.danger-zone { h2 { (visit.t("danger")) }
            (dialog::ask(visit, &Ask { action: &format!("{path}/delete"), title: &visit.t("do-delete"), help: &visit.t("member-delete-help"), button: &visit.t("do-delete"), name: &one.login, wrong: asked }))
        }
    };
    Ok(page(visit, "/members", &one.login, &content))
}

async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = member::show(&visit.context, &id).await?;
    let change = MemberChange {
        login: Some(fields.text("login").trim().to_owned()),
        name: fields.some("name"),
        role: (fields.text("role") != one.role || fields.some("account").is_some())
            .then(|| fields.text("role").to_owned()),
        account: fields.some("account"),
        enabled: Some(fields.is_on("enabled")),
        if_version: fields.text("version").parse().ok(),
        ..MemberChange::default()
    };
    match member::edit(&visit.context, &one.id, &change)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/members"),
        Err(problem) => shown_again(
            &problem,
            whole(&visit, &one, &fields, Some(&problem), None).await?,
        ),
    }
}

async fn reset(Path(id): Path<String>, posted: Posted) -> Shown {
    let invited = member::reset_password(&posted.visit.context, &id).await?;
    shown(code_page(&posted.visit, &invited))
}

async fn totp(Path(id): Path<String>, posted: Posted) -> Shown {
    let one = member::remove_totp(&posted.visit.context, &id).await?;
    to(&format!("/members/{}", one.id))
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = member::show(&visit.context, &id).await?;
    let problem = match fields.text("confirm").trim() == one.login {
        false => Problem::translated("confirm", visit.t("name-differs")),
        true => match member::delete(&visit.context, &one.id)
            .await
            .map_err(Problem::from)
        {
            Ok(_) => return to("/members"),
            Err(problem) => problem,
        },
    };
    shown_again(
        &problem,
        whole(&visit, &one, &fields_of(&one), None, Some(&problem)).await?,
    )
}

async fn end(Path(id): Path<String>, posted: Posted) -> Shown {
    let ended = session::revoke(&posted.visit.context, &id).await?;
    let own = posted.visit.member().id == ended.member.id;
    to(if own { "/profile" } else { "/members" })
}
