//! What the demo prints: calls to paste for people, one line of JSON for scripts.

use serde_json::json;
use tollgate_simulator::{CHAT_MODEL, EMBEDDING_MODEL, MESSAGES_MODEL};

use super::{Furnished, Places};
use crate::cli::Output;
use crate::config::Config;

/// The text for the output that was asked for.
pub(super) fn text(
    output: Output,
    places: &Places,
    furnished: &Furnished,
    config: &Config,
) -> String {
    match output {
        Output::Json => for_scripts(places, furnished, config),
        Output::Text => for_people(places, furnished, config),
    }
}

fn for_scripts(places: &Places, furnished: &Furnished, config: &Config) -> String {
    let Places {
        address,
        observe,
        console,
        code,
    } = places;
    json!({
        "address": address.to_string(),
        "base_url": format!("http://{address}"),
        "observe_url": format!("http://{observe}"),
        "console_url": format!("http://{console}"),
        "owner_code": code,
        "secret": furnished.secret,
        "token": furnished.token,
        "account": furnished.account,
        "group": furnished.group,
        "openai_model": CHAT_MODEL,
        "embedding_model": EMBEDDING_MODEL,
        "anthropic_model": MESSAGES_MODEL,
        "mount": "crm",
        "store": config.store,
        "key_file": config.key_file,
    })
    .to_string()
}

fn for_people(places: &Places, furnished: &Furnished, config: &Config) -> String {
    let Places {
        address,
        observe,
        console,
        code,
    } = places;
    let sign_in = match code {
        Some(code) => format!(
            "Open http://{console}/join, and become its first owner with this code:\n\n{code}"
        ),
        None => format!("Open http://{console}, and sign in."),
    };
    let Furnished { secret, token, .. } = furnished;
    let (store, key_file) = (&config.store, config.key_file.display());
    // The admin is built as the gateway was, which is quickest.
    let profile = if cfg!(debug_assertions) {
        ""
    } else {
        " --release"
    };
    format!(
        r#"Tollgate is serving on http://{address}, with a simulated provider behind it.
Health and metrics are on http://{observe}.
The web console is on http://{console}.
{sign_in}

The token {token} has this secret:

{secret}

A stream with curl:

curl -N http://{address}/v1/chat/completions \
  -H 'Authorization: Bearer {secret}' \
  -H 'Content-Type: application/json' \
  -d '{{"model": "{CHAT_MODEL}", "stream": true, "messages": [{{"role": "user", "content": "Hello"}}]}}'

A plain HTTP API with curl:

curl http://{address}/crm/customers -H 'Authorization: ApiKey {secret}'

With the official Python SDK (pip install openai):

from openai import OpenAI
client = OpenAI(base_url="http://{address}/v1", api_key="{secret}")
answer = client.chat.completions.create(model="{CHAT_MODEL}", messages=[{{"role": "user", "content": "Hello"}}])
print(answer.choices[0].message.content)

With the official Python SDK (pip install anthropic):

from anthropic import Anthropic
client = Anthropic(base_url="http://{address}", api_key="{secret}")
answer = client.messages.create(model="{MESSAGES_MODEL}", max_tokens=100, messages=[{{"role": "user", "content": "Hello"}}])
print(answer.content[0].text)

Take the token back, and call again:

cargo run{profile} --bin tollgate-admin -- --store '{store}' --key-file '{key_file}' token revoke {token} --yes

Ctrl-C ends the demo."#
    )
}
