//! The configuration: a file of defaults, and what the command line and the environment put over it.

mod check;
mod error;
mod file;
mod limits;
mod logs;
mod reloaded;
mod tls;
mod upkeep;

use std::net::SocketAddr;
use std::path::PathBuf;

use tollgate_policy::network::Network;
use tollgate_proxy::settings::Settings;

use self::check::Check;
use self::file::File;
use crate::cli::{self, LogFormat};

pub(crate) use self::error::ConfigError;
pub(crate) use self::logs::{AccessLog, Traces};
pub(crate) use self::tls::Tls;
pub(crate) use self::upkeep::{Hook, Upkeep};

/// All that the gateway needs to know to start.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) observe: SocketAddr,
    pub(crate) store: String,
    pub(crate) key_file: PathBuf,
    pub(crate) journal: PathBuf,
    /// Threads that serve calls.
    pub(crate) workers: usize,
    pub(crate) most_receipts: u32,
    pub(crate) credentials_in_memory: usize,
    pub(crate) tls: Option<Tls>,
    /// Networks whose connections begin with a header of the PROXY protocol.
    pub(crate) proxy_protocol: Vec<Network>,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) traces: Option<Traces>,
    pub(crate) settings: Settings,
    pub(crate) upkeep: Upkeep,
}

impl Config {
    /// The variables of the environment that have secrets for others than upstreams.
    pub(crate) fn secret_variables(&self) -> Vec<String> {
        let hook = self.upkeep.webhook.as_ref();
        let hook = hook.map(|hook| hook.secret_env.clone());
        let traces = self.traces.as_ref();
        let traces = traces.and_then(|traces| traces.headers_env.clone());
        hook.into_iter().chain(traces).collect()
    }

    /// Reads the file, if one is named, and puts the command line over it.
    pub(crate) fn load(given: cli::Settings) -> Result<Self, ConfigError> {
        // What is wrong without a file was said there, or in the environment.
        let path = given.config.clone();
        let path = path.unwrap_or_else(|| "command line".into());
        let file = match &given.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let check = Check { path: &path };
        let mut settings = limits::settings(&file, &check)?;
        if !given.trusted_proxies.is_empty() {
            settings.trusted_proxies = given.trusted_proxies;
        }
        let (key, receipts) = ("limits.receipts", file.limits.receipts);
        let receipts = check.narrow(key, receipts, 1000..=10_000_000)?;
        let (key, in_memory) = ("credentials_in_memory", file.credentials_in_memory);
        let in_memory = check.count(key, in_memory, 1..=100_000_000)?;
        let workers = check.count("workers", file.workers, 1..=1024)?;
        let tls = file.tls.as_ref().map(|tls| Tls::of(tls, &check));
        let traces = file.traces.as_ref().map(|one| Traces::of(one, &check));
        let proxy_protocol = check.networks("proxy_protocol", &file.proxy_protocol)?;
        let upkeep = upkeep::upkeep(&file, &check)?;
        let (listen, observe) = (given.listen.or(file.listen), given.observe.or(file.observe));
        let (store, log) = (given.store.or(file.store), given.log.or(file.log.filter));
        let listen = listen.unwrap_or(([127, 0, 0, 1], 8080).into());
        let observe = observe.unwrap_or(([127, 0, 0, 1], 9464).into());
        // Both would be bound, and each connection would reach one of them by chance.
        if listen == observe && listen.port() != 0 {
            let sentence =
                "`listen` and `observe` are the same address: choose another one for one of them";
            return Err(ConfigError::together(check.path, sentence));
        }
        let key_file = given.key_file.or(file.key_file);
        let journal = given.journal.or(file.journal);
        Ok(Self {
            listen,
            observe,
            store: store.unwrap_or_else(|| "tollgate.db".to_owned()),
            key_file: key_file.unwrap_or_else(|| "tollgate.key".into()),
            journal: journal.unwrap_or_else(|| "tollgate.journal".into()),
            workers: workers.unwrap_or_else(processors),
            most_receipts: receipts.unwrap_or(100_000),
            credentials_in_memory: in_memory.unwrap_or(100_000),
            tls: tls.transpose()?,
            proxy_protocol,
            log: log.unwrap_or_else(|| "info".to_owned()),
            log_format: given.log_format.or(file.log.format).unwrap_or_default(),
            access_log: file.access_log.as_ref().map(AccessLog::of),
            traces: traces.transpose()?,
            settings,
            upkeep,
        })
    }
}

/// One for each processor that this process may use.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests;
