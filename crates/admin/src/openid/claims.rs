//! What an issuer says of somebody, once its ID token was verified.

use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, Nonce, SignatureVerificationError,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tollgate_policy::time::Timestamp;

use super::issuer::Token;
use super::settings::Settings;

/// How far the clocks may be apart.
const SKEW: Duration = Duration::from_secs(60);
/// Signatures by a key that the issuer alone has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
];

/// All claims that have no field of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Extra(pub(super) Map<String, Value>);

impl AdditionalClaims for Extra {}

/// What an issuer says of somebody.
pub(super) struct Said {
    pub(super) subject: String,
    /// Only where the issuer has verified it.
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) claims: Map<String, Value>,
}

/// Why an ID token is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the answer has no ID token")]
    Missing,
    #[error("its key is not known")]
    UnknownKey,
    #[error("{0}")]
    Wrong(ClaimsVerificationError),
}

/// The claims of an ID token: signed by the issuer, for this console, in answer to this sign-in,
/// and not expired.
pub(super) fn verified(
    known: &CoreProviderMetadata,
    settings: &Settings,
    token: &Token,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<Said, Refused> {
    let token = token.id_token().ok_or(Refused::Missing)?;
    let client = ClientId::new(settings.client_id.clone());
    let (keys, issuer) = (known.jwks().clone(), known.issuer().clone());
    let verifier = CoreIdTokenVerifier::new_public_client(client, issuer, keys)
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || moment(now.minus(SKEW)))
        .set_issue_time_verifier_fn(move |issued| match issued <= moment(now.plus(SKEW)) {
            true => Ok(()),
            false => Err("it was issued in the future".to_owned()),
        });
    let claims = token
        .claims(&verifier, nonce)
        .map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            ) => Refused::UnknownKey,
            other => Refused::Wrong(other),
        })?;
    let is_verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| is_verified);
    let name = claims.name().and_then(|name| name.get(None));
    Ok(Said {
        subject: claims.subject().to_string(),
        email: email.map(|email| email.to_string()),
        name: name.map(|name| name.to_string()),
        claims: claims.additional_claims().0.clone(),
    })
}

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default()
}
