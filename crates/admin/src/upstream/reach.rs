//! How requests are sent to an upstream, as operators write it.

use std::fmt::Display;

use tollgate_connect::Via;
use tollgate_policy::name::Name;
use tollgate_rights::source::{
    ExtraError, ExtraHeader, ExtraParameter, Http2, ProxyAddress, RetryOn, UpstreamSecret,
};
use tollgate_store::upstream::{Reach, ReachEdit, StoredUpstream};
use url::Url;

use crate::error::AdminError;
use crate::input::parsed;

/// The most bytes of certificates.
const CA: usize = 256 * 1024;

/// How requests are sent, as it is written: what is missing stays as it is.
#[derive(Debug, Default)]
pub struct ReachInput {
    /// All headers from now on, each `NAME=VALUE`.
    pub headers: Option<Vec<String>>,
    /// All parameters from now on, each `NAME=JSON`.
    pub parameters: Option<Vec<String>>,
    /// Certificates to trust besides the usual roots, as PEM; blank for none.
    pub ca: Option<String>,
    /// The address of a proxy, which may hold a password; blank for none.
    pub proxy: Option<UpstreamSecret>,
    /// Whether it may be on a private network or on this machine.
    pub allow_private: Option<bool>,
    /// `never`, `offered` or `prior-knowledge`.
    pub http2: Option<String>,
    /// Statuses such as `429,503`, or `none`.
    pub retry_on: Option<String>,
}

impl ReachInput {
    pub(super) fn edit(&self) -> Result<ReachEdit, AdminError> {
        let (headers, parameters) = (self.headers.as_deref(), self.parameters.as_deref());
        let retry_on = self.retry_on.as_deref();
        Ok(ReachEdit {
            headers: headers.map(|list| each(list, header)).transpose()?,
            parameters: parameters.map(|list| each(list, parameter)).transpose()?,
            ca: self.ca.as_deref().map(ca).transpose()?,
            proxy: self.proxy.as_ref().map(proxy).transpose()?,
            allow_private: self.allow_private,
            http2: self.http2.as_deref().map(http2).transpose()?,
            retry_on: retry_on
                .map(|text| parsed::<RetryOn>("retry_on", text.trim()))
                .transpose()?,
        })
    }

    /// That of a new upstream.
    pub(super) fn new_reach(&self) -> Result<(Reach, Option<ProxyAddress>), AdminError> {
        let edit = self.edit()?;
        let reach = Reach {
            headers: edit.headers.unwrap_or_default(),
            parameters: edit.parameters.unwrap_or_default(),
            ca: edit.ca.flatten(),
            allow_private: edit.allow_private.unwrap_or_default(),
            http2: edit.http2.unwrap_or_default(),
            retry_on: edit.retry_on.unwrap_or_default(),
        };
        let proxy = edit.proxy.flatten();
        if let Some(proxy) = &proxy {
            check_proxy(proxy, reach.allow_private)?;
        }
        Ok((reach, proxy))
    }
}

/// An upstream on a private network is reached only where that was said, so that nobody can have
/// the gateway call what only it can reach.
pub(super) fn check_address(url: &Url, allow_private: bool) -> Result<(), AdminError> {
    let check = |private| tollgate_connect::url::check(url, private);
    reachable("base_url", "upstream", allow_private, check)
}

/// The same of a proxy, which is reached first.
fn check_proxy(proxy: &ProxyAddress, allow_private: bool) -> Result<(), AdminError> {
    let check = |private| Via::new(proxy.reveal(), private).map(drop);
    reachable("proxy", "proxy", allow_private, check)
}

/// Whether a check says that something may be reached, and if not, whether it might with leave to
/// be on a private network.
fn reachable<E: Display>(
    field: &'static str,
    what: &str,
    allow_private: bool,
    check: impl Fn(bool) -> Result<(), E>,
) -> Result<(), AdminError> {
    let Err(error) = check(allow_private) else {
        return Ok(());
    };
    let problem = if !allow_private && check(true).is_ok() {
        format!("{error}: say `--allow-private` if the {what} is on your own network")
    } else {
        error.to_string()
    };
    Err(AdminError::invalid(field, problem))
}

/// Checks the addresses that an upstream and its proxy will have after a change.
pub(super) fn check_edit(
    found: &StoredUpstream,
    base_url: Option<&Url>,
    edit: &ReachEdit,
) -> Result<(), AdminError> {
    let private = edit.allow_private.unwrap_or(found.reach.allow_private);
    let kept = || {
        let shown = found
            .proxy
            .as_deref()
            .filter(|_| edit.allow_private.is_some());
        shown.and_then(|shown| ProxyAddress::parse(shown).ok())
    };
    if let Some(proxy) = edit.proxy.clone().unwrap_or_else(kept) {
        check_proxy(&proxy, private)?;
    }
    if base_url.is_none() && edit.allow_private.is_none() {
        return Ok(());
    }
    check_address(base_url.unwrap_or(&found.base_url), private)
}

pub(super) fn name(text: &str) -> Result<Name, AdminError> {
    parsed("credential", text)
}

fn each<T>(
    list: &[String],
    read: impl Fn(&str) -> Result<T, AdminError>,
) -> Result<Vec<T>, AdminError> {
    let written = list.iter().filter(|text| !text.trim().is_empty());
    written.map(|text| read(text)).collect()
}

fn header(text: &str) -> Result<ExtraHeader, AdminError> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| AdminError::invalid("header", "write `NAME=VALUE`"))?;
    ExtraHeader::new(name, value).map_err(|error| AdminError::invalid("header", error))
}

fn parameter(text: &str) -> Result<ExtraParameter, AdminError> {
    let (name, json) = text
        .split_once('=')
        .ok_or_else(|| AdminError::invalid("parameter", "write `NAME=JSON`"))?;
    let name = name.trim();
    let read = if tollgate_wire::peek::is_deciding(name) {
        Err(ExtraError::ReservedParameter(name.to_owned()))
    } else {
        ExtraParameter::new(name, json)
    };
    read.map_err(|error| AdminError::invalid("parameter", error))
}

fn ca(text: &str) -> Result<Option<String>, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let certificates = text.contains("-----BEGIN CERTIFICATE-----");
    if !certificates || text.contains("PRIVATE KEY") || text.len() > CA {
        let problem = "this is no PEM file of certificates alone, of at most 256 KiB";
        return Err(AdminError::invalid("ca", problem));
    }
    Ok(Some(text.to_owned()))
}

fn proxy(secret: &UpstreamSecret) -> Result<Option<ProxyAddress>, AdminError> {
    if secret.reveal().trim().is_empty() {
        return Ok(None);
    }
    let read = ProxyAddress::parse(secret.reveal());
    read.map(Some)
        .map_err(|error| AdminError::invalid("proxy", error))
}

fn http2(text: &str) -> Result<Http2, AdminError> {
    let found = Http2::ALL.into_iter().find(|one| one.name() == text.trim());
    found.ok_or_else(|| {
        AdminError::invalid(
            "http2",
            "it is none of `never`, `offered`, `prior-knowledge`",
        )
    })
}
