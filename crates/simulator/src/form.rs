//! The parts of a `multipart/form-data` body that several routes read alike.

use axum::http::header;
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use multer::Multipart;

use crate::call::Call;
use crate::failure::Failure;

/// The fields of a form that was read whole.
#[derive(Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    /// The bytes of all files.
    pub(crate) file_bytes: u64,
    pub(crate) files: u64,
}

impl Form {
    pub(crate) fn read(call: &Call) -> Result<Self, Failure> {
        let content_type = call.parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default());
        let boundary = boundary.map_err(unreadable)?;
        let body = stream::iter([Ok::<Bytes, std::io::Error>(call.body.clone())]);
        // The body is there, so nothing waits.
        let read = Self::collect(Multipart::new(body, boundary)).now_or_never();
        let mut form = read.ok_or_else(|| Failure::bad_request("the form does not end"))??;
        if let Some(model) = call.deployment() {
            form.fields.retain(|(name, _)| name != "model");
            form.fields.push(("model".to_owned(), model.to_owned()));
        }
        Ok(form)
    }

    async fn collect(mut parts: Multipart<'_>) -> Result<Self, Failure> {
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let value = part.bytes().await.map_err(unreadable)?;
            if is_file {
                form.files += 1;
                form.file_bytes += u64::try_from(value.len()).unwrap_or(u64::MAX);
            } else {
                let text = String::from_utf8_lossy(&value).into_owned();
                form.fields.push((name, text));
            }
        }
        Ok(form)
    }

    /// The last value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Failure::bad_field(name, "is required"))
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, name: &str, most: u64) -> Result<u64, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(1);
        };
        text.parse()
            .ok()
            .filter(|count| (1..=most).contains(count))
            .ok_or_else(|| Failure::bad_field(name, &format!("must be from 1 to {most}")))
    }
}

fn unreadable(error: multer::Error) -> Failure {
    Failure::bad_request(format!("the form cannot be read: {error}"))
}
