//! The bank test: many callers at once over tokens that share accounts, random endings, top-ups and
//! edits meanwhile, and readers who sum all the while.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::money::micros;
use tollgate_tests::system::{Backend, request, text};
use tollgate_tests::{System, Token};

const CALLERS: u64 = 24;
const CALLS: u64 = 40;
const PROMPT_TOKENS: i64 = 2;

/// SplitMix64: the same seed, the same calls.
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// What a caller knows of its calls: the ids of those that it saw whole, with what each must cost.
#[derive(Default)]
struct Seen {
    whole: BTreeMap<String, i64>,
    refused: u64,
}

async fn calls(address: SocketAddr, tokens: Vec<Token>, seed: u64) -> Seen {
    let (mut draws, mut seen) = (Draws(seed), Seen::default());
    for _ in 0..CALLS {
        let token = &tokens[usize::try_from(draws.below(tokens.len() as u64)).unwrap()];
        let (chunks, streams) = (1 + draws.below(30), draws.below(2) == 0);
        let fate = draws.below(10);
        let mut client = RawClient::connect(address).await.unwrap();
        client
            .send(bytes(token, chunks, streams, fate))
            .await
            .unwrap();
        let head = client.head().await.unwrap();
        if head.status() == Some(429) {
            seen.refused += 1;
            continue;
        }
        if fate == 0 {
            // Leaves as soon as the answer begins.
            client.reset().unwrap();
            continue;
        }
        let body = client.body(&head).await;
        if let (Ok(body), Some(200), 3..) = (body, head.status(), fate) {
            let id = head.header("x-request-id").unwrap().to_owned();
            seen.whole.insert(id, PROMPT_TOKENS + 2 * served(&body));
        }
    }
    seen
}

/// How many tokens the provider says it generated: a cap may have made them fewer than were wanted.
fn served(body: &[u8]) -> i64 {
    let body = std::str::from_utf8(body).unwrap();
    let (_, count) = body.rsplit_once("\"completion_tokens\":").unwrap();
    let end = count.find(|c: char| !c.is_ascii_digit()).unwrap();
    count[..end].parse().unwrap()
}

fn bytes(token: &Token, chunks: u64, streams: bool, fate: u64) -> String {
    let options = streams.then(|| json!({"include_usage": true}));
    let body = json!({
        "model": "sim-chat", "stream": streams, "stream_options": options, "max_tokens": 40,
        "messages": [{"role": "user", "content": "Hello"}],
    });
    let (bearer, chunks) = (token.bearer(), chunks.to_string());
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("x-sim-chunks", &chunks),
    ];
    match fate {
        // Nothing that a breaker counts: five of those in a row would put the provider aside.
        1 => headers.push(("x-sim-status", "422")),
        2 => headers.push(("x-sim-cut-after", "1")),
        _ => {}
    }
    request("POST /v1/chat/completions", &headers, &body.to_string())
}

/// Looks at every account, and changes something, until the calls are over.
fn read_and_edit(system: &System, tokens: &[Token], over: &AtomicBool) -> u64 {
    let mut reads = 0;
    while !over.load(Ordering::SeqCst) {
        for account in ["one", "two", "three"] {
            let shown = system.admin(&["account", "show", account]);
            let part = |name: &str| micros(&text(&shown, &format!("/{name}")));
            let limit = part("credited") + part("credit_line");
            let (used, held, remaining) = (part("used"), part("held"), part("remaining"));
            assert_eq!(used + held + remaining, limit, "{shown}");
            assert!(remaining >= 0, "never oversold: {shown}");
            reads += 1;
        }
        let turn = usize::try_from(reads).unwrap();
        let token = &tokens[turn % tokens.len()];
        system.admin(&["account", "top-up", "one", "0.0001", "--note", "meanwhile"]);
        let quota = if turn % 2 == 0 { "0.004" } else { "0.006" };
        system.admin(&["token", "edit", &token.id, "--quota", quota]);
    }
    reads
}

async fn balances(backend: Backend) {
    let system = Arc::new(System::start_on(backend, &[]).await);
    let mut tokens = Vec::new();
    for (account, balance) in [("one", "0.01"), ("two", "0.02"), ("three", "5")] {
        system.admin(&["account", "create", account, "--balance", balance]);
        for limit in [["--quota", "0.005"], ["--periodic", "0.004/hour"]] {
            let name = format!("{account} {}", limit[0].trim_start_matches('-'));
            let create = ["token", "create", &name, "--account", account];
            let made = system.admin(&[create.as_slice(), &["--group", "default"], &limit].concat());
            let token = Token {
                id: text(&made, "/token/id"),
                secret: text(&made, "/secret"),
            };
            system.issued(&token.secret);
            tokens.push(token);
        }
    }
    system.in_force().await;
    let over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (system, tokens, over) = (Arc::clone(&system), tokens.clone(), Arc::clone(&over));
        tokio::task::spawn_blocking(move || read_and_edit(&system, &tokens, &over))
    };
    let callers: Vec<_> = (0..CALLERS)
        .map(|seed| tokio::spawn(calls(system.gateway.address, tokens.clone(), seed)))
        .collect();
    let (mut whole, mut refused) = (BTreeMap::new(), 0);
    for caller in callers {
        let seen = caller.await.unwrap();
        whole.extend(seen.whole);
        refused += seen.refused;
    }
    over.store(true, Ordering::SeqCst);
    assert!(reader.await.unwrap() > 0, "somebody read meanwhile");
    check(&system, &tokens, &whole).await;
    let count = whole.len();
    assert!(count > 50, "{count} calls were whole, {refused} refused");
    assert!(refused > 0, "some quota was used up");
    Arc::into_inner(system).unwrap().finish().await;
}

/// The ledger is what the provider served, to the micro-credit.
async fn check(system: &System, tokens: &[Token], whole: &BTreeMap<String, i64>) {
    let mut receipts: BTreeMap<String, Value> = BTreeMap::new();
    let mut accounts: BTreeMap<String, i64> = BTreeMap::new();
    for token in tokens {
        let mut spent = 0;
        for receipt in system.receipts(token).await {
            spent += micros(&text(&receipt, "/cost"));
            assert_eq!(micros(&text(&receipt, "/uncovered")), 0, "{receipt}");
            let id = text(&receipt, "/request");
            assert!(receipts.insert(id.clone(), receipt).is_none(), "{id} twice");
        }
        assert_eq!(system.spent(token).await, spent);
        let account = text(&system.show(token), "/token/account/name");
        *accounts.entry(account).or_default() += spent;
    }
    for (account, spent) in accounts {
        let shown = system.admin(&["account", "show", &account]);
        assert_eq!(micros(&text(&shown, "/used")), spent, "{account}");
    }
    for (id, cost) in whole {
        let receipt = &receipts[id];
        assert_eq!(micros(&text(receipt, "/cost")), *cost, "{receipt}");
        assert_eq!(receipt["estimated"], false, "{receipt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_balance() {
    balances(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_balance_on_postgres() {
    balances(Backend::Postgres).await;
}
