//! The fields of a JSON request that several routes read alike. Fields that no route reads pass.

use serde_json::{Map, Value};

use crate::failure::Failure;

pub(crate) struct Ask {
    fields: Map<String, Value>,
}

impl Ask {
    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self { fields }
    }

    /// A field that is there and not null.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|it| !it.is_null())
    }

    pub(crate) fn required(&self, field: &str) -> Result<&Value, Failure> {
        self.get(field)
            .ok_or_else(|| Failure::bad_field(field, "is required"))
    }

    /// A list of messages that is not empty.
    pub(crate) fn messages(&self) -> Result<&Value, Failure> {
        let messages = self.required("messages")?;
        match messages.as_array() {
            Some(list) if !list.is_empty() => Ok(messages),
            _ => Err(Failure::bad_field(
                "messages",
                "must be a list with a message",
            )),
        }
    }

    /// Any name will do: a simulator serves whatever an upstream's mapping calls its models.
    pub(crate) fn model(&self) -> Result<String, Failure> {
        match self.required("model")?.as_str() {
            Some(model) if !model.is_empty() => Ok(model.to_owned()),
            _ => Err(Failure::bad_field("model", "must be the name of a model")),
        }
    }

    pub(crate) fn flag(&self, field: &str) -> Result<bool, Failure> {
        match self.get(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Failure::bad_field(field, "must be true or false")),
        }
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, field: &str, most: u64) -> Result<Option<u64>, Failure> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(count) if (1..=most).contains(&count) => Ok(Some(count)),
            _ if most == u64::MAX => Err(Failure::bad_field(field, "must be 1 or more")),
            _ => Err(Failure::bad_field(
                field,
                &format!("must be from 1 to {most}"),
            )),
        }
    }

    /// The lowest of the output caps that are set.
    pub(crate) fn cap(&self, fields: &[&str]) -> Result<Option<u64>, Failure> {
        let caps: Result<Vec<_>, _> = fields
            .iter()
            .map(|field| self.count(field, u64::MAX))
            .collect();
        Ok(caps?.into_iter().flatten().min())
    }

    /// OpenAI's `stream_options.include_usage`.
    pub(crate) fn includes_usage(&self) -> bool {
        let wish = self
            .get("stream_options")
            .and_then(|it| it.get("include_usage"));
        wish.and_then(Value::as_bool).unwrap_or(false)
    }
}
