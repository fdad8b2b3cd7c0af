//! Upstreams as operators write them. What may be a credential is never repeated in an error.

use tollgate_policy::endpoint::Dialect;
use tollgate_policy::id::GroupId;
use tollgate_policy::price::Price;
use tollgate_policy::scope::Allow;
use tollgate_policy::upstream::{ServedModel, Serves};
use tollgate_rights::source::{Carrier, UpstreamSecret};
use tollgate_store::environment::is_withheld;
use tollgate_store::upstream::NewCredential;
use url::Url;

use super::reach::ReachInput;
use crate::context::Context;
use crate::error::AdminError;
use crate::group;
use crate::input::scope::word;
use crate::input::{money, parsed};

/// The longest credential, in bytes.
const CREDENTIAL: usize = 4096;

/// An upstream to be made, as it is written.
#[derive(Debug)]
pub struct UpstreamInput {
    /// 2 to 50 characters, unique among upstreams.
    pub name: String,
    /// The address below which its routes are: `http` or `https`.
    pub base_url: String,
    /// What it speaks.
    pub dialect: String,
    /// Who runs it.
    pub provider: String,
    /// The models that it serves; either these or a mount.
    pub models: Option<Vec<ServedInput>>,
    /// The first path segment under which it serves everything.
    pub mount: Option<String>,
    /// What a call of the mount costs, such as `request=0.001`, or `free`; unknown if missing.
    pub price: Option<String>,
    /// Its credential.
    pub credential: CredentialInput,
    /// How requests are sent to it.
    pub reach: ReachInput,
    /// Whether the calls of a token stay at one upstream, with one credential.
    pub sticky: bool,
    /// The header of the credential; what the dialect uses if missing, blank or `usual`.
    pub carrier: Option<String>,
    /// The groups that it serves, by name or id; all if missing.
    pub groups: Option<Vec<String>>,
    /// A higher priority is tried first.
    pub priority: i32,
    /// The share among upstreams of the same priority.
    pub weight: u32,
    /// A remark of at most 500 characters.
    pub note: String,
}

impl UpstreamInput {
    /// The weight of an upstream for which none is said: all such have the same share.
    pub const EQUAL_SHARE: u32 = 1;
}

impl Default for UpstreamInput {
    /// Nothing that must be there, an equal share, and no credential.
    fn default() -> Self {
        Self {
            name: String::new(),
            base_url: String::new(),
            dialect: String::new(),
            provider: String::new(),
            models: None,
            mount: None,
            price: None,
            credential: CredentialInput::None,
            reach: ReachInput::default(),
            sticky: false,
            carrier: None,
            groups: None,
            priority: 0,
            weight: Self::EQUAL_SHARE,
            note: String::new(),
        }
    }
}

/// What to change of an upstream, as it is written: what is missing stays as it is.
#[derive(Debug, Default)]
pub struct UpstreamChange {
    /// A new name.
    pub name: Option<String>,
    /// The address below which its routes are.
    pub base_url: Option<String>,
    /// What it speaks.
    pub dialect: Option<String>,
    /// Who runs it.
    pub provider: Option<String>,
    /// All models that it serves from now on.
    pub models: Option<Vec<ServedInput>>,
    /// The first path segment under which it serves everything.
    pub mount: Option<String>,
    /// What a call of the mount costs; blank or `unknown` for an unknown price.
    pub price: Option<String>,
    /// A credential in place of the one that it has.
    pub credential: Option<CredentialInput>,
    /// How requests are sent to it.
    pub reach: ReachInput,
    /// Whether the calls of a token stay at one upstream, with one credential.
    pub sticky: Option<bool>,
    /// The header of the credential; blank or `usual` for what the dialect uses.
    pub carrier: Option<String>,
    /// The groups that it serves.
    pub groups: Option<Vec<String>>,
    /// Whether it takes calls.
    pub enabled: Option<bool>,
    /// A higher priority is tried first.
    pub priority: Option<i32>,
    /// The share among upstreams of the same priority.
    pub weight: Option<u32>,
    /// A remark.
    pub note: Option<String>,
    /// Only if it is at this version still.
    pub if_version: Option<i64>,
}

/// Where an upstream's credential comes from.
#[derive(Debug)]
pub enum CredentialInput {
    /// It wants none.
    None,
    /// The name of an environment variable of the gateway.
    Env(String),
    /// The credential itself, to be sealed.
    Clear(UpstreamSecret),
    /// Both were written. It is refused: one of them would be left out unsaid.
    Both,
}

/// A model that an upstream serves, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedInput {
    /// The public name.
    pub name: String,
    /// The name that the upstream knows it by, where that differs.
    pub sent_as: Option<String>,
}

impl ServedInput {
    /// Reads `public`, or `public=theirs`.
    pub fn parse(text: &str) -> Self {
        let (name, sent_as) = match text.split_once('=') {
            Some((name, theirs)) => (name, Some(theirs.trim().to_owned())),
            None => (text, None),
        };
        let name = name.trim().to_owned();
        Self { name, sent_as }
    }
}

impl CredentialInput {
    /// What was written, as the credential itself and as the name of a variable.
    pub fn written(clear: Option<String>, variable: Option<String>) -> Self {
        match (clear, variable) {
            (Some(_), Some(_)) => Self::Both,
            (Some(clear), None) => Self::Clear(UpstreamSecret::new(clear)),
            (None, Some(variable)) => Self::Env(variable),
            (None, None) => Self::None,
        }
    }

    pub(super) fn checked(self) -> Result<NewCredential, AdminError> {
        match self {
            Self::None => Ok(NewCredential::None),
            Self::Env(name) if is_withheld(&name) => Err(AdminError::invalid(
                "credential",
                "this variable has a secret of Tollgate or its database in it, which no upstream is to get",
            )),
            Self::Env(name) if is_variable(&name) => Ok(NewCredential::Env(name)),
            Self::Env(_) => Err(AdminError::invalid(
                "credential",
                "this is no name of an environment variable: use letters, digits and `_`, and write the credential itself into a file or at the prompt",
            )),
            Self::Clear(secret) if is_header_text(secret.reveal()) => {
                Ok(NewCredential::Clear(secret))
            }
            Self::Both => Err(AdminError::invalid(
                "credential",
                "write the credential or the variable that holds it, not both",
            )),
            Self::Clear(_) => Err(AdminError::invalid(
                "credential",
                "a credential is 1 to 4096 visible ASCII characters on one line",
            )),
        }
    }
}

fn is_variable(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain
        && !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn is_header_text(text: &str) -> bool {
    (1..=CREDENTIAL).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

pub(super) fn base_url(text: &str) -> Result<Url, AdminError> {
    // The text is not repeated before it is known to hold no password.
    let refused = |problem: &str| AdminError::invalid("base_url", problem);
    let like = "write an address such as `https://api.example.com`";
    let url = Url::parse(text.trim()).map_err(|error| refused(&format!("{error}: {like}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(&format!(
            "its scheme is neither http nor https: {like}"
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "it holds a user name or password: give those as the credential",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused(
            "it has a query or fragment: write the address without what follows `?` or `#`",
        ));
    }
    Ok(url)
}

/// What was said, in words or as what the dialect uses; `None` where nothing was.
pub(super) fn carrier(text: Option<&str>, dialect: Dialect) -> Result<Option<Carrier>, AdminError> {
    let text = match text.map(str::trim) {
        None => return Ok(None),
        Some("" | "usual") => return Ok(Some(usual_carrier(dialect))),
        Some(text) => text,
    };
    let found = Carrier::ALL.into_iter().find(|one| one.name() == text);
    found.map(Some).ok_or_else(|| {
        let known = Carrier::ALL
            .map(|one| format!("`{}`", one.name()))
            .join(", ");
        AdminError::invalid("carrier", format!("it is not one of {known}"))
    })
}

/// The header in which the vendors of a dialect expect their keys.
pub(super) fn usual_carrier(dialect: Dialect) -> Carrier {
    match dialect {
        Dialect::OpenAi | Dialect::Plain => Carrier::Bearer,
        Dialect::Anthropic => Carrier::XApiKey,
        Dialect::Gemini => Carrier::XGoogApiKey,
    }
}

pub(super) fn serves(
    models: Option<&[ServedInput]>,
    mount: Option<&str>,
) -> Result<Option<Serves>, AdminError> {
    match (models, mount) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(AdminError::invalid(
            "mount",
            "name models or a mount, not both",
        )),
        (None, Some(prefix)) => Ok(Some(Serves::Mount(parsed("mount", prefix)?))),
        (Some(models), None) => {
            let served = models.iter().map(served_model);
            Ok(Some(Serves::Models(served.collect::<Result<_, _>>()?)))
        }
    }
}

fn served_model(input: &ServedInput) -> Result<ServedModel, AdminError> {
    let sent_as = input.sent_as.as_deref();
    Ok(ServedModel {
        name: parsed("models", &input.name)?,
        sent_as: sent_as.map(|name| parsed("models", name)).transpose()?,
    })
}

/// A call reaches only upstreams of its dialect: any other combination would never be used.
pub(super) fn fits(dialect: Dialect, serves: &Serves) -> Result<(), AdminError> {
    match (dialect, serves) {
        (Dialect::Plain, Serves::Models(_)) => Err(AdminError::invalid(
            "dialect",
            "an upstream of the dialect `plain` serves a mount, not models: name a mount, or another dialect",
        )),
        (Dialect::Plain, Serves::Mount(_)) | (_, Serves::Models(_)) => Ok(()),
        (_, Serves::Mount(_)) => Err(AdminError::invalid(
            "dialect",
            format!("an upstream with a mount has the dialect `plain`, not `{dialect}`"),
        )),
    }
}

/// Models have prices of their own: one on their upstream would look as if it were charged.
pub(super) fn price(
    text: Option<&str>,
    serves: &Serves,
) -> Result<Option<Option<Price>>, AdminError> {
    let price = text.map(money::price).transpose()?;
    match (price, serves) {
        (Some(Some(_)), Serves::Models(_)) => Err(AdminError::invalid(
            "price",
            "only a mount has a price of its own: set those of models in the gallery",
        )),
        (Some(Some(price)), Serves::Mount(_)) if !price.covers(None) => Err(AdminError::invalid(
            "price",
            "a mount is charged by the request: write `request=` and credits, or `free`",
        )),
        (price, _) => Ok(price),
    }
}

pub(super) async fn groups(
    context: &Context,
    list: Option<&[String]>,
) -> Result<Option<Allow<GroupId>>, AdminError> {
    let Some(list) = list else {
        return Ok(None);
    };
    match word(list) {
        Some("any") => return Ok(Some(Allow::Any)),
        Some("none") => return Ok(Some(Allow::Only(Vec::new()))),
        _ => {}
    }
    let mut ids = Vec::with_capacity(list.len());
    for which in list {
        ids.push(group::find(context, which.trim()).await?.group.id);
    }
    Ok(Some(Allow::Only(ids)))
}
