//! SIGKILL: what a client saw finished is billed once, what was held comes back, and nothing is free.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use tollgate_testkit::raw_client;
use tollgate_tests::money::micros;
use tollgate_tests::system::{Backend, request, text};
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
