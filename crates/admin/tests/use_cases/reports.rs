use std::collections::BTreeMap;

use tollgate_admin_core::explain;
use tollgate_admin_core::input::span::SpanFilter;
use tollgate_admin_core::refusal::{self, RefusalCountFilter, RefusalFilter};
use tollgate_admin_core::{ErrorKind, first_byte, gateway, token};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::asked::Target;
use tollgate_upkeep::refusals::{Caller, Occasion, Refused, RefusedCall};
use tollgate_upkeep::report::{About, Report, Reports};

use crate::people::{acting, joined};
use crate::{World, later, now};

fn report(gateway: u8, revision: u64) -> Report {
    Report {
        gateway: vec![gateway, 0xab],
        about: About {
            host: format!("host-{gateway}"),
            address: "127.0.0.1:8080".to_owned(),
            version: "1.2.3".to_owned(),
            started: now(),
            revision,
            open_calls: 2,
        },
        refused: Refused::default(),
        first_bytes: BTreeMap::new(),
    }
}

/// A call of a token that is made now, refused for its model; says its request id.
async fn refuse(world: &World, which: &str, endpoint: Option<&str>) -> String {
    let model = endpoint.map(|_| "gpt-4o".to_owned());
    let call = |call: &mut RefusedCall| {
        (call.endpoint, call.model) = (endpoint.map(str::to_owned), model);
    };
    refuse_call(world, which, call).await
}

/// The same of a call that names nothing, with what is to be different.
async fn refuse_call(world: &World, which: &str, with: impl FnOnce(&mut RefusedCall)) -> String {
    let one = token::show(&world.context, which).await.unwrap();
    let request = RequestId::new(now(), 7);
    let caller = Caller {
        token: one.id.parse().unwrap(),
        account: one.account.id.parse().unwrap(),
    };
    let mut report = report(1, 1);
    let mut call = RefusedCall {
        request: request.to_bytes(),
        at: now(),
        caller,
        code: "model_not_found",
        reasons: "the model is not allowed".to_owned(),
        endpoint: None,
        model: None,
        client: "203.0.113.7".parse().unwrap(),
    };
    with(&mut call);
    report.refused.calls.push(call);
    let hour = now().as_micros() / 3_600_000_000;
    let occasion = Occasion {
        hour,
        account: Some(caller.account),
        code: "model_not_found",
    };
    report.refused.counts = BTreeMap::from([(occasion, 3)]);
    report.first_bytes = BTreeMap::from([(Some(1000), 4)]);
    world.context.store().report(report, now()).await.unwrap();
    request.to_string()
}

#[tokio::test]
async fn a_gateway_that_does_not_say_that_it_runs_is_silent_and_what_it_lacks_is_counted() {
    let world = World::new().await;
    world
        .context
        .store()
        .report(report(1, 0), now())
        .await
        .unwrap();
    world.token("nightly").await;
    let seen = gateway::list(&world.context).await.unwrap();
    assert_eq!(
        (seen[0].state.as_str(), seen[0].id.as_str()),
        ("live", "01ab")
    );
    assert!(seen[0].behind > 0, "{seen:?}");
    later(31);
    let seen = gateway::list(&world.context).await.unwrap();
    assert_eq!(seen[0].state, "silent");
}

#[tokio::test]
async fn a_refused_call_is_found_counted_and_explained_by_its_request_id() {
    let world = World::new().await;
    world.token("nightly").await;
    let request = refuse(&world, "nightly", Some("chat.completions")).await;
    let filter = RefusalFilter {
        token: Some("nightly".to_owned()),
        ..RefusalFilter::default()
    };
    let listed = refusal::list(&world.context, &filter).await.unwrap();
    assert_eq!(listed.entries.len(), 1);
    assert_eq!(listed.entries[0].request, request);
    assert_eq!(listed.entries[0].token.name, "nightly");
    let counts = RefusalCountFilter::default();
    let counts = refusal::count(&world.context, &counts).await.unwrap();
    let rows: Vec<_> = counts
        .rows
        .iter()
        .map(|row| (row.code.as_str(), row.calls))
        .collect();
    assert_eq!(rows, [("model_not_found", 3)]);
    let why = explain::of_request(&world.context, &request).await.unwrap();
    assert!(!why.permitted, "there is no such model");
    assert_eq!(why.model.as_deref(), Some("gpt-4o"));
    let bytes = first_byte::report(&world.context, &SpanFilter::default()).await;
    assert_eq!(bytes.unwrap().all.unwrap().calls, 4);
}

#[tokio::test]
async fn a_call_that_was_refused_before_it_named_anything_says_so() {
    let world = World::new().await;
    world.token("nightly").await;
    let request = refuse(&world, "nightly", None).await;
    let error = explain::of_request(&world.context, &request).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("model_not_found"), "{error}");
    let unknown = RequestId::new(now(), 8).to_string();
    let error = explain::of_request(&world.context, &unknown).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_step_that_is_neither_hour_nor_day_is_refused() {
    let world = World::new().await;
    let filter = RefusalCountFilter {
        by: Some("week".to_owned()),
        ..RefusalCountFilter::default()
    };
    let error = refusal::count(&world.context, &filter).await.unwrap_err();
    assert!(error.to_string().contains("`hour` or `day`"), "{error}");
}

#[tokio::test]
async fn a_refused_look_at_what_a_token_may_spend_is_explained_by_its_request_id() {
    let world = World::new().await;
    world.token("nightly").await;
    let call = |call: &mut RefusedCall| call.endpoint = Some(Target::Statement.to_string());
    let request = refuse_call(&world, "nightly", call).await;
    let why = explain::of_request(&world.context, &request).await.unwrap();
    assert!(why.permitted, "nothing is against it now");
}

#[tokio::test]
async fn who_may_not_see_upstreams_reads_no_reason_that_names_one() {
    let world = World::new().await;
    world.token("nightly").await;
    joined(&world, "bob", "member", Some("acme")).await;
    let member = acting(&world, "bob").await;
    let no_upstream =
        "no_upstream: catalog saw `azure-2` is disabled, wants one; quota_exhausted: token saw 5";
    let address = "the upstream's address 10.0.0.7 is not allowed";
    for (code, reasons, seen) in [
        ("upstream_error", address, ""),
        (
            "no_upstream",
            no_upstream,
            "no_upstream; quota_exhausted: token saw 5",
        ),
        (
            "model_not_found",
            "model_not_allowed: token saw a",
            "model_not_allowed: token saw a",
        ),
    ] {
        later(1);
        let call = |call: &mut RefusedCall| {
            (call.code, call.reasons) = (code, reasons.to_owned());
        };
        let request = refuse_call(&world, "nightly", call).await;
        let shown = refusal::show(&member, &request).await.unwrap();
        assert_eq!(shown.reasons, seen);
        let shown = refusal::show(&world.context, &request).await.unwrap();
        assert_eq!(shown.reasons, reasons);
    }
}
