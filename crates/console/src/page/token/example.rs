//! A model that a token may call by chat, so that what is shown of its use works as it stands.

use tollgate_admin_core::explain::{self, ExplainInput};
use tollgate_admin_core::view::explain::ExplanationView;
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, Context, model};

/// Models that are tried at the most.
const TRIED: usize = 12;
/// What stands there where nothing can be called yet.
const NONE: &str = "MODEL";

/// What the token names itself is tried first, then the gallery.
pub(super) async fn model(context: &Context, one: &TokenView) -> Result<String, AdminError> {
    let named = one.scope.models.iter().flatten();
    let mut tried: Vec<String> = named.filter(|name| !name.contains('*')).cloned().collect();
    let gallery = model::list(context).await?;
    let offered = gallery.into_iter().filter(|one| one.enabled);
    tried.extend(offered.map(|one| one.name));
    for name in tried.iter().take(TRIED) {
        let input = ExplainInput {
            token: one.id.clone(),
            model: Some(name.clone()),
            ip: "127.0.0.1".to_owned(),
            ..ExplainInput::default()
        };
        if is_served(&explain::explain(context, &input).await?) {
            return Ok(name.clone());
        }
    }
    Ok(NONE.to_owned())
}

/// Whether nothing speaks against the model itself; from where it is called is another matter.
fn is_served(found: &ExplanationView) -> bool {
    let about = ["model", "provider", "endpoint", "upstream", "price"];
    let refused = |rule: &str| about.contains(&rule);
    let mut steps = found.steps.iter();
    steps.all(|step| step.passed || !refused(&step.rule))
}
