//! SIGKILL: what a client saw finished is billed once, what was held comes back, and nothing is free.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::{self, RawClient};
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::money::micros;
use tollgate_tests::system::{Backend, PRICE, request, text};
use tollgate_tests::{System, Token};

/// Callers at once.
const CALLERS: u64 = 16;
const PROMPT_TOKENS: i64 = 2;

/// How often the gateway is killed: `TOLLGATE_KILLS` makes it more.
fn kills() -> u64 {
    let wanted = std::env::var("TOLLGATE_KILLS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(8)
}

/// The answers that clients saw to their end: the request id, and what it must have cost.
type Finished = BTreeMap<String, i64>;

fn call(token: &Token, chunks: u64) -> String {
    let body = json!({
        "model": "sim-chat", "stream": true, "max_tokens": 60,
        "messages": [{"role": "user", "content": "Hello"}],
    });
    let (bearer, chunks) = (token.bearer(), chunks.to_string());
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-sim-chunks", &chunks),
        ("x-sim-delay-ms", "1"),
    ];
    request("POST /v1/chat/completions", &headers, &body.to_string())
}

/// Calls until the gateway is gone.
async fn calls(
    address: std::net::SocketAddr,
    token: Token,
    seed: u64,
    count: Arc<AtomicU64>,
) -> Finished {
    let mut finished = Finished::new();
    for turn in 0.. {
        let chunks = 1 + (seed * 7 + turn * 13) % 40;
        let Ok(answer) = raw_client::exchange(address, call(&token, chunks)).await else {
            break;
        };
        // A store that is slow to answer has calls refused, and those are not relayed.
        if answer.status() == 503 {
            continue;
        }
        assert_eq!(answer.status(), 200);
        if answer.body.ends_with(b"data: [DONE]\n\n") {
            let id = answer.head.header("x-request-id").unwrap().to_owned();
            finished.insert(id, PROMPT_TOKENS + 2 * i64::try_from(chunks).unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    }
    finished
}

async fn survives(backend: Backend) {
    let mut system = System::start_on(backend, &[]).await;
    system.admin(&["account", "create", "bounded", "--balance", "100"]);
    let made = system.admin(&[
        "token",
        "create",
        "bounded",
        "--account",
        "bounded",
        "--group",
        "default",
        "--quota",
        "50",
    ]);
    let token = Token {
        id: text(&made, "/token/id"),
        secret: text(&made, "/secret"),
    };
    system.issued(&token.secret);
    let mut finished = Finished::new();
    for kill in 0..kills() {
        system.in_force().await;
        let count = Arc::new(AtomicU64::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|seed| {
                let (address, token, count) =
                    (system.gateway.address, token.clone(), Arc::clone(&count));
                tokio::spawn(calls(address, token, seed + kill, count))
            })
            .collect();
        // Killed after so many calls were seen finished: another moment each time.
        let wanted = 5 + (kill * 17) % 50;
        while count.load(Ordering::SeqCst) < wanted {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        system.kill_and_restart().await;
        for caller in callers {
            finished.extend(caller.await.unwrap());
        }
        system.settled().await;
        let shown = &system.show(&token)["token"];
        assert_eq!(micros(&text(shown, "/held")), 0, "what was held comes back");
        assert!(begun.elapsed().as_secs() < 10, "within ten seconds");
    }
    check(&system, &token, &finished).await;
    system.finish().await;
}

async fn check(system: &System, token: &Token, finished: &Finished) {
    let mut receipts = BTreeMap::new();
    for receipt in system.receipts(token).await {
        let id = text(&receipt, "/request");
        assert!(receipts.insert(id.clone(), receipt).is_none(), "{id} twice");
    }
    for (id, cost) in finished {
        let receipt = receipts
            .get(id)
            .unwrap_or_else(|| panic!("no receipt of {id}"));
        assert_eq!(micros(&text(receipt, "/cost")), *cost, "{receipt}");
        assert_eq!(receipt["ending"], "complete", "{receipt}");
    }
    let killed: Vec<&Value> = receipts
        .values()
        .filter(|receipt| receipt["ending"] == "killed")
        .collect();
    assert!(!killed.is_empty(), "some calls were under way");
    for receipt in killed {
        assert!(
            micros(&text(receipt, "/cost")) > 0,
            "nothing is free: {receipt}"
        );
        assert_eq!(receipt["estimated"], true);
    }
    let sum: i64 = receipts
        .values()
        .map(|one| micros(&text(one, "/cost")))
        .sum();
    assert_eq!(
        system.spent(token).await,
        sum,
        "the token paid each receipt once"
    );
    let account = system.admin(&["account", "show", "bounded"]);
    assert_eq!(micros(&text(&account, "/used")), sum);
    assert!(
        finished.len() > 20,
        "{} calls were finished",
        finished.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_billed_once_however_the_gateway_dies() {
    survives(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_billed_once_however_the_gateway_dies_on_postgres() {
    survives(Backend::Postgres).await;
}

/// A point in the life of a call at which the gateway is killed, as it can be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// The upstream has the request, and has not answered.
    Sent,
    /// The head of the answer is with the client.
    Begun,
    /// A piece of text is with the client.
    Inside,
    /// The answer's own end is with the client, and the upstream has not closed it.
    Said,
    /// The client has it all.
    Over,
    /// The client has left, and the answer is read on for the provider's count.
    Draining,
}

impl Point {
    /// What the upstream does until then.
    fn script(self, gate: &Gate) -> Vec<Step> {
        let head = Step::write(response_head(
            200,
            &[
                ("content-type", "text/event-stream"),
                ("transfer-encoding", "chunked"),
                ("connection", "close"),
            ],
        ));
        let wait = Step::Wait(gate.clone());
        let (text, end) = (Step::write(chunk(TEXT)), Step::write(chunk(END)));
        let last = [Step::write(LAST_CHUNK), Step::Close];
        let mut steps = match self {
            Self::Sent => vec![wait, head, text, end],
            Self::Begun => vec![head, wait, text, end],
            Self::Inside | Self::Draining => vec![head, text, wait, end],
            Self::Said => vec![head, text, end, wait],
            Self::Over => vec![head, text, end],
        };
        steps.extend(last);
        steps
    }

    /// What the receipt must say: the ending, and the cost but for the prompt's estimate.
    fn expected(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Said | Self::Over => ("complete", Some(7 + 3 * 2)),
            Self::Sent | Self::Begun | Self::Inside | Self::Draining => ("killed", None),
        }
    }
}

const TEXT: &[u8] =
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"}}]}\n\n";
const END: &[u8] = b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

/// Brings a call to the point. The client is kept until the gateway is dead.
async fn bring(system: &System, upstream: &RawUpstream, token: &Token, point: Point) -> RawClient {
    let body = r#"{"model":"raw-model","stream":true,"stream_options":{"include_usage":true},"messages":[]}"#;
    let bearer = token.bearer();
    let bytes = request(
        "POST /v1/chat/completions",
        &[("authorization", &bearer)],
        body,
    );
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(bytes).await.unwrap();
    upstream
        .wait_until(|seen| seen.requests.len() == 1)
        .await
        .unwrap();
    if point == Point::Sent {
        return client;
    }
    assert_eq!(client.head().await.unwrap().status(), Some(200));
    let mut seen = Vec::new();
    let wanted = match point {
        Point::Sent | Point::Begun => 0,
        Point::Inside | Point::Draining => TEXT.len(),
        Point::Said | Point::Over => TEXT.len() + END.len(),
    };
    while seen.len() < wanted {
        seen.extend_from_slice(&client.chunk().await.unwrap().unwrap());
    }
    match point {
        Point::Over => assert_eq!(client.chunk().await.unwrap(), None),
        Point::Draining => {
            client.reset().unwrap();
            // Somebody else takes its place, so that the test can go on in the same way.
            return RawClient::connect(system.gateway.address).await.unwrap();
        }
        _ => {}
    }
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn at_each_point_of_a_call_a_killed_gateway_leaves_one_receipt() {
    let mut system = System::start().await;
    system.admin(&["group", "create", "draining", "--on-leave", "drain:60"]);
    let token = system.token(&["--quota", "10"]);
    system.admin(&["token", "edit", &token.id, "--group", "draining"]);
    let points = [
        Point::Sent,
        Point::Begun,
        Point::Inside,
        Point::Said,
        Point::Over,
        Point::Draining,
    ];
    let create = ["model", "create", "raw-model", "--provider", "openai"];
    system.admin(&[create.as_slice(), &["--price", PRICE]].concat());
    let mut expected = 0;
    for (turn, point) in points.into_iter().enumerate() {
        let gate = Gate::new();
        let upstream = RawUpstream::start(point.script(&gate)).await.unwrap();
        let url = upstream.url();
        if turn == 0 {
            let vendor = ["--provider", "openai", "--dialect", "openai"];
            let served = [
                "--models",
                "raw-model",
                "--allow-private",
                "--base-url",
                &url,
            ];
            let create = ["upstream", "create", "raw"];
            system.admin(&[create.as_slice(), &vendor, &served].concat());
        } else {
            system.admin(&["upstream", "edit", "raw", "--base-url", &url]);
        }
        system.in_force().await;
        let client = bring(&system, &upstream, &token, point).await;
        system.kill_and_restart().await;
        drop(client);
        gate.pass();
        let receipts = system.receipts(&token).await;
        assert_eq!(receipts.len(), turn + 1, "{point:?}: one receipt each");
        let (ending, cost) = point.expected();
        assert_eq!(receipts[0]["ending"], ending, "{point:?}: {}", receipts[0]);
        let charged = micros(&text(&receipts[0], "/cost"));
        match cost {
            Some(cost) => assert_eq!(charged, cost, "{point:?}"),
            None => assert!(charged > 0, "{point:?}: nothing is free"),
        }
        expected += charged;
        assert_eq!(system.spent(&token).await, expected, "{point:?}");
        let shown = &system.show(&token)["token"];
        assert_eq!(micros(&text(shown, "/held")), 0, "{point:?}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_call_is_charged_by_the_price_of_whoever_had_it() {
    let mut system = System::start().await;
    let dear = "input=30,output=60";
    system.serve_at("http://127.0.0.1:1", "raw-model", &[]);
    let create = ["model", "create", "other", "--provider", "openai"];
    system.admin(&[create.as_slice(), &["--price", dear]].concat());
    let upstream = RawUpstream::start(Point::Sent.script(&Gate::new())).await;
    let upstream = upstream.unwrap();
    system.serve_at(&upstream.url(), "other", &[]);
    let edit = ["group", "edit", "default"];
    system.admin(&[edit.as_slice(), &["--fallback", "raw-model=other"]].concat());
    system.in_force().await;
    let token = system.token(&["--quota", "10"]);
    let client = bring(&system, &upstream, &token, Point::Sent).await;
    system.kill_and_restart().await;
    drop(client);
    let receipts = system.receipts(&token).await;
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["ending"], "killed");
    assert_eq!(receipts[0]["price"], dear);
    system.finish().await;
}
