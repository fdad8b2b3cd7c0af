//! The gateway as it is measured: everything on.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// The variable with the credential for the upstream, which the gateway reads, and its value.
pub(super) const KEY: (&str, &str) = ("BENCH_UPSTREAM_KEY", "sk-bench");

/// A gateway that can be started, and the secret of its one token.
pub(super) struct Furnished {
    pub(super) program: PathBuf,
    pub(super) secret: String,
}

/// Makes a store with a token that has a quota, a periodic one and limits, on an account with a
/// balance, in a group with limits: what every call is held against.
pub(super) fn furnish(
    binaries: &Path,
    folder: &Path,
    upstream: SocketAddr,
) -> Result<Furnished, Failure> {
    let binaries = binaries
        .canonicalize()
        .map_err(|error| format!("`{}`: {error}", binaries.display()))?;
    let admin = |arguments: &[&str]| -> Result<serde_json::Value, Failure> {
        let output = Command::new(binaries.join("tollgate-admin"))
            .args(["--output", "json"])
            .args(arguments)
            .env(KEY.0, KEY.1)
            .current_dir(folder)
            .output()
            .map_err(|error| format!("tollgate-admin cannot be run, build it first: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("tollgate-admin {}: {said}", arguments.join(" ")).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let base = format!("http://{upstream}");
    let limits = ["--rpm", "100000000", "--tpm", "4000000000"];
    let price = ["--price", "input=2.5,output=10", "--max-output", "4096"];
    admin(&[&["group", "create", "default"], limits.as_slice()].concat())?;
    admin(&["account", "create", "acme", "--balance", "1000000"])?;
    for (name, model, provider) in [
        ("bench", "bench", "openai"),
        ("messages", "bench-messages", "anthropic"),
    ] {
        let made = ["model", "create", model, "--provider", provider];
        admin(&[made.as_slice(), &price].concat())?;
        let made = ["upstream", "create", name, "--models", model];
        let spoken = ["--dialect", provider, "--provider", provider];
        let reached = ["--base-url", &base, "--allow-private"];
        let known = ["--credential-env", KEY.0];
        admin(&[made.as_slice(), &spoken, &reached, &known].concat())?;
    }
    let token = [
        "token",
        "create",
        "bench",
        "--account",
        "acme",
        "--group",
        "default",
        "--quota",
        "500000",
        "--periodic",
        "500000/day",
    ];
    let made = admin(&[token.as_slice(), &limits].concat())?;
    let secret = made.get("secret").and_then(serde_json::Value::as_str);
    Ok(Furnished {
        program: binaries.join("tollgate-gateway"),
        secret: secret.ok_or("no secret was told")?.to_owned(),
    })
}
