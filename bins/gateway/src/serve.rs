//! `serve`: the gateway as a service.

use std::process::ExitCode;

use tollgate_listen::Drained;

use crate::cli::Settings;
use crate::config::Config;
use crate::failure::Failure;
use crate::gateway::{Gateway, open_store};
use crate::{signals, telemetry};

/// Serves until a signal says to end.
pub(crate) async fn run(arguments: Settings) -> Result<ExitCode, Failure> {
    let config = Config::load(arguments)?;
    telemetry::start(&config.log, config.log_format).map_err(|error| {
        Failure::start(
            format!("the log filter `{}` cannot be used", config.log),
            error,
        )
    })?;
    let ended =
        signals::end().map_err(|error| Failure::start("signals cannot be handled", error))?;
    let store = open_store(&config).await?;
    let gateway = Gateway::bind(&config, store).await?;
    tracing::info!(
        listen = %gateway.address(),
        observe = %gateway.observe_address()?,
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    let drained = gateway.run(ended).await;
    tracing::info!(complete = drained == Drained::Complete, "ended");
    Ok(match drained {
        Drained::Complete => ExitCode::SUCCESS,
        Drained::CutOff { .. } => ExitCode::from(3),
    })
}
