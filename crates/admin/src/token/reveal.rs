//! Showing a secret again, where the operator keeps secrets sealed.

use tollgate_policy::secret::Secret;

use super::{find, view};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::view::token::TokenView;

/// The newest secret of a token, in clear again.
#[derive(Debug)]
pub struct Revealed {
    /// The token.
    pub token: TokenView,
    /// The secret in clear.
    pub secret: Secret,
}

/// Shows the newest secret of a token again. Each time is in the audit log, before the secret is
/// opened.
///
/// # Errors
/// Where the token is not there or was revoked, several have the name, secrets are not sealed here,
/// or this one was not when it was made.
pub async fn reveal(context: &Context, which: &str) -> Result<Revealed, AdminError> {
    context.allow(Deed::RevealSecrets, None)?;
    let found = find(context, which).await?;
    context.allow(Deed::RevealSecrets, Some(found.token.account))?;
    let keys = context.sealing().ok_or_else(|| {
        AdminError::conflict(
            "secrets are not sealed here: make a key by `tollgate-admin sealing-key new FILE`, \
             name it by --sealing-key-file, and rotate the token",
        )
    })?;
    let (store, id) = (context.store(), found.token.id);
    let kept = store
        .token_reveal(context.actor(), id, context.now())
        .await?;
    let secret = keys.open(id, &kept.sealed).map_err(AdminError::conflict)?;
    if secret.hint() != kept.hint {
        return Err(AdminError::conflict(
            "the sealed secret is not the one of this token: rotate it",
        ));
    }
    let token = view(context, &found).await?;
    Ok(Revealed { token, secret })
}
