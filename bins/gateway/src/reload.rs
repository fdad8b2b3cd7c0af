//! The configuration, read again while calls go on: what can change does, what cannot is named, and
//! where anything in it is wrong, everything stays as it is.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tollgate_listen::CertificateError;
use tollgate_proxy::settings::Settings;

use crate::certificates::{Renewed, STAYS};
use crate::config::Config;
use crate::failure::Failure;
use crate::telemetry::{self, Telemetry};
use crate::withheld::Withheld;
use crate::{cli, clock, notify, upkeep};

/// How reading it again went, for metrics.
#[derive(Debug)]
pub(crate) struct Reloads {
    failures: AtomicU64,
    succeeded: AtomicBool,
}

/// What of a running gateway takes another configuration.
pub(crate) struct Live {
    /// Read by each call that begins.
    pub(crate) settings: Arc<ArcSwap<Settings>>,
    /// Read by each connection that begins.
    pub(crate) listening: watch::Sender<tollgate_listen::Settings>,
    pub(crate) upkeep: UnboundedSender<tollgate_upkeep::settings::Settings>,
    pub(crate) certificates: Option<Arc<Renewed>>,
    pub(crate) reloads: Arc<Reloads>,
}

/// Reads the configuration again.
pub(crate) struct Reloader {
    given: cli::Settings,
    /// What is in force.
    config: Config,
    withheld: Withheld,
    live: Live,
    telemetry: Arc<Telemetry>,
}

impl Reloads {
    /// The configuration that the gateway started with was read.
    pub(crate) fn new() -> Self {
        Self {
            failures: AtomicU64::new(0),
            succeeded: AtomicBool::new(true),
        }
    }

    /// How often it could not be read.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether the last attempt succeeded.
    pub(crate) fn last_succeeded(&self) -> bool {
        self.succeeded.load(Ordering::Relaxed)
    }

    fn tried(&self, succeeded: bool) {
        self.succeeded.store(succeeded, Ordering::Relaxed);
        if !succeeded {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Reloader {
    /// For a gateway that runs with this configuration, read with these arguments.
    pub(crate) fn new(
        given: cli::Settings,
        config: Config,
        withheld: Withheld,
        live: Live,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        Self {
            given,
            config,
            withheld,
            live,
            telemetry,
        }
    }

    /// Reads everything again. What is wrong is logged, and nothing of it comes into force.
    pub(crate) fn reload(&mut self) {
        notify::reloading();
        let result = self.try_reload();
        self.live.reloads.tried(result.is_ok());
        match result {
            Ok(fixed) if fixed.is_empty() => tracing::info!("the configuration was read again"),
            Ok(fixed) => tracing::warn!(
                keys = fixed.join(", "),
                "the configuration was read again, and these keys change with the next start only"
            ),
            Err(failure) => tracing::error!(
                error = &failure as &dyn Error,
                "the configuration cannot be used: the old one stays in force"
            ),
        }
        notify::ready();
    }

    /// Whatever may fail is done before anything is changed; certificates are the last of it, as
    /// they fail or change in one step.
    fn try_reload(&mut self) -> Result<Vec<&'static str>, Failure> {
        let new = Config::load(self.given.clone())?;
        telemetry::parse(&new.log)?;
        let upkeep = upkeep::settings(&new.upkeep)?;
        if let Some(certificates) = &self.live.certificates {
            match certificates.renew(clock::now()) {
                // Sound files, whose time is over or is to come: nothing else has to wait for them.
                Err(
                    error @ (CertificateError::Expired { .. } | CertificateError::Early { .. }),
                ) => {
                    tracing::error!(error = &error as &dyn Error, "{STAYS}");
                }
                other => other
                    .map_err(|error| Failure::start("the certificate cannot be used", error))?,
            }
        }
        self.telemetry.filter(&new.log)?;
        if let Some(access) = self.telemetry.access() {
            access.reopen();
        }
        let fixed = self.config.fixed(&new);
        self.withheld.follow(&new);
        // Nobody does upkeep any more where the gateway is about to end.
        let _ = self.live.upkeep.send(upkeep);
        let settings = Settings {
            // Places are given out already.
            connections: self.config.settings.connections,
            ..new.settings.clone()
        };
        self.live.listening.send_replace(settings.listening());
        self.live.settings.store(Arc::new(settings));
        self.config.follow(new);
        Ok(fixed)
    }
}
