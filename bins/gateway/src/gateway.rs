//! The composition of a running gateway, the same for `serve` and `demo`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tollgate_ledger::{Ledger, Options, keeper};
use tollgate_listen::{Drained, Gate};
use tollgate_policy::secret::HashKey;
use tollgate_proxy::health::Health;
use tollgate_proxy::metrics::Metrics;
use tollgate_proxy::settings::Settings;
use tollgate_proxy::{Proxy, Services};
use tollgate_rights::source::Touched;
use tollgate_rights::{Rights, follow};
use tollgate_store::{MasterKey, Store};

use crate::clock;
use crate::config::Config;
use crate::elsewhere::Elsewhere;
use crate::failure::Failure;
use crate::observe::{self, Observed};
use crate::upkeep::Upkeep;
use crate::workers::{Job, Workers};

/// How long the observing listener may take to end.
const OBSERVE_DRAIN: Duration = Duration::from_secs(1);

/// A gateway whose sockets are bound, so that its addresses are known.
pub(crate) struct Gateway {
    services: Services,
    hash_key: Arc<HashKey>,
    settings: Settings,
    rights: Arc<Rights>,
    ledger: Ledger,
    upkeep: Upkeep,
    store: Arc<Store>,
    observed: Arc<Observed>,
    workers: Workers,
    observing: TcpListener,
}

/// Opens the store that the configuration names, with the key that belongs to it.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Failure> {
    let key = MasterKey::load_or_create(&config.key_file)
        .map_err(|error| Failure::start("the master key cannot be used", error))?;
    Store::open(&config.store, key, environment)
        .await
        .map_err(|error| Failure::start("the store cannot be opened", error))
}

/// Where upstream credentials are read that a store names instead of holding.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Gateway {
    /// Reads the catalog and binds the sockets. Nothing is served yet.
    pub(crate) async fn bind(config: &Config, store: Store) -> Result<Self, Failure> {
        let hash_key = Arc::new(store.hash_key());
        let store = Arc::new(store);
        let elsewhere = Arc::new(Elsewhere::new(Arc::clone(&store)));
        let rights = Rights::open(Arc::clone(&elsewhere) as _, config.credentials_in_memory)
            .await
            .map_err(|error| Failure::start("the catalog cannot be read", error))?;
        let rights = Arc::new(rights);
        let ledger = open_ledger(config, &store).await?;
        let told = ledger.clone();
        rights.listen(move |touched| tell(&told, touched));
        let upkeep = Upkeep::new(&config.upkeep)?;
        let metrics = Arc::new(Metrics::new());
        let observed = Observed::new(Arc::clone(&rights), ledger.clone(), &metrics);
        let settings = config.settings.clone();
        let services = Services {
            rights: Arc::clone(&rights),
            ledger: ledger.clone(),
            statements: elsewhere,
            watch: upkeep.watch(),
            health: Arc::new(Health::default()),
            metrics,
        };
        Ok(Self {
            services,
            hash_key,
            settings,
            rights,
            ledger,
            upkeep,
            store,
            observed: Arc::new(observed),
            workers: Workers::bind(config.listen, config.workers)
                .await
                .map_err(|error| cannot_listen(config.listen, "--listen", error))?,
            observing: TcpListener::bind(config.observe)
                .await
                .map_err(|error| cannot_listen(config.observe, "--observe", error))?,
        })
    }

    /// The address on which calls are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.workers.address()
    }

    /// The address of health and metrics.
    pub(crate) fn observe_address(&self) -> Result<SocketAddr, Failure> {
        local(&self.observing)
    }

    /// Serves until `ended` is ready, drains, and writes what is left to write.
    pub(crate) async fn run(self, ended: impl Future<Output = ()>) -> Drained {
        let (over, is_over) = watch::channel(false);
        let wait = |mut is_over: watch::Receiver<bool>| async move {
            // The sender outlives every receiver's wait; if it does not, it is over too.
            let _ = is_over.wait_for(|over| *over).await;
        };
        let following = tokio::spawn(follow::follow(
            Arc::clone(&self.rights),
            wait(is_over.clone()),
        ));
        let upkeep = self
            .upkeep
            .run(Arc::clone(&self.store), wait(is_over.clone()));
        let upkeep = tokio::spawn(upkeep);
        let keeping = tokio::spawn(keeper::keep(
            self.ledger,
            self.store,
            clock::now,
            wait(is_over.clone()),
        ));
        let mut observing = tokio::spawn(observe::serve(
            Arc::clone(&self.observed),
            self.observing,
            wait(is_over),
        ));
        let observed = self.observed;
        let (ending, is_ending) = watch::channel(false);
        let gate = Gate::new(self.settings.connections);
        let job = || Job {
            proxy: Proxy::new(
                self.services.clone(),
                Arc::clone(&self.hash_key),
                self.settings.clone(),
                clock::now,
            ),
            gate: gate.clone(),
            settings: self.settings.listening(),
            over: is_ending.clone(),
        };
        let ended = async {
            ended.await;
            observed.drain();
            ending.send_replace(true);
        };
        let (drained, ()) = tokio::join!(self.workers.serve(job), ended);
        over.send_replace(true);
        // What is left to write is bounded by the store's own deadlines.
        for ended in [following.await, keeping.await, upkeep.await] {
            if let Err(error) = ended {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a task of the gateway broke"
                );
            }
        }
        // Somebody who holds the observing port open does not hold the gateway up.
        let observing_ended = tokio::time::timeout(OBSERVE_DRAIN, &mut observing).await;
        if observing_ended.is_err() {
            observing.abort();
        }
        drained
    }
}

/// Opens the journal, which settles what the last run left.
async fn open_ledger(config: &Config, store: &Store) -> Result<Ledger, Failure> {
    let options = Options {
        most_receipts: config.most_receipts,
        ..Options::default()
    };
    Ledger::open(
        store,
        &config.journal,
        rand::random(),
        &options,
        clock::now(),
    )
    .await
    .map_err(|error| Failure::start("the ledger cannot be opened", error))
}

/// Has the ledger ask anew for what an operator changed.
fn tell(ledger: &Ledger, touched: &[Touched]) {
    for one in touched {
        match one {
            // Limits of groups come with each call.
            Touched::Catalog => {}
            Touched::Token(token) => ledger.token_changed(*token),
            Touched::Account(account) => ledger.changed(*account),
        }
    }
}

fn cannot_listen(address: SocketAddr, flag: &str, error: std::io::Error) -> Failure {
    Failure::start(
        format!("{address} cannot be listened on: choose another address with {flag}"),
        error,
    )
}

fn local(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::start("a socket has no address", error))
}
