//! Limits of a minute, and of calls at once, as operators write them.

use serde::Deserialize;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_store::limit::LimitsEdit;

use super::{is_none, shortened};
use crate::error::AdminError;

/// Limits, each where it was said: a number of 1 or more, or `none`, `unlimited` or blank for no
/// limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema))]
#[serde(default)]
pub struct LimitsInput {
    /// Calls a minute.
    pub rpm: Option<String>,
    /// Tokens of input and output a minute.
    pub tpm: Option<String>,
    /// Calls at the same time.
    pub concurrency: Option<String>,
}

impl LimitsInput {
    /// What is to be changed of limits.
    ///
    /// # Errors
    /// Where a text is no number of 1 or more, and does not say that there is no limit.
    pub fn edit(&self) -> Result<LimitsEdit, AdminError> {
        Ok(LimitsEdit {
            requests: rate("rpm", self.rpm.as_deref())?,
            tokens: rate("tpm", self.tpm.as_deref())?,
            concurrency: number("concurrency", self.concurrency.as_deref())?,
        })
    }

    /// The limits of something new: none where nothing was said.
    ///
    /// # Errors
    /// As [`LimitsInput::edit`].
    pub fn limits(&self) -> Result<Limits, AdminError> {
        let edit = self.edit()?;
        Ok(Limits {
            requests: edit.requests.flatten(),
            tokens: edit.tokens.flatten(),
            concurrency: edit.concurrency.flatten(),
        })
    }
}

fn rate(field: &'static str, text: Option<&str>) -> Result<Option<Option<Rate>>, AdminError> {
    let Some(number) = number(field, text)? else {
        return Ok(None);
    };
    let rate = number.map(Rate::new).transpose();
    rate.map(Some)
        .map_err(|problem| AdminError::invalid(field, problem))
}

fn number(field: &'static str, text: Option<&str>) -> Result<Option<Option<u32>>, AdminError> {
    let Some(text) = text.map(str::trim) else {
        return Ok(None);
    };
    if is_none(text) {
        return Ok(Some(None));
    }
    match text.parse() {
        Ok(number @ 1..) => Ok(Some(Some(number))),
        _ => {
            let problem = format!(
                "`{}` is no limit: write a whole number from 1 to {}, or `none`",
                shortened(text),
                u32::MAX
            );
            Err(AdminError::invalid(field, problem))
        }
    }
}
