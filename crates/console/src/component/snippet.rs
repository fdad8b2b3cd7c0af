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

/// How programs use a secret, at this gateway, with a model that it may call.
pub(crate) fn uses(say: Say, gateway: &str, secret: &str, model: &str) -> Markup {
    let base = format!("{}/v1", gateway.trim_end_matches('/'));
    let model = model.replace(['"', '\\', '\''], "");
    let environment =
        format!("export OPENAI_BASE_URL=\"{base}\"\nexport OPENAI_API_KEY=\"{secret}\"");
    let curl = format!(
        "curl {base}/chat/completions \\\n  -H \"Authorization: Bearer {secret}\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
    );
    let python = format!(
        "from openai import OpenAI\n\nclient = OpenAI(base_url=\"{base}\", api_key=\"{secret}\")\nanswer = client.chat.completions.create(\n    model=\"{model}\",\n    messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\nprint(answer.choices[0].message.content)"
    );
    let node = format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{\n  baseURL: \"{base}\",\n  apiKey: \"{secret}\",\n}});\nconst answer = await client.chat.completions.create({{\n  model: \"{model}\",\n  messages: [{{ role: \"user\", content: \"Hello\" }}],\n}});\nconsole.log(answer.choices[0].message.content);"
    );
    html! {
        (code(say, "s-env", &say.t("snippet-environment"), &environment))
        (code(say, "s-curl", "curl", &curl))
        (code(say, "s-python", "Python", &python))
        (code(say, "s-node", "Node.js", &node))
    }
}
