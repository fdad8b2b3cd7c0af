//! The official client SDKs, each in a process of its own, as a user of Tollgate would run them.
//!
//! The scripts are in `tests/clients`; each makes one call and prints one JSON document.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// Three attempts with the SDKs' own pauses between them fit, a hung call does not last.
const SDK_DEADLINE: Duration = Duration::from_secs(90);

const HINT: &str = "run tests/run --setup-only";

/// Runs a script of `tests/clients/python`, such as `openai_case.py`, with these variables and no
/// others, and returns what it printed.
///
/// # Panics
/// Where the SDK is not installed, or the script fails: that is a failed test.
pub async fn python(script: &str, env: &[(&str, &str)]) -> Value {
    run(&python_with_sdks(), &script_path("python", script), env).await
}

/// Runs a script of `tests/clients/litellm`, as [`python`] does.
///
/// # Panics
/// As [`python`].
pub async fn litellm(script: &str, env: &[(&str, &str)]) -> Value {
    run(&litellm_python(), &script_path("litellm", script), env).await
}

/// Runs a script of `tests/clients/node`, such as `openai_case.mjs`, as [`python`] does.
///
/// # Panics
/// As [`python`].
pub async fn node(script: &str, env: &[(&str, &str)]) -> Value {
    let modules = node_directory();
    let modules = modules.to_string_lossy();
    let env = [env, &[("TOLLGATE_TEST_NODE_DIR", modules.as_ref())]].concat();
    run(Path::new("node"), &script_path("node", script), &env).await
}

/// The Python that has LiteLLM; the program of its proxy lies beside it.
///
/// # Panics
/// Where it is not installed.
pub fn litellm_python() -> PathBuf {
    interpreter("TOLLGATE_TEST_LITELLM", "litellm/bin/python")
}

/// The Python that has the SDKs of the providers.
///
/// # Panics
/// Where it is not installed.
pub fn python_with_sdks() -> PathBuf {
    interpreter("TOLLGATE_TEST_PYTHON", "python/bin/python")
}

/// The program that asks an API for what its document says.
///
/// # Panics
/// Where it is not installed.
pub fn schemathesis() -> PathBuf {
    interpreter(
        "TOLLGATE_TEST_SCHEMATHESIS",
        "schemathesis/bin/schemathesis",
    )
}

/// The folder that has `node_modules`.
///
/// # Panics
/// Where nothing is installed there.
#[allow(clippy::panic, reason = "a test without its client is a failed test")]
pub fn node_directory() -> PathBuf {
    let directory = installed("TOLLGATE_TEST_NODE_DIR", "node");
    if !directory.join("node_modules").is_dir() {
        panic!(
            "there are no node_modules in {}; {HINT}",
            directory.display()
        );
    }
    directory
}

#[allow(clippy::panic, reason = "a test without its client is a failed test")]
fn interpreter(variable: &str, place: &str) -> PathBuf {
    let python = installed(variable, place);
    if !python.is_file() {
        panic!("there is no {}; {HINT}", python.display());
    }
    python
}

#[allow(clippy::panic, reason = "a script that breaks is a failed test")]
async fn run(program: &Path, script: &Path, env: &[(&str, &str)]) -> Value {
    let mut command = Command::new(program);
    // Proxies, keys and addresses of the caller's own must not reach the SDK.
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .arg(script)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match tokio::time::timeout(SDK_DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => panic!("{} did not start: {error}; {HINT}", script.display()),
        Err(_) => panic!("{} hung for {} s", script.display(), SDK_DEADLINE.as_secs()),
    };
    match last_line(&output) {
        Some(document) => document,
        None => panic!(
            "{} ended with {} and said:\n{}\n{}",
            script.display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        ),
    }
}

/// The JSON document of a script that succeeded.
fn last_line(output: &Output) -> Option<Value> {
    let line = output
        .stdout
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .next()?;
    output
        .status
        .success()
        .then(|| serde_json::from_slice(line).ok())?
}

/// What tests/run prepared: told by the environment, else in its usual place.
fn installed(variable: &str, place: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(
        || workspace().join("target/clients").join(place),
        PathBuf::from,
    )
}

fn script_path(language: &str, script: &str) -> PathBuf {
    workspace()
        .join("tests/clients")
        .join(language)
        .join(script)
}

fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

#[cfg(test)]
mod tests;
