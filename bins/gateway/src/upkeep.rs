//! Upkeep as the configuration wants it.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tollgate_ledger::book::GatewayId;
use tollgate_store::Store;
use tollgate_upkeep::aside::{self, Breakers};
use tollgate_upkeep::settings::Settings;
use tollgate_upkeep::stats::Stats;
use tollgate_upkeep::watch::UpstreamWatch;
use tollgate_upkeep::webhook::{Reach, Webhook};
use tollgate_upkeep::{Handles, run};
use zeroize::Zeroizing;

use crate::clock;
use crate::config::{self, Hook};
use crate::failure::Failure;

/// What is done now and then, and what others hold of it.
pub(crate) struct Upkeep {
    settings: Settings,
    changed: UnboundedReceiver<Settings>,
    handles: Handles,
    telling: Option<Telling>,
}

/// Whose breakers operators are told of, and as which gateway's.
struct Telling {
    breakers: Arc<dyn Breakers>,
    gateway: GatewayId,
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
            telling: None,
        };
        Ok((upkeep, sender))
    }

    /// Tells operators what these breakers put aside.
    pub(crate) fn telling(mut self, breakers: Arc<dyn Breakers>, gateway: GatewayId) -> Self {
        self.telling = Some(Telling { breakers, gateway });
        self
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
    pub(crate) async fn run(self, store: Arc<Store>, over: impl Future<Output = ()>) {
        let telling = self.telling.map(|telling| telling.tell(&store));
        let telling = telling.map(tokio::spawn);
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
        if let Some(telling) = telling {
            telling.abort();
        }
    }
}

impl Telling {
    fn tell(self, store: &Arc<Store>) -> impl Future<Output = ()> + use<> {
        let gateway = self.gateway.0.to_vec();
        aside::tell(Arc::clone(store) as _, gateway, self.breakers, clock::now)
    }
}

fn webhook(hook: &Hook) -> Result<Webhook, Failure> {
    // A variable that is missing is a secret that is too short.
    let secret = std::env::var(&hook.secret_env).unwrap_or_default();
    let reach = if hook.private {
        Reach::Private
    } else {
        Reach::Public
    };
    Webhook::new(&hook.url, Zeroizing::new(secret), reach).map_err(|error| {
        let name = &hook.secret_env;
        Failure::start(
            format!("the webhook cannot be used, whose secret is read from `{name}`"),
            error,
        )
    })
}
