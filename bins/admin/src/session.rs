//! What commands work with: the opened store, the actor of the audit log, and the output.

use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_admin_core::{Actor, AdminError, Context, MasterKey, SealingKeys, Store, StoreError};
use tollgate_policy::time::Timestamp;

use crate::arguments::Global;
use crate::failure::Failure;
use crate::output::Output;

/// What commands work with.
pub(crate) struct Session<'a> {
    pub(crate) context: Context,
    pub(crate) output: &'a Output,
    /// Whether not to ask before something is revoked or deleted.
    pub(crate) yes: bool,
}

/// Opens the store that was named; makes it, and its key, where there is none.
pub(crate) async fn open<'a>(global: &Global, output: &'a Output) -> Result<Session<'a>, Failure> {
    let path = &global.key_file;
    let made = !path.exists();
    let failed = |error: StoreError| Failure::from(AdminError::from(error));
    let key = MasterKey::load_or_create(path).map_err(|error| failed(error.into()))?;
    let sealing = SealingKeys::load(&global.sealing_key_file).map_err(|error| {
        let message = with_cause(&error);
        Failure::failed(message).hint("make one by `tollgate-admin sealing-key new FILE`")
    })?;
    let environment = |name: &str| std::env::var(name).ok();
    let opened = Store::open(&global.store, key, environment).await;
    if made && matches!(opened, Err(StoreError::Key(_))) {
        // A key that opens nothing would only be mistaken for the right one. If it cannot be
        // removed, the error below still says what is wrong.
        let _ = std::fs::remove_file(path);
        let message = format!(
            "there is no key file `{}`, and the database was made with one",
            path.display()
        );
        return Err(Failure::failed(message)
            .hint("name the key file of this database: --key-file, or TOLLGATE_KEY_FILE"));
    }
    Ok(Session {
        context: Context::new(opened.map_err(failed)?, actor(), now).with_sealing(sealing),
        output,
        yes: global.yes,
    })
}

/// A text with that of its cause.
fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// The person at the terminal, as the operating system names them.
fn actor() -> Actor {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let name = named("USER").or_else(|| named("LOGNAME"));
    let name = name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    Actor::new(name, format!("cli@{host}"))
}
