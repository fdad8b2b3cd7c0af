//! `check`: says what does not fit, before a gateway is started on it.

use std::process::ExitCode;

use tollgate_rights::source::Source;

use crate::cli::Settings;
use crate::config::Config;
use crate::failure::Failure;
use crate::gateway::open_store;
use crate::print;

/// Reads the configuration and the store, and prints what a gateway would find.
pub(crate) async fn run(arguments: Settings) -> Result<ExitCode, Failure> {
    let config = Config::load(arguments)?;
    let store = open_store(&config).await?;
    let snapshot = store
        .snapshot()
        .await
        .map_err(|error| Failure::start("the catalog cannot be read", error))?;
    let mut faults = 0;
    for offer in snapshot.catalog.offers() {
        let open = offer.routes.iter().any(|route| route.upstream.enabled);
        if offer.model.enabled && !open {
            faults += 1;
            print::line(&format!(
                "fault: no enabled upstream serves the model `{}`",
                offer.model.name
            ));
        }
    }
    for (id, access) in &snapshot.access {
        if access.base_url.scheme() == "http" && !is_loopback(&access.base_url) {
            faults += 1;
            print::line(&format!(
                "fault: upstream {id} is called without TLS, so its credential can be read on the way"
            ));
        }
    }
    if !config.listen.ip().is_loopback() && config.settings.trusted_proxies.is_empty() {
        print::line(&format!(
            "note: calls are served on {} without TLS: put a proxy that has it in front",
            config.listen
        ));
    }
    let models = snapshot.catalog.offers().count();
    print::line(&format!(
        "{models} models, {} upstreams, revision {}",
        snapshot.access.len(),
        snapshot.revision.0
    ));
    if faults == 0 {
        print::line("ok");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
