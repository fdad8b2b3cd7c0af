//! The bodies of `GET /v1/models` and `GET /v1/models/{id}`, in OpenAI's form.
//! Which models a caller may see is decided elsewhere.

use serde::Serialize;

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
    use serde_json::{Value, json};

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
}
