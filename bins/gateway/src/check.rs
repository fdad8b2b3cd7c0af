//! `check`: says what does not fit, before a gateway is started on it. It makes and changes nothing.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::{Access, access};
use tollgate_rights::source::{Snapshot, Source};
use tollgate_store::environment::is_withheld;
use tollgate_store::upstream::CredentialKept;
use tollgate_store::{Store, Tables};

use crate::certificates::Renewed;
use crate::cli::Settings;
use crate::config::{AccessLog, Config};
use crate::failure::{Failure, sentence};
use crate::gateway::{environment, open_store_as_is, store_unusable};
use crate::withheld::Withheld;
use crate::{clock, files, print, telemetry, upkeep};

/// Reads the configuration and the store, and prints what a gateway would find.
pub(crate) async fn run(arguments: Settings) -> Result<ExitCode, Failure> {
    let config = Config::load(arguments)?;
    let mut findings = store(&config).await?;
    findings.extend(files(&config));
    let (wanted, room) = (config.settings.connections, files::room());
    if room < wanted {
        print::line(&format!(
            "note: {room} connections have room below the limit of open files here, and `limits.connections` is {wanted}"
        ));
    }
    let is_open = config.tls.is_none() && config.settings.trusted_proxies.is_empty();
    if is_open && !config.listen.ip().is_loopback() {
        let listen = config.listen;
        print::line(&format!(
            "note: calls are served on {listen} without TLS: put a proxy that has it in front"
        ));
    }
    for finding in &findings {
        print::line(&format!("fault: {finding}"));
    }
    if findings.is_empty() {
        print::line("ok");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// What is wrong with the store and its key. `serve` would make those that are missing, empty; a
/// check is to notice that a path or an address is mistyped.
async fn store(config: &Config) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    if !config.key_file.exists() {
        let path = config.key_file.display();
        findings.push(format!("there is no key file `{path}`"));
    }
    let tables = Store::tables(&config.store).await.map_err(store_unusable)?;
    if let Tables::Missing(place) = &tables {
        findings.push(format!(
            "there is no store {place}: the first start makes it, where this is the right place"
        ));
    }
    if !findings.is_empty() {
        return Ok(findings);
    }
    let store = open_store_as_is(config, &Withheld::of(config)).await?;
    if let Tables::Older(pending) = tables {
        print::line(&format!(
            "note: the store is of a version before, and the start of this one migrates it (migrations to run: {pending}): its models and upstreams are not checked"
        ));
        return Ok(findings);
    }
    contents(&store, config).await
}

/// What is wrong with what a store of this version holds.
async fn contents(store: &Store, config: &Config) -> Result<Vec<String>, Failure> {
    let snapshot = store
        .snapshot()
        .await
        .map_err(|error| Failure::start("the catalog cannot be read", error))?;
    let mut findings = catalog(&snapshot);
    findings.extend(credentials(store, config).await?);
    let (models, upstreams) = (snapshot.catalog.offers().count(), snapshot.access.len());
    print::line(&format!(
        "{models} models, {upstreams} upstreams, revision {}",
        snapshot.revision.0
    ));
    Ok(findings)
}

/// What the configuration names besides the store.
fn files(config: &Config) -> Vec<String> {
    let certificate = config.tls.as_ref().map(Renewed::load).transpose();
    let usable = certificate.as_ref().ok().and_then(Option::as_ref);
    let now = clock::now();
    let days = usable.and_then(|renewed| renewed.days_left(now));
    let dates = usable.and_then(|renewed| renewed.fault(now));
    let webhook = upkeep::settings(&config.upkeep).err();
    let filter = telemetry::parse(&config.log).err();
    let traces = config.traces.as_ref().map(telemetry::traces::check);
    let traces = traces.and_then(Result::err);
    let failures = certificate.err().into_iter().chain(webhook);
    let failures = failures.chain(filter).chain(traces);
    let mut findings: Vec<_> = failures.map(|failure| sentence(&failure)).collect();
    match (dates, days) {
        (Some(dates), _) => findings.push(dates.to_owned()),
        (None, Some(days)) => print::line(&format!("the certificate expires in {days} days")),
        (None, None) => {}
    }
    let both = OpenOptions::new().read(true).write(true).to_owned();
    findings.extend(written("journal", &config.journal, &both));
    if let Some(AccessLog::File(path)) = &config.access_log {
        let append = OpenOptions::new().append(true).to_owned();
        findings.extend(written("access log", path, &append));
    }
    findings
}

/// What keeps a file from being written, that may be there already.
fn written(what: &str, path: &Path, how: &OpenOptions) -> Option<String> {
    let shown = path.display();
    let folder = path.parent().filter(|path| *path != Path::new(""));
    if !folder.is_none_or(Path::is_dir) {
        return Some(format!("there is no folder for the {what} `{shown}`"));
    }
    let refused = match how.open(path) {
        // It would be made.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = folder.unwrap_or(Path::new("."));
            access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
        }
        other => other.map(drop),
    };
    let refused = refused.err()?;
    Some(format!("the {what} `{shown}` cannot be written: {refused}"))
}

fn catalog(snapshot: &Snapshot) -> Vec<String> {
    let offers = snapshot
        .catalog
        .offers()
        .filter(|offer| offer.model.enabled);
    let unserved = offers.filter(|offer| !offer.routes.iter().any(|route| route.upstream.enabled));
    let unserved = unserved.map(|offer| {
        format!(
            "no enabled upstream serves the model `{}`",
            offer.model.name
        )
    });
    let open = snapshot.access.iter().filter(|(_, access)| {
        let url = &access.base_url;
        !access.credentials.is_empty() && url.scheme() == "http" && !is_loopback(url)
    });
    let open = open.map(|(id, _)| {
        format!("upstream {id} is called without TLS, so its credential can be read on the way")
    });
    unserved.chain(open).collect()
}

async fn credentials(store: &Store, config: &Config) -> Result<Vec<String>, Failure> {
    let upstreams = store
        .upstream_list()
        .await
        .map_err(|error| Failure::start("the upstreams cannot be read", error))?;
    let all = upstreams.iter().flat_map(|stored| {
        let used = stored.credentials.iter().filter(|one| one.enabled);
        used.map(|one| (&stored.upstream.name, &one.kept))
    });
    let withheld = Withheld::of(config);
    let unset = all.filter_map(|(upstream, kept)| match kept {
        CredentialKept::Env(name) if is_withheld(name) || withheld.has(name) => {
            Some(format!("upstream `{upstream}` reads a credential from the variable `{name}`, which has another secret in it: no upstream gets it"))
        }
        CredentialKept::Env(name) if environment(name).is_none_or(|value| value.is_empty()) => {
            Some(format!("upstream `{upstream}` reads a credential from the variable `{name}`, which is not set"))
        }
        _ => None,
    });
    Ok(unset.collect())
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
