//! A call that was made, by its receipt or its refusal.

use tollgate_policy::asked::Target;

use super::ExplainInput;
use crate::context::Context;
use crate::error::AdminError;
use crate::{receipt, refusal};

/// A call that was made.
pub(super) struct Call {
    token: String,
    endpoint: Option<String>,
    model: Option<String>,
    client: String,
    at: String,
}

impl Call {
    pub(super) async fn find(context: &Context, request: &str) -> Result<Self, AdminError> {
        let found = match receipt::show(context, request).await {
            Ok(call) => Self {
                token: call.token.id,
                endpoint: Some(call.endpoint),
                model: call.model,
                client: call.client,
                at: call.at,
            },
            Err(AdminError::NoReceipt { .. }) => {
                let call = refusal::show(context, request).await?;
                if call.endpoint.is_none() && call.model.is_none() {
                    let problem = format!(
                        "the call was refused before it was known what it asks for: `{}`",
                        call.code
                    );
                    return Err(AdminError::invalid("request", problem));
                }
                Self {
                    token: call.token.id,
                    endpoint: call.endpoint,
                    model: call.model,
                    client: call.client,
                    at: call.at,
                }
            }
            Err(error) => return Err(error),
        };
        Ok(found)
    }

    pub(super) fn input(self) -> ExplainInput {
        if self.endpoint == Some(Target::Statement.to_string()) {
            return ExplainInput {
                token: self.token,
                path: Some("GET /v1/key".to_owned()),
                ip: self.client,
                at: Some(self.at),
                ..ExplainInput::default()
            };
        }
        let mount = self.endpoint.as_deref();
        let mount = mount.and_then(|name| name.strip_prefix("mount/"));
        let mount = mount.map(str::to_owned);
        ExplainInput {
            token: self.token,
            endpoint: self.endpoint.filter(|_| mount.is_none()),
            model: self.model.filter(|_| mount.is_none()),
            mount,
            path: None,
            ip: self.client,
            at: Some(self.at),
        }
    }
}
