//! Reports on their page: whatever was chosen is in the address, and the file has the same rows.

use std::sync::Arc;
use std::time::Duration;

use tollgate_admin_core::token::{self, TokenInput};
use tollgate_ledger::book::{Book, GatewayId, Turn};
use tollgate_ledger::receipt::{Ending, Payer, Receipt};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::Multiplier;
use tollgate_policy::usage::Usage;

use crate::{World, now};

/// Settles one call of a token that is made for it.
async fn call(world: &World, (name, account): (&str, &str), model: &str, cost: i64) {
    let input = TokenInput {
        name: name.to_owned(),
        account: account.to_owned(),
        group: "standard".to_owned(),
        ..TokenInput::default()
    };
    let token = token::create(&world.context, &input).await.unwrap().token;
    let receipt = Receipt {
        request: RequestId::new(now(), u128::from(cost.unsigned_abs())),
        payer: Payer {
            token: token.id.parse().unwrap(),
            account: token.account.id.parse().unwrap(),
            token_period: None,
            account_period: None,
        },
        group: token.group.id.parse().unwrap(),
        endpoint: "chat.completions".to_owned(),
        model: Some(model.to_owned()),
        upstream: None,
        served_as: None,
        client: "203.0.113.7".parse().unwrap(),
        status: Some(200),
        streamed: true,
        ending: Ending::Complete,
        usage: Usage {
            input: 5000,
            output: 3,
            ..Usage::NONE
        },
        estimated: false,
        quote: Quote {
            price: "input=2.5,output=10".parse().unwrap(),
            multiplier: Multiplier::ONE,
        },
        cost: Credits::from_micros(cost),
        uncovered: Credits::ZERO,
        started: now(),
        first_byte: Some(Duration::from_micros(1500)),
        total: Duration::from_secs(2),
    };
    let turn = Turn {
        gateway: GatewayId([7; 16]),
        now: now(),
        receipts: vec![Arc::new(receipt)],
        reset: false,
        returns: Vec::new(),
        asks: Vec::new(),
    };
    world.context.store().turn(Arc::new(turn)).await.unwrap();
}

async fn used() -> (World, String) {
    let world = World::new().await;
    for (index, name) in ["first", "second", "third"].into_iter().enumerate() {
        let account = if index == 1 { "other" } else { "acme" };
        let cost = [10, 20, 40][index];
        call(&world, (name, account), "gpt-4o", cost).await;
    }
    call(&world, ("<b>fourth", "acme"), "o3", 80).await;
    let cookie = world.sign_in("ada").await;
    (world, cookie)
}

/// The file that a page of a report leads to.
async fn file(world: &World, cookie: &str, page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("href=\"/usage.csv?").unwrap();
    let query = rest.split('"').next().unwrap().replace("&amp;", "&");
    let heard = world.get(&format!("/usage.csv?{query}"), cookie).await;
    assert_eq!(heard.status, 200, "{heard:?}");
    heard.body.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_report_is_by_any_dimensions_and_its_file_has_the_same_rows() {
    let (world, cookie) = used().await;
    let path = "/usage?by=total&by=token&by=day&by=account&by=model&account=acme";
    let page = world.get(path, &cookie).await.body;
    let heads: Vec<_> = page.split("<th scope=\"col\">").skip(1).collect();
    let heads: Vec<_> = heads
        .iter()
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(heads, ["Day", "Account", "Token", "Model"]);
    assert!(page.contains("&lt;b&gt;fourth") && !page.contains("<b>fourth"));
    assert!(!page.contains("<bdi>second</bdi>"));
    let rows = file(&world, &cookie, &page).await;
    assert!(
        rows[0].starts_with("day,account,account_id,token,token_id,model,requests,"),
        "{rows:?}"
    );
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows[1].contains(",<b>fourth,tok_") && rows[1].contains(",0.00008"));
}

#[tokio::test]
async fn every_filter_of_a_report_narrows_it() {
    let (world, cookie) = used().await;
    for (filter, sum) in [
        ("token=first", "0.00001"),
        ("account=other", "0.00002"),
        ("group=standard", "0.00015"),
        ("model=o3", "0.00008"),
        ("creator=machine", "0.00015"),
        ("to=2020-01-01&from=2019-01-01&creator=machine", ""),
        ("upstream=nowhere", "no upstream"),
    ] {
        let path = format!("/usage?by=total&{filter}");
        let page = world.get(&path, &cookie).await.body;
        match sum {
            "" => assert!(page.contains("Nothing was used"), "{filter}: {page}"),
            _ => assert!(page.contains(sum), "{filter}: {page}"),
        }
    }
}

#[tokio::test]
async fn a_report_of_nothing_in_particular_is_one_total() {
    let (world, cookie) = used().await;
    let page = world.get("/usage?by=total", &cookie).await.body;
    let rows = file(&world, &cookie, &page).await;
    assert!(rows[0].starts_with("requests,") && rows[1].starts_with("4,"));
    assert_eq!(rows.len(), 2, "{rows:?}");
    let usual = world.get("/usage", &cookie).await.body;
    let rows = file(&world, &cookie, &usual).await;
    assert!(rows[0].starts_with("model,") && rows[1].starts_with("o3,1,"));
}

#[tokio::test]
async fn a_long_report_is_drawn_by_months() {
    let (world, cookie) = used().await;
    let page = world.get("/usage?by=token&from=364d", &cookie).await.body;
    let month: String = now().to_string().chars().take(7).collect();
    assert!(page.contains(&format!("<title>{month}: ")), "{page}");
}

#[tokio::test]
async fn the_overview_tells_first_bytes_of_gateways_or_of_the_calls_that_a_member_sees() {
    let (world, _) = used().await;
    world.join("mel", "member", Some("acme")).await;
    // No gateway has reported. Each call had its first byte after 1.5 ms, and is shown with 1 ms.
    for (login, value, of) in [
        ("ada", "–", "median of the last 24 hours"),
        ("mel", "1 ms", "median of the last 100 calls"),
    ] {
        let cookie = world.sign_in(login).await;
        let page = world.get("/", &cookie).await.body;
        let (before, _) = page
            .split_once(of)
            .unwrap_or_else(|| panic!("{login}: {page}"));
        let (_, told) = before.rsplit_once("<dd>").unwrap();
        assert!(
            told.starts_with(&format!("{value}</dd>")),
            "{login}: {told}"
        );
    }
}
