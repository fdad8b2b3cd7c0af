//! Forms: files and a few fields, sent on as they came but for the name of the model.

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http_body_util::{Either, Full};
use tollgate_policy::plan::Attempt;
use tollgate_rights::source::Access;
use tollgate_wire::route::ModelRoute;

use super::outgoing::Written;
use crate::intake::Form;
use crate::rewrite;
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
        let body = self.named(name)?;
        Ok(Written {
            uri: rewrite::model_target(&access.base_url, &path, query.as_deref(), &head.uri),
            length: Some(body.len()),
            body: Either::Left(Full::new(body)),
        })
    }

    /// The form, naming this model. Only one that names another is copied.
    fn named(&self, name: &str) -> Result<Bytes, UpstreamError> {
        let Form { body, fields } = &self.form;
        let edit = fields.name_model(name).map_err(|_| UpstreamError::Name)?;
        let Some(edit) = edit else {
            return Ok(body.clone());
        };
        let place = |at: u64| usize::try_from(at).ok().filter(|at| *at <= body.len());
        let ends = (place(edit.span.start), place(edit.span.end));
        let (Some(start), Some(end)) = ends else {
            return Err(UpstreamError::Name);
        };
        let mut named = BytesMut::with_capacity(body.len() + edit.text.len());
        named.extend_from_slice(&body.slice(..start));
        named.extend_from_slice(&edit.text);
        named.extend_from_slice(&body.slice(end..));
        Ok(named.freeze())
    }
}
