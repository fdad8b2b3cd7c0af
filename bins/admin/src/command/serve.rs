//! Serving the console, until the process is told to end.

mod certificates;
mod log;
mod openid;

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tollgate_admin_core::link;
use tollgate_console::{Console, Settings};
use tollgate_listen::{Gate, bind, serve};

use super::init;
use crate::arguments::serve::ServeArguments;
use crate::failure::Failure;
use crate::session::{self, Session};

/// Connections at once.
const CONNECTIONS: usize = 1000;

pub(super) async fn run(arguments: ServeArguments, session: &Session<'_>) -> Result<(), Failure> {
    check(&arguments)?;
    let address = arguments.listen;
    let listener = bind(address)
        .map_err(|error| Failure::failed(format!("cannot listen on {address}: {error}")))?;
    let bound = listener.local_addr()?;
    let mut gate = Gate::new(CONNECTIONS);
    log::start();
    let loaded = match (arguments.tls_certificate, arguments.tls_key) {
        (Some(chain), Some(key)) => Some(certificates::load(chain, key)?),
        _ => None,
    };
    if let Some(loaded) = &loaded {
        gate = gate.with_certificates(Arc::clone(loaded));
    }
    let tls = loaded.is_some();
    let settings = Settings {
        origin: arguments.origin,
        trusted_proxies: arguments.trusted_proxies,
        gateway: arguments.gateway,
        sealing: session.context.sealing().cloned(),
        openid: arguments.openid.as_deref().map(openid::read).transpose()?,
    };
    let shown = match (&settings.origin, tls) {
        (Some(origin), _) => origin.clone(),
        (None, true) => format!("https://{bound}"),
        (None, false) => format!("http://{bound}"),
    };
    session.output.line(&format!("The console is on {shown}"))?;
    if let Some(link) = link::init(&session.context).await? {
        init::show(session, &link, "become the first owner")?;
    }
    let console = Console::new(session.context.store().clone(), session::now, settings);
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let ended = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let limits = tollgate_listen::Settings::default();
    tokio::select! {
        _ = serve(Arc::new(console), listener, gate, limits, ended) => Ok(()),
        failed = certificates::watch(loaded) => failed,
    }
}

/// Passwords and cookies never cross a network in clear.
fn check(arguments: &ServeArguments) -> Result<(), Failure> {
    let origin = arguments.origin.as_deref().unwrap_or_default();
    let plain = |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', ' ']);
    let is_secure = origin.strip_prefix("https://").is_some_and(plain);
    let is_open = origin.strip_prefix("http://").is_some_and(plain);
    if !origin.is_empty() && !is_secure && !is_open {
        return Err(Failure::usage(
            "--origin is a scheme and a host, such as `https://console.example.com`",
        ));
    }
    let covered = arguments.tls_certificate.is_some() || is_secure;
    if !arguments.listen.ip().is_loopback() && !covered {
        let message = format!(
            "{} can be reached from other machines, and there is no TLS",
            arguments.listen
        );
        return Err(Failure::usage(message).hint(
            "give --tls-certificate and --tls-key, or --origin https://… where a proxy has TLS",
        ));
    }
    Ok(())
}
