//! The bodies of `GET /v1/models` and `GET /v1/models/{id}`: in OpenAI's form, in Anthropic's, and in
//! Gemini's. Which models a caller may see is decided elsewhere.

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::time::Timestamp;

/// A model as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model<'a> {
    /// The public name.
    pub id: &'a str,
    /// The provider.
    pub owned_by: &'a str,
    /// When it was added, in seconds since 1970.
    pub created_seconds: i64,
}

/// The form of a list for this route and this client: OpenAI and Anthropic share a path, but only
/// clients of Anthropic name a version of its API.
pub const fn form(route: Dialect, names_anthropic_version: bool) -> Dialect {
    match route {
        Dialect::Gemini => Dialect::Gemini,
        _ if names_anthropic_version => Dialect::Anthropic,
        _ => Dialect::OpenAi,
    }
}

/// The body of the list in a dialect's [`form`], in the order given and all at once: no page has a
/// next one.
pub fn list_in<'a>(form: Dialect, models: impl IntoIterator<Item = Model<'a>>) -> Vec<u8> {
    let body = match form {
        Dialect::Anthropic => {
            let data: Vec<Value> = models.into_iter().map(anthropic).collect();
            let id = |model: Option<&Value>| model.and_then(|model| model.get("id")).cloned();
            json!({
                "has_more": false, "first_id": id(data.first()), "last_id": id(data.last()),
                "data": data,
            })
        }
        Dialect::Gemini => {
            let models: Vec<Value> = models.into_iter().map(gemini).collect();
            json!({"models": models})
        }
        Dialect::OpenAi | Dialect::Plain => return list(models),
    };
    text(&body)
}

/// The body of one model in a dialect's [`form`].
pub fn one_in(form: Dialect, model: Model<'_>) -> Vec<u8> {
    match form {
        Dialect::Anthropic => text(&anthropic(model)),
        Dialect::Gemini => text(&gemini(model)),
        Dialect::OpenAi | Dialect::Plain => one(model),
    }
}

fn anthropic(model: Model<'_>) -> Value {
    let created = Timestamp::from_micros(model.created_seconds.saturating_mul(1_000_000));
    json!({
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": created.to_string(),
    })
}

fn gemini(model: Model<'_>) -> Value {
    json!({
        "name": format!("models/{}", model.id),
        "baseModelId": model.id,
        "version": "001",
        "displayName": model.id,
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
    })
}

/// The body of `GET /v1/models`, in the order given.
pub fn list<'a>(models: impl IntoIterator<Item = Model<'a>>) -> Vec<u8> {
    let data = models.into_iter().map(Entry::from).collect();
    text(&List {
        object: "list",
        data,
    })
}

/// The body of `GET /v1/models/{id}`.
pub fn one(model: Model<'_>) -> Vec<u8> {
    text(&Entry::from(model))
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    owned_by: &'a str,
}

impl<'a> From<Model<'a>> for Entry<'a> {
    fn from(model: Model<'a>) -> Self {
        Self {
            id: model.id,
            object: "model",
            created: model.created_seconds,
            owned_by: model.owned_by,
        }
    }
}

/// Texts and numbers under fixed keys have no way to fail; an empty body would be the sign of it.
fn text(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Model<'_> = Model {
        id: "b/x",
        owned_by: "openai",
        created_seconds: 1_700_000_000,
    };
    const A: Model<'_> = Model {
        id: "a\"",
        owned_by: "anthropic",
        created_seconds: 0,
    };

    fn read(body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn a_list_keeps_its_order_and_names_each_provider() {
        let expected = json!({"object": "list", "data": [
            {"id": "b/x", "object": "model", "created": 1_700_000_000, "owned_by": "openai"},
            {"id": "a\"", "object": "model", "created": 0, "owned_by": "anthropic"},
        ]});
        assert_eq!(read(&list([X, A])), expected);
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(read(&list([])), json!({"object": "list", "data": []}));
    }

    #[test]
    fn one_model_has_the_form_of_an_entry() {
        assert_eq!(read(&one(X)), read(&list([X]))["data"][0]);
    }

    #[test]
    fn clients_of_anthropic_and_gemini_get_their_own_form() {
        let anthropic = json!({
            "data": [
                {"type": "model", "id": "b/x", "display_name": "b/x",
                 "created_at": "2023-11-14T22:13:20Z"},
                {"type": "model", "id": "a\"", "display_name": "a\"",
                 "created_at": "1970-01-01T00:00:00Z"},
            ],
            "has_more": false, "first_id": "b/x", "last_id": "a\"",
        });
        assert_eq!(read(&list_in(Dialect::Anthropic, [X, A])), anthropic);
        let one = read(&one_in(Dialect::Anthropic, X));
        assert_eq!(one, anthropic["data"][0]);
        let empty = json!({"data": [], "has_more": false, "first_id": null, "last_id": null});
        assert_eq!(read(&list_in(Dialect::Anthropic, [])), empty);

        let gemini = read(&list_in(Dialect::Gemini, [X]));
        assert_eq!(gemini["models"][0]["name"], "models/b/x");
        assert_eq!(read(&one_in(Dialect::Gemini, X)), gemini["models"][0]);
        assert_eq!(list_in(Dialect::OpenAi, [X]), list([X]));
    }

    #[test]
    fn the_form_follows_from_the_path_and_then_from_the_client() {
        for (route, version, expected) in [
            (Dialect::OpenAi, false, Dialect::OpenAi),
            (Dialect::OpenAi, true, Dialect::Anthropic),
            (Dialect::Gemini, false, Dialect::Gemini),
            (Dialect::Gemini, true, Dialect::Gemini),
        ] {
            assert_eq!(form(route, version), expected);
        }
    }
}
