//! What was fetched of an issuer: its endpoints and keys, kept for an hour at most.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, PkceCodeVerifier, RequestTokenError,
    StandardErrorResponse, StandardTokenResponse,
};
use tokio::sync::Mutex;
use tollgate_policy::time::Timestamp;

use super::claims::Extra;
use super::http::Client as Http;
use super::settings::{Settings, SettingsError};
use crate::error::AdminError;

/// After this time an issuer is asked again: keys that it took back are not trusted for longer.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// A key that is not known has an issuer asked again, this often at most.
const AGAIN: Duration = Duration::from_secs(60);

pub(super) type Token = StandardTokenResponse<
    IdTokenFields<
        Extra,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
pub(super) type Client = openidconnect::Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Token,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An issuer, and what was fetched of it.
pub(super) struct Issuer {
    http: Http,
    address: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    fetched: Mutex<Option<(Arc<CoreProviderMetadata>, Timestamp)>>,
}

impl Issuer {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let address = IssuerUrl::new(settings.issuer.clone());
        let secret = settings.client_secret.as_ref();
        Ok(Self {
            http: Http::new(settings)?,
            address: address.map_err(|error| SettingsError::Issuer(error.to_string()))?,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: secret.map(|text| ClientSecret::new(text.to_string())),
            fetched: Mutex::default(),
        })
    }

    /// Its endpoints and keys, fetched where they are not known or too old.
    pub(super) async fn known(
        &self,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, AdminError> {
        self.younger_than(FRESH, now).await
    }

    /// The same where something is not known that should be.
    pub(super) async fn known_anew(
        &self,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, AdminError> {
        self.younger_than(AGAIN, now).await
    }

    /// Whoever comes meanwhile waits for the one that asks.
    async fn younger_than(
        &self,
        age: Duration,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, AdminError> {
        let mut fetched = self.fetched.lock().await;
        if let Some((known, at)) = &*fetched
            && now < at.plus(age)
        {
            return Ok(Arc::clone(known));
        }
        let address = self.address.clone();
        let found = CoreProviderMetadata::discover_async(address, &self.http).await;
        let found = found.map_err(|error| unusable("its configuration cannot be read", &error))?;
        let found = Arc::new(found);
        *fetched = Some((Arc::clone(&found), now));
        Ok(found)
    }

    /// This console, as the issuer knows it.
    pub(super) fn client(&self, known: &CoreProviderMetadata) -> Client {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        let client = Client::from_provider_metadata(known.clone(), id, secret);
        let methods = known.token_endpoint_auth_methods_supported();
        let has = |one| methods.is_some_and(|all| all.contains(&one));
        let basic = methods.is_none() || has(CoreClientAuthMethod::ClientSecretBasic);
        match basic || !has(CoreClientAuthMethod::ClientSecretPost) {
            true => client,
            false => client.set_auth_type(AuthType::RequestBody),
        }
    }

    /// Asks for the ID token of whoever has come back with this code.
    pub(super) async fn exchange(
        &self,
        client: &Client,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
    ) -> Result<Token, AdminError> {
        let request = client.exchange_code(code);
        let request = request.map_err(|error| unusable("it has no token endpoint", &error))?;
        let answer = request
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await;
        answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(answer) => {
                let code = super::shown(Some(answer.error().as_ref()));
                tracing::warn!(error = %code, "the issuer has refused a code");
                AdminError::Unauthenticated {
                    problem: "the issuer has refused this sign-in: begin again",
                }
            }
            error => unusable("it has not given an ID token", &error),
        })
    }
}

/// The cause is for the log: it may hold what the issuer wrote.
fn unusable(problem: &'static str, error: &dyn std::error::Error) -> AdminError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    let text: String = text.chars().take(500).collect();
    tracing::error!(error = %text, "the OpenID Connect issuer cannot be used: {problem}");
    AdminError::Issuer { problem }
}
