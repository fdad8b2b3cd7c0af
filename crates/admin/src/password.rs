//! Passwords: how they are hashed and compared, a few at a time, and what may be one.
//!
//! Argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane.

use std::sync::OnceLock;

use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use tollgate_store::member::PasswordHash;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::AdminError;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Each takes 19 MiB and tens of milliseconds of a core: others wait.
const AT_ONCE: usize = 4;
const SHORTEST: usize = 10;
const LONGEST: usize = 256;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Refuses what is easily guessed, or too long to be a password.
pub(crate) fn check(password: &str, login: &str) -> Result<(), AdminError> {
    let count = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&count) {
        let problem = format!(
            "a password has {SHORTEST} to {LONGEST} characters, this one has {count}: several words are easily remembered"
        );
        return Err(AdminError::invalid("password", problem));
    }
    let first = password.chars().next();
    let same = password.chars().all(|one| Some(one) == first);
    if same || password.eq_ignore_ascii_case(login) {
        let problem = "this password is easily guessed: take several words";
        return Err(AdminError::invalid("password", problem));
    }
    Ok(())
}

/// Hashes a password, on a thread where it blocks nobody.
pub(crate) async fn hash(context: &Context, password: &str) -> Result<PasswordHash, AdminError> {
    let password = Zeroizing::new(password.to_owned());
    let salt = context.secret_entropy()?;
    apart(move || hashed(&password, salt.first_chunk::<16>()?)).await
}

/// Whether this is the password of a hash, and whether the hash should be made anew. Takes as long
/// where there is no hash.
pub(crate) async fn verify(
    password: &str,
    hash: Option<&PasswordHash>,
) -> Result<(bool, bool), AdminError> {
    let (password, hash) = (Zeroizing::new(password.to_owned()), hash.cloned());
    apart(move || {
        let (known, hash) = match hash {
            Some(hash) => (true, hash),
            None => (false, nobodys()?.clone()),
        };
        let parsed = argon2::PasswordHash::new(hash.as_str()).ok()?;
        let right = password.len() <= LONGEST * 4
            && hasher()?
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
        let params = Params::try_from(&parsed).ok()?;
        let old =
            (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, LANES);
        Some((known && right, old))
    })
    .await
}

/// The work goes on where nobody waits for it any more, so its turn ends with it, not with the wait.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Result<T, AdminError> {
    let failed = || AdminError::internal("a password could not be hashed");
    let turn = TURNS.acquire().await.map_err(|_| failed())?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.ok().flatten().ok_or_else(failed)
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashed(password: &str, salt: &[u8; 16]) -> Option<PasswordHash> {
    let salt = SaltString::encode_b64(salt).ok()?;
    let hash = hasher()?.hash_password(password.as_bytes(), &salt).ok()?;
    Some(PasswordHash::new(hash.to_string()))
}

/// The hash that is compared with where there is no member, so that it takes as long.
fn nobodys() -> Option<&'static PasswordHash> {
    static HASH: OnceLock<Option<PasswordHash>> = OnceLock::new();
    HASH.get_or_init(|| hashed("nobody's password", &[0; 16]))
        .as_ref()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_turn_ends_with_its_work_where_nobody_waits_for_it_any_more() {
        let ends: Vec<_> = futures_util::future::join_all((0..AT_ONCE).map(|_| left())).await;
        assert_eq!(TURNS.available_permits(), 0);
        drop(ends);
        assert_eq!(apart(|| Some(1)).await.unwrap(), 1);
    }

    /// Begins work and lets go of it; it goes on until what comes back is dropped.
    async fn left() -> mpsc::Sender<()> {
        let (begins, begun) = tokio::sync::oneshot::channel();
        let (end, ended) = mpsc::channel::<()>();
        let work = apart(move || {
            begins.send(()).ok()?;
            ended.recv().ok()
        });
        tokio::select! {
            _ = work => panic!("the work ended"),
            begun = begun => begun.unwrap(),
        }
        end
    }
}
