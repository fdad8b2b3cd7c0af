//! The lines that are shown beside a new secret, run as somebody would who pastes them.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tollgate_testkit::sdk;
use tollgate_tests::System;
use tollgate_tests::system::text;

/// Runs each of them; each has to get an answer of the model.
pub(crate) async fn work(system: &System, told: &Value) {
    let shown = |kind: &str| text(told, &format!("/snippets/{kind}"));
    let folder = TempDir::new().unwrap();
    let bash = |script: String| async move {
        let mut command = Command::new("bash");
        command.args(["-euc", &script]);
        printed(&mut command).await
    };
    let curl = bash(shown("curl")).await;
    assert!(curl.contains("\"choices\""), "{curl}");

    let python = sdk::python_with_sdks();
    let code = keep(folder.path(), "snippet.py", &shown("python"));
    assert!(!printed(Command::new(&python).arg(&code)).await.is_empty());

    // Where the package is installed, an import statement finds it.
    let modules = sdk::node_directory().join("node_modules");
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    let code = keep(folder.path(), "snippet.mjs", &shown("node"));
    assert!(!printed(Command::new("node").arg(&code)).await.is_empty());

    let variables = shown("env");
    let answer = bash(format!(
        "{variables}\ncurl -s \"$OPENAI_BASE_URL/models\" -H \"Authorization: Bearer $OPENAI_API_KEY\""
    ));
    let answer = answer.await;
    assert!(answer.contains("sim-chat"), "{answer}");
    assert!(
        system.simulator.count() >= 3,
        "each of them reached the model"
    );
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
