//! How programs use a secret at this gateway: lines to paste, for each dialect that the token can
//! call a model in.

use maud::{Markup, html};

use super::example::Models;
use crate::component::snippet::code;
use crate::text::Say;

/// What stands there where nothing can be called yet.
const NONE: &str = "MODEL";

/// What stands in all of them.
struct Way<'a> {
    say: Say,
    /// The gateway, without a slash at its end.
    gateway: &'a str,
    secret: &'a str,
    model: String,
}

/// All that the token can use; OpenAI's where it can use nothing yet.
pub(super) fn all(say: Say, gateway: &str, secret: &str, models: &Models) -> Markup {
    let gateway = gateway.trim_end_matches('/');
    let way = |model: &str| Way {
        say,
        gateway,
        secret,
        model: model.replace(['"', '\\', '\''], ""),
    };
    let anthropic = models.anthropic.as_deref().map(way);
    let openai = match (models.openai.as_deref(), &anthropic) {
        (Some(model), _) => Some(way(model)),
        (None, None) => Some(way(NONE)),
        (None, Some(_)) => None,
    };
    html! {
        @if let Some(way) = &openai { (way.openai()) }
        @if let Some(way) = &anthropic {
            details.section open[openai.is_none()] {
                summary { "Anthropic" }
                (way.anthropic())
            }
        }
    }
}

impl Way<'_> {
    fn openai(&self) -> Markup {
        let Self {
            say,
            gateway,
            secret,
            model,
        } = self;
        let base = format!("{gateway}/v1");
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
            (code(*say, "s-env", &say.t("snippet-environment"), &environment))
            (code(*say, "s-curl", "curl", &curl))
            (code(*say, "s-python", "Python", &python))
            (code(*say, "s-node", "Node.js", &node))
        }
    }

    fn anthropic(&self) -> Markup {
        let Self {
            say,
            gateway,
            secret,
            model,
        } = self;
        let environment = format!(
            "export ANTHROPIC_BASE_URL=\"{gateway}\"\nexport ANTHROPIC_AUTH_TOKEN=\"{secret}\"\nexport ANTHROPIC_MODEL=\"{model}\"\nexport ANTHROPIC_SMALL_FAST_MODEL=\"{model}\""
        );
        let curl = format!(
            "curl {gateway}/v1/messages \\\n  -H \"Authorization: Bearer {secret}\" \\\n  -H \"anthropic-version: 2023-06-01\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"model\": \"{model}\", \"max_tokens\": 256, \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
        );
        let python = format!(
            "from anthropic import Anthropic\n\nclient = Anthropic(base_url=\"{gateway}\", auth_token=\"{secret}\")\nanswer = client.messages.create(\n    model=\"{model}\",\n    max_tokens=256,\n    messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\nprint(answer.content[0].text)"
        );
        let node = format!(
            "import Anthropic from \"@anthropic-ai/sdk\";\n\nconst client = new Anthropic({{\n  baseURL: \"{gateway}\",\n  authToken: \"{secret}\",\n}});\nconst answer = await client.messages.create({{\n  model: \"{model}\",\n  max_tokens: 256,\n  messages: [{{ role: \"user\", content: \"Hello\" }}],\n}});\nconsole.log(answer.content[0].text);"
        );
        html! {
            (code(*say, "a-env", &say.t("snippet-claude-code"), &environment))
            (code(*say, "a-curl", "curl", &curl))
            (code(*say, "a-python", "Python", &python))
            (code(*say, "a-node", "Node.js", &node))
        }
    }
}
