//! Forms: files and a few fields, sent on as they came but for the name of the model.

use std::ops::Range;

use bytes::{Buf, Bytes};
use http::request::Parts;
use tollgate_policy::plan::Attempt;
use tollgate_rights::source::Access;
use tollgate_wire::body::Pieces;
use tollgate_wire::route::ModelRoute;

use super::outgoing::Written;
use crate::intake::Form;
use crate::request_body::RequestBody;
use crate::rewrite;
use crate::spool::{Spooled, SpooledBody};
use crate::upstream::UpstreamError;

/// A call of a model whose body is a form.
pub(crate) struct FormCall<'a> {
    route: &'a ModelRoute<'a>,
    /// The model that the client names.
    model: String,
    form: Form,
}

impl<'a> FormCall<'a> {
    pub(crate) fn new(route: &'a ModelRoute<'a>, model: &str, form: Form) -> Self {
        Self {
            route,
            model: model.to_owned(),
            form,
        }
    }

    pub(super) fn write(
        &self,
        attempt: &Attempt<'_>,
        access: &Access,
        head: &Parts,
    ) -> Result<Written, UpstreamError> {
        let name = attempt
            .sent_as
            .map_or(self.model.as_str(), |name| name.as_str());
        let path = self.route.upstream_path(name);
        let query = self.route.upstream_query(head.uri.query(), name);
        let (body, length) = self.named(name)?;
        Ok(Written {
            uri: rewrite::model_target(&access.base_url, &path, query.as_deref(), &head.uri),
            length: Some(length),
            body,
        })
    }

    /// The form, naming this model, and how long it is.
    fn named(&self, name: &str) -> Result<(RequestBody, usize), UpstreamError> {
        let Form { body, fields } = &self.form;
        let edit = fields.name_model(name).map_err(|_| UpstreamError::Name)?;
        if let Some(edit) = &edit
            && edit.span.end.max(edit.span.start) > body.length()
        {
            return Err(UpstreamError::Name);
        }
        let edit = edit.map(|edit| (edit.span, Bytes::from(edit.text)));
        match body {
            Spooled::Memory(kept) => {
                let body = spliced(&kept.bytes, edit)?;
                let length = body.remaining();
                Ok((RequestBody::whole(body), length))
            }
            Spooled::Disk(kept) => {
                let body = SpooledBody::new(kept, edit);
                let length = usize::try_from(body.length()).map_err(|_| UpstreamError::Name)?;
                Ok((RequestBody::Spooled(body), length))
            }
        }
    }
}

fn spliced(body: &Bytes, edit: Option<(Range<u64>, Bytes)>) -> Result<Pieces, UpstreamError> {
    let Some((span, text)) = edit else {
        return Ok(body.clone().into());
    };
    let place = |at: u64| usize::try_from(at).map_err(|_| UpstreamError::Name);
    let (start, end) = (place(span.start)?, place(span.end)?);
    Ok(vec![body.slice(..start), text, body.slice(end..)].into())
}
