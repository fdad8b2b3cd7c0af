//! LiteLLM's proxy as an upstream: a server that speaks OpenAI's API, and that nobody here wrote.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tollgate_testkit::sdk;

/// It imports a great deal before it serves.
const PATIENCE: Duration = Duration::from_secs(120);

/// The credential that it wants.
pub const SECRET: &str = "sk-litellm-1d8f4b7a2c6e9035";

/// What it answers to everything.
pub const TEXT: &str = "Hello from a proxy.";

/// The model that it serves.
pub const MODEL: &str = "mocked";

/// A running proxy. It is killed when it is dropped.
#[derive(Debug)]
pub struct LiteLlm {
    _child: Child,
    _directory: TempDir,
    port: u16,
}

impl LiteLlm {
    /// Starts a proxy that answers by itself, and waits until it serves.
    pub async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let config = directory.path().join("config.yaml");
        let text = format!(
            "model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/{MODEL}\n      api_key: unused\n      mock_response: \"{TEXT}\"\n"
        );
        std::fs::write(&config, text).unwrap();
        // It cannot take a free port by itself and say which.
        let port = free_port();
        let mut child = Command::new(sdk::litellm_python().with_file_name("litellm"))
            .arg("--config")
            .arg(&config)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.path())
            .env("LITELLM_MASTER_KEY", SECRET)
            // Without it, another host is asked for newer prices.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let serving = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                said.push_str(&line);
                if line.contains("running on") {
                    return true;
                }
            }
            false
        };
        let serving = timeout(PATIENCE, serving).await;
        assert_eq!(serving, Ok(true), "the proxy serves: {said}");
        // A pipe that nobody reads would fill.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            _child: child,
            _directory: directory,
            port,
        }
    }

    /// Where it serves, without a version.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
