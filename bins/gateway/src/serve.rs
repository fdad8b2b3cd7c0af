//! `serve`: the gateway as a service.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::watch;
use tollgate_listen::Drained;

use crate::cli::Settings;
use crate::config::Config;
use crate::failure::Failure;
use crate::gateway::{Gateway, open_store};
use crate::notify;
use crate::reload::{Live, Reloader};
use crate::signals::{Signals, Told};
use crate::telemetry::Telemetry;
use crate::withheld::Withheld;

/// Serves until a signal says to end.
pub(crate) async fn run(arguments: Settings) -> Result<ExitCode, Failure> {
    let config = Config::load(arguments.clone())?;
    let telemetry = Arc::new(Telemetry::start(&config)?);
    let mut signals =
        Signals::new().map_err(|error| Failure::start("signals cannot be handled", error))?;
    let withheld = Withheld::of(&config);
    let opened = tokio::select! {
        opened = open(&config, &withheld, &telemetry) => Some(opened?),
        () = signals.end() => None,
    };
    let Some((gateway, live)) = opened else {
        // A migration that was under way is undone, as after a loss of power.
        tracing::info!("ended before it served");
        telemetry.end();
        return Ok(ExitCode::SUCCESS);
    };
    tracing::info!(
        listen = %gateway.address(),
        observe = %gateway.observe_address()?,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    let reloader = Reloader::new(arguments, config, withheld, live, Arc::clone(&telemetry));
    let (ends, told) = watch::channel(0);
    let heeding = tokio::spawn(heed(signals, reloader, Arc::clone(&telemetry), ends));
    notify::ready();
    let drained = tokio::select! {
        drained = gateway.run(times(1, told.clone())) => drained,
        () = times(2, told) => {
            // What is in the journal is settled at the next start, or by another gateway.
            tracing::warn!("ended at once: calls that run are cut off");
            Drained::CutOff { connections: 0 }
        }
    };
    heeding.abort();
    tracing::info!(complete = drained == Drained::Complete, "ended");
    telemetry.end();
    Ok(match drained {
        Drained::Complete => ExitCode::SUCCESS,
        Drained::CutOff { .. } => ExitCode::from(3),
    })
}

/// Brings the store up to date, and takes the addresses. It may take long.
async fn open(
    config: &Config,
    withheld: &Withheld,
    telemetry: &Telemetry,
) -> Result<(Gateway, Live), Failure> {
    let store = open_store(config, withheld).await?;
    let access = telemetry.access().cloned();
    Gateway::bind(config, access, store).await
}

/// Resolves when the gateway was told to end so often.
async fn times(times: u32, mut told: watch::Receiver<u32>) {
    if told.wait_for(|seen| *seen >= times).await.is_err() {
        // Nobody heeds signals any more.
        std::future::pending::<()>().await;
    }
}

/// Does what signals say. Never ends.
async fn heed(
    mut signals: Signals,
    mut reloader: Reloader,
    telemetry: Arc<Telemetry>,
    ends: watch::Sender<u32>,
) {
    loop {
        match signals.next().await {
            Told::End => ends.send_modify(|seen| *seen = seen.saturating_add(1)),
            // Files are read, and small ones.
            Told::Reload => reloader.reload(),
            Told::Reopen => {
                if let Some(access) = telemetry.access() {
                    access.reopen();
                }
            }
        }
    }
}
