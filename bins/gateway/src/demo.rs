//! `demo`: a gateway, a store, a console and a simulated provider in one process, and calls to
//! paste.

mod console;
mod furnish;
mod show;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use tollgate_admin_core::{Actor, Context};
use tollgate_listen::Drained;
use tollgate_simulator::{Options, Pace, Simulator};

use crate::cli::{Demo, LogFormat, Settings};
use crate::config::Config;
use crate::failure::Failure;
use crate::gateway::{Gateway, open_store};
use crate::signals::Signals;
use crate::telemetry::Telemetry;
use crate::withheld::Withheld;
use crate::{clock, print};

/// What a caller of the demo needs to know.
pub(crate) struct Furnished {
    pub(crate) token: String,
    pub(crate) secret: String,
    pub(crate) account: String,
    pub(crate) group: String,
}

/// Where everything is, and the code by which the console gets its first owner.
pub(crate) struct Places {
    pub(crate) address: SocketAddr,
    pub(crate) observe: SocketAddr,
    pub(crate) console: SocketAddr,
    pub(crate) code: Option<String>,
}

/// Starts everything, says how to call it, and serves until a signal says to end.
pub(crate) async fn run(arguments: Demo) -> Result<ExitCode, Failure> {
    let mut signals =
        Signals::new().map_err(|error| Failure::start("signals cannot be handled", error))?;
    let temporary = tempfile::Builder::new()
        .prefix("tollgate-demo-")
        .tempdir()
        .map_err(|error| Failure::start("no temporary directory can be made", error))?;
    let directory = match &arguments.dir {
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|error| {
                Failure::start(format!("`{}` cannot be made", directory.display()), error)
            })?;
            directory.as_path()
        }
        None => temporary.path(),
    };
    let config = config(&arguments, directory)?;
    let telemetry = Telemetry::start(&config)?;
    let simulator = Simulator::start(Options {
        pace: Pace::believable(),
        ..Options::default()
    })
    .await
    .map_err(|error| Failure::start("the simulated provider cannot be started", error))?;
    let store = open_store(&config, &Withheld::of(&config)).await?;
    let context = Context::new(store.clone(), Actor::new("demo", "demo"), clock::now);
    let furnished = furnish::furnish(&context, &simulator.base_url())
        .await
        .map_err(|error| Failure::start("the demo's store cannot be filled", error))?;
    let access = telemetry.access().cloned();
    let (gateway, _live) = Gateway::bind(&config, access, store.clone()).await?;
    let (address, observe) = (gateway.address(), gateway.observe_address()?);
    let console = console::start(&context, store, arguments.console, address).await?;
    let places = Places {
        address,
        observe,
        console: console.address,
        code: console.code.clone(),
    };
    print::line(&show::text(arguments.output, &places, &furnished, &config));
    let drained = gateway.run(signals.end()).await;
    console.end().await;
    simulator.stop().await;
    Ok(match drained {
        Drained::Complete => ExitCode::SUCCESS,
        Drained::CutOff { .. } => ExitCode::from(3),
    })
}

fn config(arguments: &Demo, directory: &Path) -> Result<Config, Failure> {
    let settings = Settings {
        config: None,
        listen: Some(arguments.listen),
        observe: Some(arguments.observe),
        store: Some(directory.join("tollgate.db").display().to_string()),
        key_file: Some(directory.join("tollgate.key")),
        journal: Some(directory.join("tollgate.journal")),
        trusted_proxies: Vec::new(),
        log_format: Some(LogFormat::Text),
        log: Some("warn".to_owned()),
    };
    Ok(Config::load(settings)?)
}
