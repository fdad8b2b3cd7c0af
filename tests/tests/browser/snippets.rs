//! The lines that are shown beside a new secret, run as somebody would who pastes them.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tollgate_testkit::sdk;
use tollgate_tests::System;
use tollgate_tests::agents::Agent;
use tollgate_tests::system::text;

/// What the simulated provider says.
const SAID: &str = "This answer comes from a simulated provider";

/// Runs each of them; each has to get an answer of the model.
pub(crate) async fn work(system: &System, told: &Value) {
    let shown = |kind: &str| text(told, &format!("/snippets/{kind}"));
    let folder = TempDir::new().unwrap();
    // Where the package is installed, an import statement finds it.
    let modules = sdk::node_directory().join("node_modules");
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    let python = sdk::python_with_sdks();
    for (dialect, path) in [("s", "/v1/chat/completions"), ("a", "/v1/messages")] {
        let shown = |kind: &str| shown(&format!("{dialect}-{kind}"));
        let answer = bash(shown("curl")).await;
        assert!(answer.contains(SAID), "{answer}");
        let code = keep(folder.path(), "snippet.py", &shown("python"));
        let answer = printed(Command::new(&python).arg(&code)).await;
        assert!(answer.contains(SAID), "{answer}");
        let code = keep(folder.path(), "snippet.mjs", &shown("node"));
        let answer = printed(Command::new("node").arg(&code)).await;
        assert!(answer.contains(SAID), "{answer}");
        let seen = system.simulator.seen();
        let reached = seen
            .iter()
            .filter(|one| one.path_and_query.starts_with(path))
            .count();
        assert_eq!(reached, 3, "each of them reached the model");
    }
    let answer = bash(format!(
        "{}\ncurl -s \"$OPENAI_BASE_URL/models\" -H \"Authorization: Bearer $OPENAI_API_KEY\"",
        shown("s-env")
    ));
    let answer = answer.await;
    assert!(answer.contains("sim-chat"), "{answer}");
    let lines = shown("a-env");
    let variables: Vec<(&str, &str)> = lines
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let answer = Agent::ClaudeCode.ask_with(&variables).await;
    assert!(answer.ok && answer.text().contains(SAID), "{answer:?}");
}

async fn bash(script: String) -> String {
    printed(Command::new("bash").args(["-euc", &script])).await
}

fn keep(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

async fn printed(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}
