//! Using a one-time code: the first owner, an invited member, or somebody who forgot a password.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::link::{self, Redeem};

use super::{Shown, shown, shown_again};
use crate::access::Taste;
use crate::component::field::{Field, Sheet};
use crate::component::layout;
use crate::form::{Fields, StrangerPosted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/join", get(form).post(submit))
}

async fn form(taste: Taste) -> Shown {
    shown(page(&taste, &Fields::default(), None))
}

async fn submit(posted: StrangerPosted) -> Shown {
    let StrangerPosted { stranger, fields } = posted;
    let input = Redeem {
        code: fields.text("code").trim().to_owned(),
        password: fields.text("password").to_owned(),
        login: fields.some("login"),
        name: fields.some("name"),
    };
    let taste = &stranger.taste;
    if input.password != fields.text("again") {
        let problem = Problem::translated("again", taste.say.t("password-differs"));
        return shown_again(&problem, page(taste, &fields, Some(&problem)));
    }
    match link::redeem(&stranger.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(member) => {
            let say = taste.say;
            let content = html! {
                p.notice.good { (say.with("joined", "login", member.login)) }
                a.button.primary.wide href="/sign-in" { (say.t("sign-in")) }
            };
            shown(layout::alone(taste, &say.t("join-done"), &content))
        }
        Err(problem) => shown_again(&problem, page(taste, &fields, Some(&problem))),
    }
}

fn page(taste: &Taste, fields: &Fields, problem: Option<&Problem>) -> Markup {
    let say = taste.say;
    let sheet = Sheet::new(say, fields).with(problem, "code");
    let [code, login, name, password, again] = [
        "join-code",
        "login",
        "name",
        "password-new",
        "password-again",
    ]
    .map(|id| say.t(id));
    let [code_help, login_help, password_help] =
        ["join-code-help", "join-login-help", "password-help"].map(|id| say.t(id));
    let content = html! {
        p.lead { (say.t("join-lead")) }
        (sheet.rest(&["code", "login", "name", "password", "again"]))
        form method="post" action="/join" {
            (sheet.line(&Field { name: "code", label: &code, help: &code_help, required: true, kind: "password", ..Field::default() }))
            (sheet.line(&Field { name: "login", label: &login, help: &login_help, autocomplete: "username", ..Field::default() }))
            (sheet.line(&Field { name: "name", label: &name, autocomplete: "name", ..Field::default() }))
            (sheet.line(&Field { name: "password", label: &password, help: &password_help, required: true, kind: "password", autocomplete: "new-password", ..Field::default() }))
            (sheet.line(&Field { name: "again", label: &again, required: true, kind: "password", autocomplete: "new-password", ..Field::default() }))
            button.primary.wide type="submit" { (say.t("join-do")) }
        }
        p.help { a href="/sign-in" { (say.t("sign-in")) } }
    };
    layout::alone(taste, &say.t("join-title"), &content)
}
