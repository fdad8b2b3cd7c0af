//! The README's first command: everything at once, and lines that work when they are pasted.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tollgate_testkit::{raw_client, sdk};
use tollgate_tests::system::{request, text};
use tollgate_tests::{binaries, secrets};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_a_token_that_works_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(binaries::gateway())
        .args([
            "demo",
            "--output",
            "json",
            "--listen",
            "127.0.0.1:0",
            "--observe",
            "127.0.0.1:0",
            "--console",
            "127.0.0.1:0",
        ])
        .arg("--dir")
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let demo: Value = serde_json::from_str(&line).unwrap();
    let (base, secret) = (text(&demo, "/base_url"), text(&demo, "/secret"));
    let openai = format!("{base}/v1");
    let cases: [(&str, &str, &str); 2] = [
        ("chat_stream", "openai_model", &openai),
        ("messages_stream", "anthropic_model", &base),
    ];
    for (case, model, url) in cases {
        let model = text(&demo, &format!("/{model}"));
        let env = [
            ("BASE_URL", url),
            ("API_KEY", secret.as_str()),
            ("MODEL", model.as_str()),
            ("CASE", case),
        ];
        let script = if case == "chat_stream" {
            "openai_case.py"
        } else {
            "anthropic_case.py"
        };
        let answer = sdk::python(script, &env).await;
        assert_eq!(answer["ok"], json!(true), "{answer}");
    }
    let apikey = format!("ApiKey {secret}");
    let plain = request("GET /crm/customers", &[("authorization", &apikey)], "");
    let answer = raw_client::exchange(text(&demo, "/address"), plain)
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let console = text(&demo, "/console_url").replace("http://", "");
    let join = format!("GET /join HTTP/1.1\r\nhost: {console}\r\nconnection: close\r\n\r\n");
    let page = raw_client::exchange(console, join).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(demo["owner_code"].is_string(), "{demo}");
    let id = child.id().unwrap().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "Ctrl-C drains");
    secrets::assert_absent(&[secret], directory.path());
    assert_eq!(lines.next_line().await.unwrap(), None, "one line");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_curl_line_works_as_it_stands() {
    let mut child = Command::new(binaries::gateway())
        .args([
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--observe",
            "127.0.0.1:0",
            "--console",
            "127.0.0.1:0",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        printed.push_str(&line);
        printed.push('\n');
        if line.contains("Ctrl-C") {
            break;
        }
    }
    let curl = printed
        .split("\n\n")
        .find(|block| block.trim_start().starts_with("curl"))
        .unwrap();
    let output = Command::new("bash")
        .args(["-c", curl])
        .output()
        .await
        .unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains("data: [DONE]"), "{curl}\n{answer}");
}
