//! Agents that people write programs with, run as they run them: without a terminal, one question,
//! their own retries. Each gets a home of its own and nothing of the caller's environment.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;
use tollgate_testkit::sdk;

/// Six attempts with the pauses between them fit, a hung call does not last.
const DEADLINE: Duration = Duration::from_secs(120);

const QUESTION: &str = "Say hello.";

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// `@anthropic-ai/claude-code`, which speaks Anthropic's dialect.
    ClaudeCode,
    /// `@openai/codex`, which speaks OpenAI's Responses API.
    Codex,
}

/// What its user would see.
#[derive(Debug)]
pub struct Answer {
    /// Whether the program ended as after an answer.
    pub ok: bool,
    /// The lines of JSON that it printed.
    pub lines: Vec<Value>,
    /// All that it printed.
    pub output: String,
}

impl Agent {
    /// Asks a question with this secret through the gateway at this address.
    pub async fn ask(self, gateway: SocketAddr, secret: &str) -> Answer {
        let home = TempDir::new().unwrap();
        let command = match self {
            Self::ClaudeCode => claude_code(&[
                ("ANTHROPIC_BASE_URL", &format!("http://{gateway}")),
                ("ANTHROPIC_API_KEY", secret),
                ("ANTHROPIC_MODEL", "sim-messages"),
                ("ANTHROPIC_SMALL_FAST_MODEL", "sim-messages"),
            ]),
            Self::Codex => codex(gateway, secret, home.path()),
        };
        self.run(command, &home).await
    }

    /// Asks a question as somebody would who has set these variables.
    ///
    /// # Panics
    /// For Codex, which has a file instead.
    pub async fn ask_with(self, variables: &[(&str, &str)]) -> Answer {
        assert_eq!(self, Self::ClaudeCode, "it is not set up by variables");
        let home = TempDir::new().unwrap();
        self.run(claude_code(variables), &home).await
    }

    async fn run(self, mut command: Command, home: &TempDir) -> Answer {
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = timeout(DEADLINE, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{self:?} hung")).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let printed = text(&output.stdout);
        let lines = printed
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Answer {
            ok: output.status.success(),
            lines: lines.collect(),
            output: format!("{printed}{}", text(&output.stderr)),
        }
    }

    /// Where its calls go.
    pub fn path(self) -> &'static str {
        match self {
            Self::ClaudeCode => "/v1/messages",
            Self::Codex => "/v1/responses",
        }
    }
}

impl Answer {
    /// What the model said.
    pub fn text(&self) -> String {
        let of = |kind: &str, pointer: &str| {
            let of_kind = |line: &&Value| {
                line["type"] == kind && line.pointer("/item/type") != Some(&Value::from("error"))
            };
            let line = self.lines.iter().rev().find(of_kind);
            line.and_then(|line| line.pointer(pointer)?.as_str())
                .map(str::to_owned)
        };
        of("result", "/result")
            .or_else(|| of("item.completed", "/item/text"))
            .unwrap_or_default()
    }
}

fn claude_code(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new("node");
    command
        .arg(sdk::node_directory().join("node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs"))
        .args([
            "-p",
            QUESTION,
            "--output-format",
            "stream-json",
            "--verbose",
        ])
        .env_clear()
        .envs(variables.iter().copied());
    for variable in [
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        "DISABLE_AUTOUPDATER",
        "DISABLE_ERROR_REPORTING",
        "DISABLE_TELEMETRY",
    ] {
        command.env(variable, "1");
    }
    command
}

fn codex(gateway: SocketAddr, secret: &str, home: &Path) -> Command {
    let url = format!("http://{gateway}/v1");
    let config = format!(
        "model = \"sim-chat\"\nmodel_provider = \"tollgate\"\ncheck_for_update_on_startup = false\n\
         [analytics]\nenabled = false\n\
         [model_providers.tollgate]\nname = \"Tollgate\"\nbase_url = \"{url}\"\n\
         env_key = \"TOLLGATE_API_KEY\"\nwire_api = \"responses\"\n"
    );
    std::fs::create_dir(home.join(".codex")).unwrap();
    std::fs::write(home.join(".codex/config.toml"), config).unwrap();
    let mut command = Command::new("node");
    command
        .arg(sdk::node_directory().join("node_modules/@openai/codex/bin/codex.js"))
        .args(["exec", "--skip-git-repo-check", "--json"])
        .args(["--sandbox", "read-only", QUESTION])
        .env_clear()
        .env("TOLLGATE_API_KEY", secret);
    command
}
