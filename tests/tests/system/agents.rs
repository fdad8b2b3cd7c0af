//! Claude Code and Codex as they are, with their base address at the gateway: one answer, and each
//! refusal with the number of requests that it took them.

use serde_json::Value;
use tollgate_tests::System;
use tollgate_tests::agents::Agent;

use crate::sdk_refusals::occupied;

/// What the simulated provider says.
const SAID: &str = "This answer comes from a simulated provider";

async fn answers(agent: Agent) {
    let mut system = System::start().await;
    // Codex names a tool of the provider, whose findings can fill all that a model can read.
    system.admin(&["model", "edit", "sim-chat", "--context", "200000"]);
    let token = system.token(&["--quota", "10"]);
    system.in_force().await;
    let answer = agent.ask(system.gateway.address, &token.secret).await;
    let calls = system.calls().await;
    assert!(
        answer.ok && answer.text().contains(SAID),
        "{answer:?} {calls:?}"
    );
    assert_eq!(system.calls_of(agent.path()).await, 1, "{answer:?}");
    let seen = system.simulator.seen();
    let sent: Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(sent["stream"], true, "it reads the answer as it comes");
    let receipts = system.receipts(&token).await;
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["estimated"], false, "{receipts:?}");
    assert!(system.spent(&token).await > 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_works_through_the_gateway() {
    answers(Agent::ClaudeCode).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_works_through_the_gateway() {
    answers(Agent::Codex).await;
}

/// A refusal, and how many requests each agent makes of it.
struct Case {
    token: &'static [&'static str],
    revoked: bool,
    claude_code: usize,
    codex: usize,
}

const CASES: [Case; 4] = [
    Case {
        token: &[],
        revoked: true,
        claude_code: 1,
        codex: 6,
    },
    Case {
        token: &["--models", "another"],
        revoked: false,
        claude_code: 2,
        codex: 1,
    },
    Case {
        token: &["--endpoints", "embeddings"],
        revoked: false,
        claude_code: 1,
        codex: 6,
    },
    Case {
        token: &["--quota", "0"],
        revoked: false,
        claude_code: 1,
        codex: 1,
    },
];

async fn gives_up(agent: Agent) {
    let mut system = System::start().await;
    for case in CASES {
        let token = system.token(case.token);
        if case.revoked {
            system.admin(&["token", "revoke", &token.id, "--yes"]);
        }
        system.in_force().await;
        let before = system.calls_of(agent.path()).await;
        let answer = agent.ask(system.gateway.address, &token.secret).await;
        assert!(!answer.ok, "{answer:?}");
        let requests = match agent {
            Agent::ClaudeCode => case.claude_code,
            Agent::Codex => case.codex,
        };
        let calls = system.calls_of(agent.path()).await - before;
        assert_eq!(calls, requests, "{:?}: {answer:?}", case.token);
    }
    assert_eq!(system.simulator.count(), 0, "nothing reaches the upstream");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_gives_up_where_waiting_cannot_help() {
    gives_up(Agent::ClaudeCode).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_gives_up_where_it_knows_that_waiting_cannot_help() {
    gives_up(Agent::Codex).await;
}

/// Asks while another call has the place of the token; that one ends at the first refusal.
async fn waits(agent: Agent) {
    let mut system = System::start().await;
    let (token, occupier) = occupied(&system).await;
    let asked = agent.ask(system.gateway.address, &token.secret);
    let refused = |line: &Value| line["message"] == "refused" && line["path"] == agent.path();
    let freed = async {
        system.gateway.logged_where(refused).await;
        drop(occupier);
    };
    let (answer, ()) = tokio::join!(asked, freed);
    assert!(answer.ok && answer.text().contains(SAID), "{answer:?}");
    let calls = system.calls_of(agent.path()).await;
    assert!((2..=3).contains(&calls), "{calls} calls");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_waits_until_a_limit_lets_it_through() {
    waits(Agent::ClaudeCode).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_waits_until_a_limit_lets_it_through() {
    waits(Agent::Codex).await;
}
