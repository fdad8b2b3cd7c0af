//! Reading how requests are sent to an upstream. A proxy's address may hold a password, so it is never
//! an argument.

use tollgate_admin_core::upstream::{ReachInput, UpstreamSecret};

use super::credential::from_file;
use crate::arguments::upstream::ReachArguments;
use crate::failure::Failure;

pub(super) fn read(arguments: ReachArguments) -> Result<ReachInput, Failure> {
    let proxy = proxy(&arguments)?;
    let ca = match &arguments.ca_file {
        None => None,
        Some(path) if path.as_os_str().is_empty() => Some(String::new()),
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            Failure::input(format!(
                "the certificates cannot be read from `{path}`: {error}"
            ))
        })?),
    };
    Ok(ReachInput {
        headers: arguments.headers,
        parameters: arguments.parameters,
        ca,
        proxy,
        allow_private: arguments.allow_private,
        http2: arguments.http2,
        retry_on: arguments.retry_on,
    })
}

fn proxy(arguments: &ReachArguments) -> Result<Option<UpstreamSecret>, Failure> {
    if arguments.no_proxy {
        return Ok(Some(UpstreamSecret::new(String::new())));
    }
    if let Some(name) = &arguments.proxy_env {
        let value = std::env::var(name).map_err(|_| {
            Failure::input(format!("the environment variable `{name}` is not set here"))
        })?;
        return Ok(Some(UpstreamSecret::new(value)));
    }
    let Some(path) = &arguments.proxy_file else {
        return Ok(None);
    };
    let text = from_file(path).map_err(|error| {
        let path = path.display();
        Failure::input(format!("the proxy cannot be read from `{path}`: {error}"))
    })?;
    Ok(Some(UpstreamSecret::new(text.trim().to_owned())))
}
