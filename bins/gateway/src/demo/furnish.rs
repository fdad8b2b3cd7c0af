//! What the demo's store holds. What an earlier demo left in the same directory is used again.

use tollgate_admin_core::account::{self, AccountInput};
use tollgate_admin_core::group::{self, GroupInput};
use tollgate_admin_core::model::{self, ModelInput, WindowInput};
use tollgate_admin_core::token::{self, TokenInput};
use tollgate_admin_core::upstream::{
    self, CredentialInput, ReachInput, ServedInput, UpstreamChange, UpstreamInput,
};
use tollgate_admin_core::{AdminError, Context, ErrorKind};
use tollgate_simulator::{CHAT_MODEL, EMBEDDING_MODEL, MESSAGES_MODEL};

use super::Furnished;

const NAME: &str = "demo";
/// What the account of the demo is given, in credits.
const BALANCE: &str = "10";

/// Makes a group, an account, models, the simulated upstreams and a token.
pub(super) async fn furnish(context: &Context, provider: &str) -> Result<Furnished, AdminError> {
    let group = match absent(group::show(context, NAME).await)? {
        Some(group) => group,
        None => {
            group::create(
                context,
                &GroupInput {
                    name: NAME.to_owned(),
                    ..GroupInput::default()
                },
            )
            .await?
        }
    };
    let account = match absent(account::show(context, NAME).await)? {
        Some(account) => account,
        None => {
            account::create(
                context,
                &AccountInput {
                    name: NAME.to_owned(),
                    balance: Some(BALANCE.to_owned()),
                    ..AccountInput::default()
                },
            )
            .await?
        }
    };
    for (name, vendor, price) in [
        (CHAT_MODEL, "openai", "input=2.5,output=10"),
        (EMBEDDING_MODEL, "openai", "input=0.02"),
        (MESSAGES_MODEL, "anthropic", "input=3,output=15"),
    ] {
        if absent(model::show(context, name).await)?.is_none() {
            let input = ModelInput {
                name: name.to_owned(),
                provider: vendor.to_owned(),
                price: Some(price.to_owned()),
                window: WindowInput {
                    context: Some("128000".to_owned()),
                    max_output: Some("16000".to_owned()),
                    cap_field: None,
                },
                note: String::new(),
            };
            model::create(context, &input).await?;
        }
    }
    serve(
        context,
        "openai",
        Some(&[CHAT_MODEL, EMBEDDING_MODEL]),
        provider,
    )
    .await?;
    serve(context, "anthropic", Some(&[MESSAGES_MODEL]), provider).await?;
    serve(context, "plain", None, &format!("{provider}/crm")).await?;
    let input = TokenInput {
        name: "demo token".to_owned(),
        account: account.id.clone(),
        group: group.id.clone(),
        note: "made by tollgate-gateway demo".to_owned(),
        ..TokenInput::default()
    };
    let issued = token::create(context, &input).await?;
    Ok(Furnished {
        token: issued.token.id,
        secret: issued.secret.reveal().to_owned(),
        account: account.id,
        group: group.id,
    })
}

/// One simulated upstream per dialect. Its address is another one at every start.
async fn serve(
    context: &Context,
    dialect: &str,
    models: Option<&[&str]>,
    base_url: &str,
) -> Result<(), AdminError> {
    let name = format!("simulated {dialect}");
    if absent(upstream::show(context, &name).await)?.is_some() {
        let change = UpstreamChange {
            base_url: Some(base_url.to_owned()),
            ..UpstreamChange::default()
        };
        upstream::edit(context, &name, change).await?;
        return Ok(());
    }
    let served = |name: &&str| ServedInput {
        name: (*name).to_owned(),
        sent_as: None,
    };
    let input = UpstreamInput {
        name,
        base_url: base_url.to_owned(),
        dialect: dialect.to_owned(),
        provider: if models.is_some() {
            dialect.to_owned()
        } else {
            "crm".to_owned()
        },
        models: models.map(|models| models.iter().map(served).collect()),
        mount: models.is_none().then(|| "crm".to_owned()),
        price: models.is_none().then(|| "request=0.001".to_owned()),
        credential: CredentialInput::None,
        reach: ReachInput {
            // The provider of the demo is on this machine.
            allow_private: Some(true),
            ..ReachInput::default()
        },
        sticky: false,
        carrier: None,
        groups: None,
        priority: 0,
        weight: 1,
        note: "answers come from the demo itself".to_owned(),
    };
    upstream::create(context, input).await.map(drop)
}

fn absent<T>(found: Result<T, AdminError>) -> Result<Option<T>, AdminError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
