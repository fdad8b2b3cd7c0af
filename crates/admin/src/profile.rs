//! What members do about themselves: their password and their authenticator.

mod guess;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use tollgate_policy::id::MemberId;
use tollgate_store::digest::{Digest, Purpose};
use tollgate_store::member::{Proof, StoredMember, TotpSecret};
use totp_rs::{Algorithm, TOTP};
use zeroize::Zeroizing;

use crate::access::Caller;
use crate::context::Context;
use crate::error::AdminError;
use crate::session::{self, Begun, Terms};
use crate::view::member::MemberView;
use crate::{member, password};
use guess::Guess;

/// A code is good for this long, and for as long before and after (RFC 6238).
const STEP: u64 = 30;
const CODES: usize = 10;
const ISSUER: &str = "Tollgate";

/// What an authenticator is set up with. Shown once.
pub struct TotpOffer {
    /// The secret in base32, to be typed.
    pub secret: Zeroizing<String>,
    /// The `otpauth:` address, to be shown as a QR code.
    pub address: Zeroizing<String>,
}

/// Codes that stand in for a lost authenticator, each once. Shown once.
pub struct RecoveryCodes(pub Vec<Zeroizing<String>>);

/// Who acts.
///
/// # Errors
/// Where it is not a member.
pub async fn show(context: &Context) -> Result<MemberView, AdminError> {
    let id = context.caller().member().ok_or_else(not_a_person)?;
    let stored = context.store().member_fetch(id).await?;
    member::view(context, &stored).await
}

/// Gives the member who acts another password. All their sessions end, and a new one begins.
///
/// # Errors
/// Where the old password is wrong or was guessed too often, or the new one cannot be used.
pub async fn change_password(
    context: &Context,
    old: &str,
    new: &str,
    user_agent: &str,
    terms: Terms,
) -> Result<Begun, AdminError> {
    let proof = proved(context, old).await?;
    password::check(new, proof.member.login.as_str())?;
    let hash = password::hash(context, new).await?;
    let (store, at) = (context.store(), context.now());
    let actor = context.actor();
    let stored = store
        .member_set_password(actor, (proof.member.id, proof.member.version), hash, at)
        .await?;
    session::begin(context, &stored, user_agent, terms).await
}

/// Offers the member who acts an authenticator. Nothing is asked for before it is confirmed.
///
/// # Errors
/// Where the password is wrong or was guessed too often, or they have an authenticator already.
pub async fn offer_totp(context: &Context, password: &str) -> Result<TotpOffer, AdminError> {
    let proof = proved(context, password).await?;
    if proof.totp.is_some() {
        let problem = "there is an authenticator already: remove it first";
        return Err(AdminError::conflict(problem));
    }
    let entropy = Zeroizing::new(context.secret_entropy()?);
    let bytes = entropy.first_chunk::<20>().map(|some| some.to_vec());
    let secret = TotpSecret::new(bytes.unwrap_or_default());
    let store = context.store();
    store.member_totp_offer(proof.member.id, &secret).await?;
    let totp = totp(&secret, &proof.member)?;
    Ok(TotpOffer {
        secret: Zeroizing::new(totp.get_secret_base32()),
        address: Zeroizing::new(totp.get_url()),
    })
}

/// Has codes of the offered authenticator asked for from now on, if this is one of them.
///
/// # Errors
/// Where none was offered, or the code is wrong or was guessed too often.
pub async fn confirm_totp(context: &Context, code: &str) -> Result<RecoveryCodes, AdminError> {
    let id = person(context)?;
    let (store, at) = (context.store(), context.now());
    let offered = store.member_totp_offered(id).await?;
    let secret = offered.ok_or_else(|| AdminError::conflict("no authenticator was offered"))?;
    let stored = store.member_fetch(id).await?;
    let guess = Guess::begin(context, id).await?;
    let Some(step) = step_of(context, &secret, &stored, code)? else {
        let problem = "this is not the code of now: check the clock of the phone";
        return Err(guess.wrong(context, "code", problem).await);
    };
    guess.right(context).await?;
    let codes = recovery_codes(context)?;
    let kept = codes.iter().map(|code| recovery(context, id, code));
    let kept = kept.collect();
    let actor = context.actor();
    store.member_totp_confirm(actor, id, step, kept, at).await?;
    Ok(RecoveryCodes(codes))
}

/// Asks the member who acts for no codes any more.
///
/// # Errors
/// Where the password is wrong or was guessed too often.
pub async fn remove_totp(context: &Context, password: &str) -> Result<MemberView, AdminError> {
    let id = proved(context, password).await?.member.id;
    let (store, at) = (context.store(), context.now());
    let changed = store.member_totp_remove(context.actor(), id, at).await?;
    member::view(context, &changed).await
}

/// Whether this is a code of a member's authenticator that was not taken before, or a recovery code.
pub(crate) async fn code_is_right(
    context: &Context,
    proof: &Proof,
    code: &str,
) -> Result<bool, AdminError> {
    let (store, id) = (context.store(), proof.member.id);
    let Some(secret) = &proof.totp else {
        return Ok(false);
    };
    if let Some(step) = step_of(context, secret, &proof.member, code)? {
        return Ok(store.member_totp_take(id, step).await?);
    }
    if code.len() > 40 {
        return Ok(false);
    }
    let code = recovery(context, id, code);
    Ok(store.member_recovery_take(id, code).await?)
}

/// The member who acts, once more by their password.
async fn proved(context: &Context, password: &str) -> Result<Proof, AdminError> {
    let id = person(context)?;
    let proof = context.store().member_proof_of(id).await?;
    let proof = proof.ok_or_else(not_a_person)?;
    let guess = Guess::begin(context, id).await?;
    let (right, _) = password::verify(password, proof.password.as_ref()).await?;
    if !right {
        let problem = "this is not your password";
        return Err(guess.wrong(context, "password", problem).await);
    }
    guess.right(context).await?;
    Ok(proof)
}

/// The member who acts. A program does not act for them here.
fn person(context: &Context) -> Result<MemberId, AdminError> {
    match context.caller() {
        Caller::Member { id, .. } => Ok(*id),
        _ => Err(not_a_person()),
    }
}

fn not_a_person() -> AdminError {
    AdminError::Unauthenticated {
        problem: "only a member who is signed in can do this",
    }
}

/// The step whose code this is: the present one, the one before, or the next.
fn step_of(
    context: &Context,
    secret: &TotpSecret,
    stored: &StoredMember,
    code: &str,
) -> Result<Option<i64>, AdminError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 {
        return Ok(None);
    }
    let totp = totp(secret, stored)?;
    let seconds = context.now().as_micros().max(0).unsigned_abs() / 1_000_000;
    let now = seconds / STEP;
    let right = |step: &u64| {
        let expected = Zeroizing::new(totp.generate(step.saturating_mul(STEP)));
        bool::from(expected.as_bytes().ct_eq(code.as_bytes()))
    };
    let found = [now, now.saturating_sub(1), now.saturating_add(1)];
    let found = found.iter().find(|step| right(step)).copied();
    Ok(found.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &TotpSecret, stored: &StoredMember) -> Result<TOTP, AdminError> {
    // A colon parts issuer and name in the address.
    let name = stored.login.as_str().replace(':', "_");
    let (bytes, issuer) = (secret.reveal().to_vec(), Some(ISSUER.to_owned()));
    TOTP::new(Algorithm::SHA1, 6, 1, STEP, bytes, issuer, name)
        .map_err(|_| AdminError::internal("the secret of the authenticator cannot be used"))
}

/// Each has 60 random bits.
fn recovery_codes(context: &Context) -> Result<Vec<Zeroizing<String>>, AdminError> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let entropy = Zeroizing::new(context.secret_entropy()?);
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*entropy));
        let plain = text.chars().filter(char::is_ascii_alphanumeric);
        let plain: String = plain.map(|c| c.to_ascii_lowercase()).take(12).collect();
        let (one, two) = plain.split_at_checked(6).unwrap_or((&plain, ""));
        codes.push(Zeroizing::new(format!("{one}-{two}")));
    }
    Ok(codes)
}

/// What is kept of a recovery code, however it is written.
fn recovery(context: &Context, id: MemberId, code: &str) -> Digest {
    let plain = code.chars().filter(char::is_ascii_alphanumeric);
    let plain: Zeroizing<String> = Zeroizing::new(plain.map(|c| c.to_ascii_lowercase()).collect());
    let bound = Zeroizing::new(format!("{id} {}", *plain));
    context.store().digest(Purpose::RecoveryCode, &bound)
}
