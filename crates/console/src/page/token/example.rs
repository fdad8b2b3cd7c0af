//! Models that a token may call, so that what is shown of its use works as it stands.

use tollgate_admin_core::explain::{self, ExplainInput};
use tollgate_admin_core::view::explain::ExplanationView;
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, Context, model};

/// Models that are tried at the most.
const TRIED: usize = 12;

/// Of each dialect the first model that works, if there is any.
pub(super) struct Models {
    /// By `chat.completions`.
    pub(super) openai: Option<String>,
    /// By `messages`.
    pub(super) anthropic: Option<String>,
}

impl Models {
    pub(super) async fn of(context: &Context, one: &TokenView) -> Result<Self, AdminError> {
        Ok(Self {
            openai: model(context, one, "chat.completions", "openai").await?,
            anthropic: model(context, one, "messages", "anthropic").await?,
        })
    }
}

/// What the token names itself is tried first, then the gallery, from the vendor of the dialect on.
async fn model(
    context: &Context,
    one: &TokenView,
    endpoint: &str,
    vendor: &str,
) -> Result<Option<String>, AdminError> {
    let named = one.scope.models.iter().flatten();
    let mut tried: Vec<String> = named.filter(|name| !name.contains('*')).cloned().collect();
    let mut gallery = model::list(context).await?;
    gallery.retain(|one| one.enabled);
    gallery.sort_by_key(|one| one.provider != vendor);
    tried.extend(gallery.into_iter().map(|one| one.name));
    for name in tried.iter().take(TRIED) {
        let input = ExplainInput {
            token: one.id.clone(),
            model: Some(name.clone()),
            endpoint: Some(endpoint.to_owned()),
            ip: "127.0.0.1".to_owned(),
            ..ExplainInput::default()
        };
        if is_served(&explain::explain(context, &input).await?) {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// Whether nothing speaks against the model itself; from where it is called is another matter.
fn is_served(found: &ExplanationView) -> bool {
    let about = ["model", "provider", "endpoint", "upstream", "price"];
    let refused = |rule: &str| about.contains(&rule);
    let mut steps = found.steps.iter();
    steps.all(|step| step.passed || !refused(&step.rule))
}
