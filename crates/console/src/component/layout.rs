//! The frame of every page: navigation, who is signed in, and what they like to see.

use maud::{DOCTYPE, Markup, html};
use tollgate_admin_core::Deed;

use super::icon::Icon;
use crate::access::{Taste, Theme, Visit};
use crate::text::Say;
use crate::{assets, guard};

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: &'static str,
    text: &'static str,
    icon: Icon,
    deed: Deed,
}

const fn place(path: &'static str, text: &'static str, icon: Icon, deed: Deed) -> Place {
    Place {
        path,
        text,
        icon,
        deed,
    }
}

/// Where one can go, for those who may.
const PLACES: [&[Place]; 3] = [
    &[
        place("/", "nav-overview", Icon::Overview, Deed::ReadTokens),
        place("/tokens", "nav-tokens", Icon::Token, Deed::ReadTokens),
        place("/usage", "nav-usage", Icon::Usage, Deed::ReadUsage),
        place(
            "/accounts",
            "nav-accounts",
            Icon::Account,
            Deed::ReadAccounts,
        ),
    ],
    &[
        place("/groups", "nav-groups", Icon::Group, Deed::ReadCatalog),
        place("/models", "nav-models", Icon::Model, Deed::ReadCatalog),
        place(
            "/upstreams",
            "nav-upstreams",
            Icon::Upstream,
            Deed::ReadUpstreams,
        ),
        place(
            "/gateways",
            "nav-gateways",
            Icon::Gateway,
            Deed::ReadUpstreams,
        ),
    ],
    &[
        place("/members", "nav-members", Icon::Member, Deed::ReadPeople),
        place(
            "/credentials",
            "nav-credentials",
            Icon::Credential,
            Deed::ReadCatalog,
        ),
        place("/alerts", "nav-alerts", Icon::Alert, Deed::ReadAlerts),
        place("/audit", "nav-audit", Icon::Audit, Deed::ReadAudit),
        place(
            "/settings",
            "nav-settings",
            Icon::Settings,
            Deed::ReadSettings,
        ),
    ],
];

/// The field that shows that a form is ours.
pub(crate) fn word(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(guard::FIELD) value=(visit.word); }
}

/// A page for who is signed in. `here` is the path of its place in the navigation.
pub(crate) fn page(visit: &Visit, here: &str, title: &str, content: &Markup) -> Markup {
    let body = html! {
        a.skip href="#main" { (visit.t("skip")) }
        div.shell {
            header.side {
                a.brand href="/" { img src=(assets::mark()) alt="" width="24" height="24"; span { "Tollgate" } }
                nav.places aria-label=(visit.t("navigation")) {
                    @for list in PLACES {
                        ul {
                            @for place in list.iter().filter(|one| visit.context.may(one.deed, None)) {
                                li {
                                    a href=(place.path) aria-current=[(place.path == here).then_some("page")] {
                                        (place.icon.draw()) span { (visit.t(place.text)) }
                                    }
                                }
                            }
                        }
                    }
                }
                (person(visit))
            }
            main #main tabindex="-1" { (content) }
        }
    };
    document(&visit.taste, title, "", &body)
}

/// A page for nobody in particular: one card in the middle.
pub(crate) fn alone(taste: &Taste, title: &str, content: &Markup) -> Markup {
    let body = html! {
        main.alone #main {
            div.brand { img src=(assets::mark()) alt="" width="36" height="36"; span { "Tollgate" } }
            section.card { h1 { (title) } (content) }
            (likes(taste, None))
        }
    };
    document(taste, title, "plain", &body)
}

/// The head of a page: its title, and what can be done.
pub(crate) fn heading(title: &str, lead: &str, actions: &Markup) -> Markup {
    html! {
        div.heading {
            div { h1 dir="auto" { (title) } @if !lead.is_empty() { p.lead { (lead) } } }
            div.actions { (actions) }
        }
    }
}

fn document(taste: &Taste, title: &str, class: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(taste.say.tag()) data-theme=(taste.theme.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Tollgate" }
                link rel="icon" href=(assets::mark());
                link rel="stylesheet" href=(assets::style());
                script src=(assets::script()) defer {}
            }
            body class=(class) { (body) }
        }
    }
}

fn person(visit: &Visit) -> Markup {
    let member = visit.member();
    let first = member.name.chars().next().unwrap_or('?');
    html! {
        details.person {
            summary {
                span.face aria-hidden="true" { (first) }
                span.who { span dir="auto" { (member.name) } small { (visit.say().name_of("role", &member.role)) } }
            }
            div.sheet {
                a href="/profile" { (visit.t("profile")) }
                (likes(&visit.taste, Some(visit)))
                form method="post" action="/sign-out" {
                    (word(visit))
                    button type="submit" { (visit.t("sign-out")) }
                }
            }
        }
    }
}

/// Language and theme: also for who is not signed in.
fn likes(taste: &Taste, visit: Option<&Visit>) -> Markup {
    let themes = [Theme::System, Theme::Light, Theme::Dark];
    let languages = [(Say::English, "English"), (Say::Chinese, "简体中文")];
    html! {
        form.likes method="post" action="/preferences" {
            @if let Some(visit) = visit { (word(visit)) }
            input type="hidden" name="back" value=(taste.path);
            div.segment role="group" aria-label=(taste.say.t("theme")) {
                @for theme in themes {
                    button type="submit" name="theme" value=(theme.name())
                        aria-pressed=(if taste.theme == theme { "true" } else { "false" }) {
                        (taste.say.name_of("theme", theme.name()))
                    }
                }
            }
            div.segment role="group" aria-label=(taste.say.t("language")) {
                @for (say, name) in languages {
                    button type="submit" name="lang" value=(say.tag()) lang=(say.tag())
                        aria-pressed=(if taste.say == say { "true" } else { "false" }) { (name) }
                }
            }
        }
    }
}
