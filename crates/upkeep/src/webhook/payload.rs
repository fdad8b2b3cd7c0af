//! What is sent of an alert.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::port::Alert;

/// The body of a delivery. What the alert tells stands beside what every alert has, which wins.
pub(super) fn payload(alert: &Alert) -> Bytes {
    let mut object = match &alert.alert.body {
        Value::Object(body) => body.clone(),
        Value::Null => Map::new(),
        // Nobody raises these; they are not lost all the same.
        other => Map::from_iter([("body".to_owned(), other.clone())]),
    };
    let subject = alert.alert.subject;
    let always = [
        ("id", json!(alert.id)),
        ("kind", json!(alert.alert.kind)),
        ("at", json!(alert.at.to_string())),
        (
            "subject",
            json!({ "kind": subject.kind(), "id": subject.to_string() }),
        ),
        ("key", json!(alert.alert.key)),
    ];
    object.extend(always.map(|(name, value)| (name.to_owned(), value)));
    Bytes::from(Value::Object(object).to_string())
}
