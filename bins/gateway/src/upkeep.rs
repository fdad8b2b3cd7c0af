//! Upkeep as the configuration wants it.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tollgate_ledger::book::GatewayId;
use tollgate_proxy::Services;
use tollgate_store::Store;
use tollgate_upkeep::aside::{self, Breakers};
use tollgate_upkeep::refusals::Refusals;
use tollgate_upkeep::report::{self, Gateway};
use tollgate_upkeep::settings::Settings;
use tollgate_upkeep::stats::Stats;
use tollgate_upkeep::watch::UpstreamWatch;
use tollgate_upkeep::webhook::{Reach, Webhook};
use tollgate_upkeep::{Handles, run};
use zeroize::Zeroizing;

use crate::breakers::Shared;
use crate::clock;
use crate::config::{self, Hook};
use crate::failure::Failure;
use crate::reports::Running;

/// What is done now and then, and what others hold of it.
pub(crate) struct Upkeep {
    settings: Settings,
    changed: UnboundedReceiver<Settings>,
    handles: Handles,
}

/// What operators are told of this gateway.
pub(crate) struct Telling {
    gateway: GatewayId,
    breakers: Arc<dyn Breakers>,
    running: Arc<dyn Gateway>,
    refusals: Refusals,
}

/// Reads the webhook's secret from the environment, where there is a webhook.
pub(crate) fn settings(config: &config::Upkeep) -> Result<Settings, Failure> {
    let webhook = config.webhook.as_ref().map(webhook).transpose()?;
    Ok(Settings {
        webhook,
        expiry_notice_days: config.expiry_notice_days,
        keep_receipts_days: config.keep_receipts_days,
        keep_daily_days: config.keep_daily_days,
    })
}

impl Upkeep {
    /// As it is configured, and as it will be.
    pub(crate) fn new(
        config: &config::Upkeep,
    ) -> Result<(Self, UnboundedSender<Settings>), Failure> {
        let (sender, changed) = unbounded_channel();
        let upkeep = Self {
            settings: settings(config)?,
            changed,
            handles: Handles::default(),
        };
        Ok((upkeep, sender))
    }

    /// For whoever calls upstreams.
    pub(crate) fn watch(&self) -> UpstreamWatch {
        self.handles.watch.clone()
    }

    /// For whoever shows metrics.
    pub(crate) fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.handles.stats)
    }

    /// Does it until `over`, and begins anew with each change.
    pub(crate) async fn run(
        self,
        store: Arc<Store>,
        telling: Telling,
        over: impl Future<Output = ()>,
    ) {
        let (end, is_over) = oneshot::channel::<()>();
        let aside = tokio::spawn(telling.aside(&store));
        let reports = tokio::spawn(telling.report(&store, is_over));
        let (mut settings, mut changed) = (self.settings, self.changed);
        let mut over = pin!(over);
        loop {
            let mut next = None;
            let until = async {
                tokio::select! {
                    () = &mut over => {}
                    Some(new) = changed.recv() => next = Some(new),
                }
            };
            let (store, handles) = (Arc::clone(&store), self.handles.clone());
            run(store, settings, handles, clock::now, until).await;
            match next {
                Some(new) => settings = new,
                None => break,
            }
        }
        aside.abort();
        drop(end);
        // What is left to tell is bounded by the store's own deadlines.
        if let Err(error) = reports.await {
            tracing::error!(error = &error as &dyn Error, "the last report is lost");
        }
    }
}

impl Telling {
    /// What these services see, at this address.
    pub(crate) fn new(services: &Services, address: SocketAddr) -> Self {
        Self {
            gateway: services.ledger.gateway(),
            breakers: Arc::new(Shared(Arc::clone(&services.health))),
            running: Arc::new(Running::new(services, address)),
            refusals: services.refusals.clone(),
        }
    }

    fn aside(&self, store: &Arc<Store>) -> impl Future<Output = ()> + use<> {
        let (gateway, breakers) = (self.gateway.0.to_vec(), Arc::clone(&self.breakers));
        aside::tell(Arc::clone(store) as _, gateway, breakers, clock::now)
    }

    fn report(
        self,
        store: &Arc<Store>,
        over: oneshot::Receiver<()>,
    ) -> impl Future<Output = ()> + use<> {
        let (gateway, store) = (self.gateway.0.to_vec(), Arc::clone(store) as _);
        let over = async move {
            let _ = over.await;
        };
        report::tell(
            store,
            gateway,
            self.running,
            self.refusals,
            clock::now,
            over,
        )
    }
}

fn webhook(hook: &Hook) -> Result<Webhook, Failure> {
    let name = &hook.secret_env;
    let secret = std::env::var(name).map_err(|error| {
        Failure::start(
            format!("the webhook's secret cannot be read from `{name}`"),
            error,
        )
    })?;
    let reach = if hook.private {
        Reach::Private
    } else {
        Reach::Public
    };
    Webhook::new(&hook.url, Zeroizing::new(secret), reach).map_err(|error| {
        Failure::start(
            format!("the webhook cannot be used, whose secret is read from `{name}`"),
            error,
        )
    })
}
