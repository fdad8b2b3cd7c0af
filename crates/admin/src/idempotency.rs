//! Creations that a program may ask for again: the second time it gets the first answer.

use std::future::Future;

use tollgate_store::digest::Purpose;
use tollgate_store::idempotency::Begun;
use zeroize::Zeroizing;

use crate::access::Caller;
use crate::context::Context;
use crate::error::{AdminError, ErrorKind};

/// The longest key, in bytes.
const LONGEST: usize = 255;

/// An answer, and whether it was given before.
pub struct Answer {
    /// What `work` gave, the first time. It may hold a secret.
    pub body: Zeroizing<Vec<u8>>,
    /// Whether it was kept from the first time.
    pub replayed: bool,
}

/// Does something once under a key of the caller's, and gives the same answer for 24 hours to who
/// asks for the same again. `request` is all that was asked for: method, path and body. What was
/// begun is finished, also where the caller stops waiting.
///
/// # Errors
/// Those of `work`, after which the key can be used again, unless the store could not be used: it may
/// have done what it was asked for all the same. Where the key cannot be used, was used for something
/// else, or is being used.
pub async fn once<F>(
    context: &Context,
    key: &str,
    request: &str,
    work: F,
) -> Result<Answer, AdminError>
where
    F: Future<Output = Result<Vec<u8>, AdminError>> + Send + 'static,
{
    let plain = key.bytes().all(|b| b.is_ascii_graphic());
    if key.is_empty() || key.len() > LONGEST || !plain {
        let problem = format!("a key has 1 to {LONGEST} visible ASCII characters without spaces");
        return Err(AdminError::invalid("idempotency_key", problem));
    }
    let store = context.store().clone();
    let key = format!("key {} {key}", caller(context));
    let key = store.digest(Purpose::Idempotency, &key);
    let request = store.digest(Purpose::Idempotency, &format!("request {request}"));
    match store.idempotency_begin(key, request, context.now()).await? {
        Begun::New => {}
        Begun::Made(body) => {
            let replayed = true;
            return Ok(Answer { body, replayed });
        }
        Begun::Underway => {
            return Err(AdminError::conflict(
                "this was asked for already, and is not done yet: look whether it is there, or use another key",
            ));
        }
        Begun::Another => {
            let problem = "this key was used for something else";
            return Err(AdminError::invalid("idempotency_key", problem));
        }
    }
    let task = tokio::spawn(async move {
        match work.await {
            Ok(body) => {
                let body = Zeroizing::new(body);
                store.idempotency_finish(key, &body).await?;
                let replayed = false;
                Ok(Answer { body, replayed })
            }
            // It may be done, and only its answer be lost.
            Err(error) if error.kind() == ErrorKind::StoreUnavailable => Err(error),
            Err(error) => {
                store.idempotency_abandon(key).await?;
                Err(error)
            }
        }
    });
    task.await
        .map_err(|_| AdminError::internal("the work under an idempotency key broke off"))?
}

/// Keys of different callers never meet, nor those of one before and after its rights were changed:
/// an answer may have a secret in it.
fn caller(context: &Context) -> String {
    let caller = context.caller();
    let id = match caller {
        Caller::Nobody | Caller::Machine => String::new(),
        Caller::Member { id, .. } => id.to_string(),
        Caller::Credential { id, .. } => id.to_string(),
    };
    let account = caller.account().map(|account| account.to_string());
    format!("{id} {caller} {}", account.unwrap_or_default())
}
