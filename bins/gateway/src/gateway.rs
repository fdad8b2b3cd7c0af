//! The composition of a running gateway, the same for `serve` and `demo`.

mod run;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tollgate_connect::Sockets;
use tollgate_ledger::Ledger;
use tollgate_listen::{Gate, Listener, bind_shared, from_supervisor, is_taken};
use tollgate_policy::secret::HashKey;
use tollgate_proxy::Services;
use tollgate_proxy::health::Health;
use tollgate_proxy::metrics::Metrics;
use tollgate_proxy::room::Rooms;
use tollgate_proxy::settings::Settings;
use tollgate_rights::Rights;
use tollgate_rights::responses::Kept;
use tollgate_rights::source::Touched;
use tollgate_store::key::KeyError;
use tollgate_store::{MasterKey, Store, StoreError};
use tollgate_upkeep::refusals::Refusals;

use crate::certificates::Renewed;
use crate::config::Config;
use crate::elsewhere::Elsewhere;
use crate::failure::Failure;
use crate::journals::Journals;
use crate::observe::{Observed, Parts};
use crate::reload::{Live, Reloads};
use crate::telemetry::AccessLog;
use crate::telemetry::propagation::PROPAGATION;
use crate::turns::Timed;
use crate::upkeep::Upkeep;
use crate::withheld::Withheld;
use crate::workers::Workers;
use crate::{clock, files};

/// A gateway whose sockets are bound, so that its addresses are known.
pub(crate) struct Gateway {
    services: Services,
    hash_key: Arc<HashKey>,
    settings: Arc<ArcSwap<Settings>>,
    listening: watch::Receiver<tollgate_listen::Settings>,
    gate: Gate,
    certificates: Option<Arc<Renewed>>,
    journals: Journals,
    /// The journal that is this process's own.
    journal: PathBuf,
    upkeep: Upkeep,
    store: Arc<Store>,
    book: Arc<Timed<Store>>,
    observed: Arc<Observed>,
    workers: Workers,
    observing: Listener,
}

/// Opens the store that the configuration names, with the key that belongs to it. It reads no
/// credential from a variable that is withheld, now or later.
pub(crate) async fn open_store(config: &Config, withheld: &Withheld) -> Result<Store, Failure> {
    let key = MasterKey::load_or_create(&config.key_file).map_err(key_unusable)?;
    Store::open(&config.store, key, credentials(withheld))
        .await
        .map_err(store_unusable)
}

/// Opens the store as [`open_store`] does, but as it is: neither it nor the key is made or changed.
pub(crate) async fn open_store_as_is(
    config: &Config,
    withheld: &Withheld,
) -> Result<Store, Failure> {
    let key = MasterKey::load(&config.key_file).map_err(key_unusable)?;
    Store::open_as_is(&config.store, key, credentials(withheld))
        .await
        .map_err(store_unusable)
}

fn credentials(withheld: &Withheld) -> impl Fn(&str) -> Option<String> + use<> {
    let withheld = withheld.clone();
    move |name: &str| {
        let is_free = !withheld.has(name);
        is_free.then(|| environment(name)).flatten()
    }
}

fn key_unusable(error: KeyError) -> Failure {
    Failure::start("the master key cannot be used", error)
}

pub(crate) fn store_unusable(error: StoreError) -> Failure {
    Failure::start("the store cannot be opened", error)
}

/// Where secrets are read that the configuration or the store name instead of holding.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Gateway {
    /// Reads the catalog and binds the sockets. Nothing is served yet. Gives what of it can be
    /// changed later, too.
    pub(crate) async fn bind(
        config: &Config,
        access: Option<Arc<AccessLog>>,
        store: Store,
    ) -> Result<(Self, Live), Failure> {
        let certificates = config.tls.as_ref().map(Renewed::load).transpose()?;
        let certificates = certificates.map(Arc::new);
        if let Some(fault) = certificates
            .as_ref()
            .and_then(|one| one.fault(clock::now()))
        {
            tracing::warn!("{fault}");
        }
        let hash_key = Arc::new(store.hash_key());
        let store = Arc::new(store);
        let mut registry = Registry::with_prefix("tollgate");
        let book = Arc::new(Timed::new(Arc::clone(&store), &mut registry));
        let journals = Journals::new(config);
        let (ledger, journal) = journals.open(book.as_ref()).await?;
        let (upkeep, upkeep_changes) = Upkeep::new(&config.upkeep)?;
        let elsewhere = Arc::new(Elsewhere::new(Arc::clone(&store)));
        let services = Services {
            rights: rights(config, &elsewhere, &ledger).await?,
            ledger,
            responses: Arc::new(Kept::new(Arc::clone(&elsewhere) as _)),
            statements: elsewhere,
            watch: upkeep.watch(),
            health: Arc::new(Health::default()),
            metrics: Arc::new(Metrics::new()),
            refusals: Refusals::default(),
            rooms: Rooms::default(),
            sockets: Sockets::at_most(files::room()),
            traces: config.traces.as_ref().map(|_| PROPAGATION),
        };
        services.metrics.register(&mut registry);
        let (listening, changed) = watch::channel(config.settings.listening());
        let live = Live {
            listening,
            settings: Arc::new(ArcSwap::from_pointee(config.settings.clone())),
            upkeep: upkeep_changes,
            certificates: certificates.clone(),
            reloads: Arc::new(Reloads::new()),
        };
        let parts = Parts {
            rights: Arc::clone(&services.rights),
            responses: Arc::clone(&services.responses),
            metrics: Arc::clone(&services.metrics),
            rooms: services.rooms.clone(),
            ledger: services.ledger.clone(),
            most_receipts: config.most_receipts,
            health: Arc::clone(&services.health),
            alerts: upkeep.stats(),
            reloads: Arc::clone(&live.reloads),
            certificates: certificates.clone(),
            access,
        };
        let gateway = Self {
            services,
            hash_key,
            settings: Arc::clone(&live.settings),
            listening: changed,
            gate: gate(config, certificates.as_deref()),
            certificates,
            journals,
            journal,
            upkeep,
            store,
            book,
            observed: Arc::new(Observed::new(parts, registry)),
            observing: bind_shared(config.observe)
                .map_err(|error| cannot_listen(config.observe, "--observe", error))?,
            // Last: from now on connections come.
            workers: workers(config).await?,
        };
        Ok((gateway, live))
    }

    /// The address on which calls are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.workers.address()
    }

    /// The address of health and metrics.
    pub(crate) fn observe_address(&self) -> Result<SocketAddr, Failure> {
        self.observing
            .local_addr()
            .map_err(|error| Failure::start("a socket has no address", error))
    }
}

async fn rights(
    config: &Config,
    source: &Arc<Elsewhere>,
    ledger: &Ledger,
) -> Result<Arc<Rights>, Failure> {
    let rights = Rights::open(Arc::clone(source) as _, config.credentials_in_memory)
        .await
        .map_err(|error| Failure::start("the catalog cannot be read", error))?;
    let told = ledger.clone();
    rights.listen(move |touched| tell(&told, touched));
    Ok(Arc::new(rights))
}

/// Has the ledger ask anew for what an operator changed.
fn tell(ledger: &Ledger, touched: &[Touched]) {
    for one in touched {
        match one {
            // Limits of groups come with each call.
            Touched::Catalog => {}
            Touched::Everything => ledger.changed_all(),
            Touched::Token(token) => ledger.token_changed(*token),
            Touched::Account(account) => ledger.changed(*account),
        }
    }
}

fn gate(config: &Config, certificates: Option<&Renewed>) -> Gate {
    let (wanted, room) = (config.settings.connections, files::room());
    if room < wanted {
        tracing::warn!(
            room,
            "fewer connections than `limits.connections` are taken: raise the limit of open files"
        );
    }
    let gate = Gate::new(wanted.min(room)).with_proxies(config.proxy_protocol.clone());
    match certificates {
        Some(renewed) => gate.with_certificates(renewed.certificates()),
        None => gate,
    }
}

/// On what a service manager handed over, or else on the address that is configured.
async fn workers(config: &Config) -> Result<Workers, Failure> {
    let handed = from_supervisor().map_err(|error| {
        let what = "what the service manager handed over is no TCP socket that listens";
        Failure::start(what, error)
    })?;
    if handed.is_empty() {
        if is_taken(config.listen) {
            // This one's predecessor, or a gateway of another store.
            tracing::warn!(
                listen = %config.listen,
                "another process listens here, too: until it ends, each connection reaches one of both"
            );
        }
        let bound = Workers::bind(config.listen, config.workers).await;
        return bound.map_err(|error| cannot_listen(config.listen, "--listen", error));
    }
    let shared = Workers::share(&handed, config.workers).await;
    shared.map_err(|error| Failure::start("the sockets that were handed over are no use", error))
}

fn cannot_listen(address: SocketAddr, flag: &str, error: std::io::Error) -> Failure {
    Failure::start(
        format!("{address} cannot be listened on: choose another address with {flag}"),
        error,
    )
}
