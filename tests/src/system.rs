//! A store, a simulated provider and a gateway between them, made with the command line.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use tollgate_simulator::{Options, Simulator};
use tollgate_testkit::postgres;
use tollgate_testkit::raw_client::{self, Response};

use crate::{Console, Gateway, binaries, secrets};

/// The credential that the simulated provider wants.
pub const UPSTREAM_SECRET: &str = "sk-upstream-7f3a9c5e1b8d2460";

/// The secret of the webhook, where a test has one.
const WEBHOOK_SECRET: &str = "whsec-5d1e8a3c7b906f42";

/// Where the gateway reads secrets.
const ENVIRONMENT: [(&str, &str); 2] = [
    ("TEST_UPSTREAM_KEY", UPSTREAM_SECRET),
    ("TEST_WEBHOOK_SECRET", WEBHOOK_SECRET),
];

/// What every model costs: a micro-credit for each token in, two for each token out.
pub const PRICE: &str = "input=1,output=2";

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of its own on a throw-away server.
    Postgres,
}

/// A whole Tollgate. [`System::finish`] ends it and looks for secrets in all that it left.
pub struct System {
    directory: TempDir,
    store: String,
    arguments: Vec<String>,
    secrets: Mutex<Vec<String>>,
    /// The provider.
    pub simulator: Simulator,
    /// The gateway.
    pub gateway: Gateway,
}

/// A token that was made for a test.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its identity.
    pub id: String,
    /// Its secret, in clear.
    pub secret: String,
}

impl Token {
    /// The secret as most clients send it.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.secret)
    }
}

impl System {
    /// A system on SQLite with models of two dialects and a mounted API.
    pub async fn start() -> Self {
        Self::start_on(Backend::Sqlite, &[]).await
    }

    /// A system on a backend, with more arguments for the gateway.
    pub async fn start_on(backend: Backend, arguments: &[&str]) -> Self {
        let store = match backend {
            Backend::Sqlite => "tollgate.db".to_owned(),
            Backend::Postgres => tokio::task::spawn_blocking(postgres::fresh_database)
                .await
                .unwrap(),
        };
        Self::start_with(&store, arguments).await
    }

    /// A system whose gateway reads this configuration file.
    pub async fn start_configured(config: &str) -> Self {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config).unwrap();
        let path = file.path().to_str().unwrap();
        Self::start_on(Backend::Sqlite, &["--config", path]).await
    }

    /// A system on a store, with more arguments for the gateway.
    pub async fn start_with(store: &str, arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let store = store.to_owned();
        let credential = Some(UPSTREAM_SECRET.to_owned());
        let options = Options {
            credential,
            ..Options::default()
        };
        let simulator = Simulator::start(options).await.unwrap();
        furnish(directory.path(), &store, &simulator.base_url());
        let arguments = [&["--store", store.as_str()], arguments].concat();
        let environment = ENVIRONMENT;
        let gateway = Gateway::start(directory.path(), &arguments, &environment).await;
        let arguments = arguments.iter().map(|&text| text.to_owned()).collect();
        let secrets = [UPSTREAM_SECRET, WEBHOOK_SECRET].map(str::to_owned);
        let secrets = Mutex::new(secrets.to_vec());
        Self {
            directory,
            store,
            arguments,
            secrets,
            simulator,
            gateway,
        }
    }

    /// Kills the gateway, and starts it again with the same store, key and journal.
    pub async fn kill_and_restart(&mut self) {
        self.gateway.kill().await;
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let environment = ENVIRONMENT;
        self.gateway = Gateway::start(self.directory.path(), &arguments, &environment).await;
    }

    /// Serves the console over the same store.
    pub async fn console(&self) -> Console {
        let gateway = self.anthropic_url();
        Console::start(self.directory.path(), &self.store, &gateway).await
    }

    /// Runs the command line, which must succeed, and reads the JSON that it prints.
    pub fn admin(&self, arguments: &[&str]) -> Value {
        admin(self.directory.path(), &self.store, arguments)
    }

    /// Runs the command line, whatever comes of it.
    pub fn try_admin(&self, arguments: &[&str]) -> Output {
        run(self.directory.path(), &self.store, arguments)
    }

    /// Makes a token with these further arguments.
    pub fn token(&self, arguments: &[&str]) -> Token {
        let count = self.secrets.lock().unwrap().len();
        let name = format!("token {count}");
        let base = [
            "token",
            "create",
            name.as_str(),
            "--account",
            "acme",
            "--group",
            "default",
        ];
        let made = self.admin(&[&base, arguments].concat());
        let token = Token {
            id: text(&made, "/token/id"),
            secret: text(&made, "/secret"),
        };
        self.issued(&token.secret);
        token
    }

    /// Puts an OpenAI upstream at an address behind a model, which is made if it is a new one.
    pub fn serve_at(&self, url: &str, model: &str, more: &[&str]) {
        let name = format!("at {}", url.rsplit(':').next().unwrap_or(url));
        self.serve_as(&name, url, model, more);
    }

    /// The same by a name, where several upstreams have one address.
    pub fn serve_as(&self, name: &str, url: &str, model: &str, more: &[&str]) {
        // The model may be there already, for another upstream of it.
        let create = ["model", "create", model, "--provider", "openai"];
        self.try_admin(&[create.as_slice(), &["--price", PRICE]].concat());
        let vendor = ["--dialect", "openai", "--provider", "openai"];
        let served = ["--models", model, "--allow-private", "--base-url", url];
        let base = ["upstream", "create", name];
        self.admin(&[&base, vendor.as_slice(), &served, more].concat());
    }

    /// Waits until every change so far is in force at the gateway.
    pub async fn in_force(&self) {
        let list = self.admin(&["audit", "list", "--limit", "1"]);
        let newest = list
            .pointer("/entries/0/seq")
            .and_then(Value::as_i64)
            .unwrap();
        let begun = Instant::now();
        loop {
            let metrics = self.gateway.observe("/metrics").await;
            let text = String::from_utf8_lossy(&metrics.body).into_owned();
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("tollgate_rights_revision "));
            if line.unwrap().parse::<i64>().unwrap() >= newest {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "revision {newest} comes into force"
            );
        }
    }

    /// Makes a token whose expiry has passed.
    pub async fn expired_token(&mut self) -> Token {
        let token = self.token(&["--expires", "1s"]);
        self.until(&token, 401).await;
        token
    }

    /// Calls until the answer is this status, and that call is in the log: who counts lines after
    /// this counts none of these calls.
    pub async fn until(&mut self, token: &Token, status: u16) {
        let begun = Instant::now();
        loop {
            let answer = self.chat(&token.secret, &[]).await;
            if answer.status() == status {
                let id = answer.head.header("x-request-id").map(str::to_owned);
                self.gateway
                    .logged_where(|line| line["request_id"].as_str() == id.as_deref())
                    .await;
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{status} is answered"
            );
        }
    }

    /// Remembers a secret, so that it is searched for at the end.
    pub fn issued(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// The directory of the store and the logs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The base address for SDKs that want `/v1` in it.
    pub fn openai_url(&self) -> String {
        format!("http://{}/v1", self.gateway.address)
    }

    /// The base address for SDKs that do not.
    pub fn anthropic_url(&self) -> String {
        format!("http://{}", self.gateway.address)
    }

    /// Sends a request with these header lines and body, and reads the answer.
    pub async fn send(&self, request_line: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let response =
            raw_client::exchange(self.gateway.address, request(request_line, headers, body)).await;
        let response = response.unwrap();
        let known = self.secrets.lock().unwrap().clone();
        secrets::assert_absent_from(&known, response.head.raw(), "a response head");
        secrets::assert_absent_from(&known, &response.body, "a response body");
        response
    }

    /// Sends a chat call with a secret.
    pub async fn chat(&self, secret: &str, headers: &[(&str, &str)]) -> Response {
        let authorization = format!("Bearer {secret}");
        let headers = [&[("authorization", authorization.as_str())], headers].concat();
        let body = json!({"model": "sim-chat", "messages": [{"role": "user", "content": "Hello"}]});
        self.send("POST /v1/chat/completions", &headers, &body.to_string())
            .await
    }

    /// Ends the gateway and searches everything that it left for the secrets that were issued.
    pub async fn finish(mut self) {
        let metrics = self.gateway.observe("/metrics").await;
        self.gateway.terminate();
        assert_eq!(
            self.gateway.ended().await,
            Some(0),
            "a drain that is complete"
        );
        let secrets = self.secrets.lock().unwrap().clone();
        secrets::assert_absent_from(&secrets, &metrics.body, "the metrics");
        self.assert_no_secret_is_left();
        self.simulator.stop().await;
    }

    /// Searches the store and the logs for the secrets that were issued.
    pub fn assert_no_secret_is_left(&self) {
        secrets::assert_absent(&self.secrets.lock().unwrap(), self.directory.path());
    }
}

/// The bytes of a request.
pub fn request(request_line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    format!(
        "{request_line} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{lines}\r\n{body}"
    )
}

/// A text in a document.
pub fn text(document: &Value, pointer: &str) -> String {
    let found = document.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no {pointer} in {document}"))
        .to_owned()
}

fn furnish(directory: &Path, store: &str, provider: &str) {
    let admin = |arguments: &[&str]| admin(directory, store, arguments);
    admin(&["group", "create", "default"]);
    admin(&["account", "create", "acme", "--unlimited"]);
    for (model, vendor) in [
        ("sim-chat", "openai"),
        ("sim-embedding", "openai"),
        ("sim-messages", "anthropic"),
    ] {
        let price = ["--price", PRICE];
        let create = ["model", "create", model, "--provider", vendor];
        admin(&[create.as_slice(), &price].concat());
    }
    let key = [
        "--credential-env",
        "TEST_UPSTREAM_KEY",
        "--allow-private",
        "--base-url",
        provider,
    ];
    let openai = [
        "upstream",
        "create",
        "sim openai",
        "--dialect",
        "openai",
        "--provider",
        "openai",
        "--models",
        "sim-chat,sim-embedding",
    ];
    admin(&[&openai, key.as_slice()].concat());
    let anthropic = [
        "upstream",
        "create",
        "sim anthropic",
        "--dialect",
        "anthropic",
        "--provider",
        "anthropic",
        "--models",
        "sim-messages",
    ];
    admin(&[&anthropic, key.as_slice()].concat());
    let crm = format!("{provider}/crm");
    let key = [
        "--credential-env",
        "TEST_UPSTREAM_KEY",
        "--allow-private",
        "--base-url",
        crm.as_str(),
    ];
    let plain = [
        "upstream",
        "create",
        "sim crm",
        "--dialect",
        "plain",
        "--provider",
        "crm",
        "--mount",
        "crm",
        "--price",
        "request=0.001",
    ];
    admin(&[&plain, key.as_slice()].concat());
}

fn admin(directory: &Path, store: &str, arguments: &[&str]) -> Value {
    let output = run(directory, store, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?} prints JSON"))
}

fn run(directory: &Path, store: &str, arguments: &[&str]) -> Output {
    Command::new(binaries::admin())
        .args(["--output", "json", "--store", store])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}
