//! A secret that is shown once, and how to use it: ready to be copied.

use maud::{Markup, html};

use super::icon::Icon;
use crate::text::Say;

/// Code with a button that copies it.
pub(crate) fn code(say: Say, id: &str, label: &str, text: &str) -> Markup {
    html! {
        figure.code {
            figcaption {
                span { (label) }
                button.ghost.copy type="button" data-copy={ "#" (id) } data-done=(say.t("copied")) hidden {
                    (Icon::Copy.draw()) span { (say.t("copy")) }
                }
            }
            pre id=(id) tabindex="0" { code { (text) } }
        }
    }
}

/// The secret itself: to copy, and to keep as a file.
pub(crate) fn secret(say: Say, secret: &str, file: &str) -> Markup {
    html! {
        div.secret {
            code id="secret" tabindex="0" { (secret) }
            button.primary type="button" data-copy="#secret" data-done=(say.t("copied")) hidden {
                (Icon::Copy.draw()) span { (say.t("copy")) }
            }
            button type="button" data-save="#secret" data-file=(file) hidden {
                (Icon::Download.draw()) span { (say.t("download-txt")) }
            }
        }
    }
}
