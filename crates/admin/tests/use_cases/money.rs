use tollgate_admin_core::ErrorKind;
use tollgate_admin_core::account::{self, AccountChange, AccountInput, CreditsInput};
use tollgate_admin_core::account::{StatementFilter, statement, top_up};
use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::group::{self, GroupChange};
use tollgate_admin_core::token::{self, TokenInput};
use tollgate_admin_core::view::account::FundsView;

use crate::{World, later, named, refused};

fn credits(amount: &str) -> CreditsInput {
    CreditsInput {
        amount: amount.to_owned(),
        ..CreditsInput::default()
    }
}

fn balance(funds: &FundsView) -> [Option<&str>; 4] {
    [
        funds.credited.as_deref(),
        Some(&funds.used),
        Some(&funds.held),
        funds.remaining.as_deref(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_holds_what_it_is_given_and_nothing_else() {
    let world = World::new().await;
    let context = &world.context;
    let made = |input: AccountInput| async move { account::create(context, &input).await };
    let name = |name: &str| AccountInput {
        name: name.to_owned(),
        ..AccountInput::default()
    };
    let empty = made(name("empty")).await.unwrap();
    assert_eq!(
        balance(&empty.funds),
        [Some("0"), Some("0"), Some("0"), Some("0")]
    );
    let given = AccountInput {
        balance: Some("25".to_owned()),
        credit_line: Some("5".to_owned()),
        ..name("given")
    };
    let given = made(given).await.unwrap();
    assert_eq!(
        balance(&given.funds),
        [Some("25"), Some("0"), Some("0"), Some("30")]
    );
    let page = statement(context, "given", &StatementFilter::default())
        .await
        .unwrap();
    assert_eq!(
        (page.entries.len(), page.entries[0].note.as_str()),
        (1, "first balance")
    );
    let log = audit::list(context, &AuditFilter::default()).await.unwrap();
    let last = &log.entries[0];
    assert_eq!(last.action, "account.create", "one change");
    let acme = account::show(context, "acme").await.unwrap();
    assert_eq!(balance(&acme.funds), [None, Some("0"), Some("0"), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_are_added_and_taken_back_and_stand_on_the_statement() {
    let world = World::new().await;
    let context = &world.context;
    let limited = AccountInput {
        name: "beta".to_owned(),
        ..AccountInput::default()
    };
    account::create(context, &limited).await.unwrap();
    for amount in ["10", "0.000001", "5"] {
        later(1);
        top_up(context, "beta", &credits(amount)).await.unwrap();
    }
    let back = CreditsInput {
        take_back: true,
        note: "paid twice".to_owned(),
        ..credits("5")
    };
    let left = top_up(context, "beta", &back).await.unwrap();
    assert_eq!(left.funds.remaining.as_deref(), Some("10.000001"));
    let mut filter = StatementFilter {
        limit: Some(3),
        cursor: None,
    };
    let page = statement(context, "beta", &filter).await.unwrap();
    let amounts: Vec<_> = page.entries.iter().map(|one| one.amount.as_str()).collect();
    assert_eq!(amounts, ["-5", "5", "0.000001"]);
    assert_eq!(
        (
            page.entries[0].note.as_str(),
            page.entries[0].actor.as_str()
        ),
        ("paid twice", "ada")
    );
    filter.cursor = page.next_cursor;
    let page = statement(context, "beta", &filter).await.unwrap();
    assert_eq!(
        (page.entries[0].amount.as_str(), page.next_cursor),
        ("10", None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_that_change_nothing_or_too_much_are_refused_with_what_to_do() {
    let world = World::new().await;
    let context = &world.context;
    let limited = AccountInput {
        name: "beta".to_owned(),
        balance: Some("1".to_owned()),
        ..AccountInput::default()
    };
    account::create(context, &limited).await.unwrap();
    let back = CreditsInput {
        take_back: true,
        ..credits("2")
    };
    for (account, input, start) in [
        ("beta", credits("0"), "invalid amount: it is 0"),
        ("beta", credits("-1"), "invalid amount: `-1` is negative"),
        ("beta", credits("a lot"), "invalid amount: `a lot`"),
        ("beta", credits("NaN"), "invalid amount: `NaN`"),
        (
            "beta",
            back,
            "invalid amount: account `beta` was given 1 credits",
        ),
        (
            "acme",
            credits("1"),
            "account `acme` spends without a limit",
        ),
        ("nobody", credits("1"), "there is no account `nobody`"),
    ] {
        let (_, text) = refused(top_up(context, account, &input).await);
        assert!(text.starts_with(start), "{text}");
    }
    let both = AccountInput {
        unlimited: true,
        balance: Some("1".to_owned()),
        name: "both".to_owned(),
        ..AccountInput::default()
    };
    let (kind, text) = refused(account::create(context, &both).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
    assert!(
        text.starts_with("invalid balance: an account that"),
        "{text}"
    );
    let negative = AccountInput {
        unlimited: false,
        balance: Some("-1".to_owned()),
        ..both
    };
    let (_, text) = refused(account::create(context, &negative).await);
    assert!(
        text.starts_with("invalid balance: `-1` is negative"),
        "{text}"
    );
    for (line, start) in [
        ("-1", "invalid credit_line: `-1` is negative"),
        ("x", "invalid credit_line: `x`"),
    ] {
        let change = AccountChange {
            credit_line: Some(line.to_owned()),
            ..AccountChange::default()
        };
        let (_, text) = refused(account::edit(context, "beta", &change).await);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_limited_to_its_statement_and_set_free_again() {
    let world = World::new().await;
    let context = &world.context;
    let change = |unlimited| AccountChange {
        unlimited: Some(unlimited),
        ..AccountChange::default()
    };
    let limited = account::edit(context, "acme", &change(false))
        .await
        .unwrap();
    assert_eq!(limited.funds.remaining.as_deref(), Some("0"));
    top_up(context, "acme", &credits("7")).await.unwrap();
    let free = account::edit(context, "acme", &change(true)).await.unwrap();
    assert_eq!(free.funds.remaining, None);
    let limited = account::edit(context, "acme", &change(false))
        .await
        .unwrap();
    assert_eq!(limited.funds.remaining.as_deref(), Some("7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_what_it_would_refuse_now_and_until_when() {
    let world = World::new().await;
    let context = &world.context;
    let input = TokenInput {
        quota: "0".to_owned(),
        periodic: "0/day".to_owned(),
        expires: "2h".to_owned(),
        ..named("spent")
    };
    token::create(context, &input).await.unwrap();
    let standing = token::standing(context, "spent").await.unwrap();
    assert_eq!(standing.token.status, "exhausted");
    let codes = |standing: &tollgate_admin_core::view::token::StandingView| {
        let codes = standing.refuses.iter().map(|one| one.code.clone());
        codes.collect::<Vec<_>>().join("+")
    };
    assert_eq!(codes(&standing), "quota_exhausted+period_exhausted");
    let [quota, period] = standing.refuses.as_slice() else {
        panic!("two refusals: {standing:?}");
    };
    assert_eq!((quota.layer.as_str(), &quota.until), ("token", &None));
    assert_eq!(period.until.as_deref(), Some("2027-01-16T00:00:00Z"));
    let off = AccountChange {
        enabled: Some(false),
        unlimited: Some(false),
        ..AccountChange::default()
    };
    account::edit(context, "acme", &off).await.unwrap();
    later(2 * 3600);
    let standing = token::standing(context, "spent").await.unwrap();
    assert_eq!(
        codes(&standing),
        "token_expired+account_disabled+quota_exhausted+period_exhausted+quota_exhausted"
    );
    assert_eq!(standing.funds.remaining.as_deref(), Some("0"));
    world.token("fine").await;
    let on = AccountChange {
        enabled: Some(true),
        unlimited: Some(true),
        ..AccountChange::default()
    };
    account::edit(context, "acme", &on).await.unwrap();
    let limits: GroupChange =
        serde_json::from_value(serde_json::json!({ "rpm": "7", "shared_limits": true })).unwrap();
    group::edit(context, "standard", &limits).await.unwrap();
    let standing = token::standing(context, "fine").await.unwrap();
    assert_eq!(
        (standing.group_limits.rpm, standing.group_limits_shared),
        (Some(7), true)
    );
    assert_eq!((standing.refuses, standing.callable_models), (vec![], 0));
}
