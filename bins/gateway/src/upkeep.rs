//! Upkeep as the configuration wants it.

use std::sync::Arc;

use tollgate_store::Store;
use tollgate_upkeep::settings::Settings;
use tollgate_upkeep::watch::UpstreamWatch;
use tollgate_upkeep::webhook::{PlainHttp, Webhook};
use tollgate_upkeep::{Handles, run};
use zeroize::Zeroizing;

use crate::clock;
use crate::config::{self, Hook};
use crate::failure::Failure;

/// What is done now and then, and what others hold of it.
pub(crate) struct Upkeep {
    settings: Settings,
    handles: Handles,
}

impl Upkeep {
    /// Reads the webhook's secret from the environment, where there is a webhook.
    pub(crate) fn new(config: &config::Upkeep) -> Result<Self, Failure> {
        let webhook = config.webhook.as_ref().map(webhook).transpose()?;
        let settings = Settings {
            webhook,
            expiry_notice_days: config.expiry_notice_days,
            keep_receipts_days: config.keep_receipts_days,
            keep_daily_days: config.keep_daily_days,
        };
        Ok(Self {
            settings,
            handles: Handles::default(),
        })
    }

    /// For whoever calls upstreams.
    pub(crate) fn watch(&self) -> UpstreamWatch {
        self.handles.watch.clone()
    }

    /// Does it until `over`.
    pub(crate) async fn run(self, store: Arc<Store>, over: impl Future<Output = ()>) {
        run(store, self.settings, self.handles, clock::now, over).await;
    }
}

fn webhook(hook: &Hook) -> Result<Webhook, Failure> {
    // A variable that is missing is a secret that is too short.
    let secret = std::env::var(&hook.secret_env).unwrap_or_default();
    Webhook::new(&hook.url, Zeroizing::new(secret), PlainHttp::default()).map_err(|error| {
        let name = &hook.secret_env;
        Failure::start(
            format!("the webhook cannot be used, whose secret is read from `{name}`"),
            error,
        )
    })
}
