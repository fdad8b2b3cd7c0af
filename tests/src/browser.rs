//! Scripts that drive a real Chromium, each in a process of its own.
//!
//! They are in `tests/clients/node/browser`; each prints one JSON document at its end.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;
use tollgate_testkit::sdk;

use crate::Console;

/// Every page in one look fits, on the slowest machine; a browser that hangs does not last.
const DEADLINE: Duration = Duration::from_secs(400);

/// Runs a script such as `story.mjs` against a console, with these variables too, and returns what
/// it printed. No page may have complained of anything.
///
/// # Panics
/// Where the script fails, or a page complained: that is a failed test.
pub async fn run(script: &str, console: &Console, env: &[(&str, &str)]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node/browser");
    let mut command = Command::new("node");
    command
        .arg(folder.join(script))
        .env("CONSOLE", &console.origin)
        .env("CODE", &console.code)
        .env("TOLLGATE_TEST_NODE_DIR", sdk::node_directory())
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(DEADLINE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{script} hung")).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let document = text.lines().last().map(serde_json::from_str::<Value>);
    let Some(Ok(document)) = document.filter(|_| output.status.success()) else {
        let error = String::from_utf8_lossy(&output.stderr);
        panic!("{script} {env:?}: {text}\n{error}");
    };
    let complaints = document.pointer("/complaints").and_then(Value::as_array);
    assert_eq!(complaints, Some(&Vec::new()), "{script} {env:?}");
    document
}
