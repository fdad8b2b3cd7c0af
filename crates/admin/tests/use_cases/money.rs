use tollgate_admin_core::account::{self, AccountChange, AccountInput, CreditsInput};
use tollgate_admin_core::account::{StatementFilter, statement, top_up};
use tollgate_admin_core::explain::{ExplainInput, explain};
use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::token::{self, TokenChange, TokenInput};
use tollgate_admin_core::view::account::FundsView;
use tollgate_admin_core::{ErrorKind, audit};

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
async fn a_periodic_limit_says_when_it_begins_anew() {
    let world = World::new().await;
    let input = TokenInput {
        periodic: "5/month@Europe/Berlin".to_owned(),
        ..named("monthly")
    };
    let made = token::create(&world.context, &input).await.unwrap().token;
    let period = made.periodic.unwrap();
    assert_eq!(
        (
            period.limit.as_str(),
            period.unit.as_str(),
            period.zone.as_str()
        ),
        ("5", "month", "Europe/Berlin")
    );
    assert_eq!(
        (period.begins_at.as_str(), period.resets_at.as_str()),
        ("2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z")
    );
    assert_eq!(
        (period.used.as_str(), period.remaining.as_str()),
        ("0", "5")
    );
    let change = TokenChange {
        periodic: Some("none".to_owned()),
        ..TokenChange::default()
    };
    let edited = token::edit(&world.context, "monthly", &change).await;
    assert_eq!(edited.unwrap().periodic, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_cannot_be_used_is_refused_with_what_to_write() {
    let world = World::new().await;
    for (field, value, start) in [
        ("periodic", "10", "invalid periodic: `10` is no periodic"),
        (
            "periodic",
            "10/year",
            "invalid periodic: `year` is no period",
        ),
        ("periodic", "-1/day", "invalid periodic: `-1` is negative"),
        ("periodic", "x/day", "invalid periodic: `x` is no amount"),
        (
            "periodic",
            "10/day@Mars/Base",
            "invalid periodic: `Mars/Base` is no known time zone",
        ),
        ("rpm", "0", "invalid rpm: `0` is no limit"),
        ("rpm", "4294967296", "invalid rpm: `4294967296` is no limit"),
        ("tpm", "-1", "invalid tpm: `-1` is no limit"),
        (
            "concurrency",
            "1.5",
            "invalid concurrency: `1.5` is no limit",
        ),
    ] {
        let input = serde_json::json!({
            "name": "fine", "account": "acme", "group": "standard", field: value
        });
        let input: TokenInput = serde_json::from_value(input).unwrap();
        let (kind, text) = refused(token::create(&world.context, &input).await);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_set_and_lifted_one_by_one() {
    let world = World::new().await;
    let context = &world.context;
    let input: TokenInput = serde_json::from_value(serde_json::json!({
        "name": "busy", "account": "acme", "group": "standard",
        "rpm": "60", "tpm": "100000", "concurrency": "4"
    }))
    .unwrap();
    let made = token::create(context, &input).await.unwrap().token;
    assert_eq!(
        (made.limits.rpm, made.limits.tpm, made.limits.concurrency),
        (Some(60), Some(100_000), Some(4))
    );
    let change: TokenChange =
        serde_json::from_value(serde_json::json!({ "rpm": "none", "tpm": "5" })).unwrap();
    let edited = token::edit(context, "busy", &change).await.unwrap();
    assert_eq!(
        (
            edited.limits.rpm,
            edited.limits.tpm,
            edited.limits.concurrency
        ),
        (None, Some(5), Some(4))
    );
    let explained = explain(
        context,
        &ExplainInput {
            token: "busy".to_owned(),
            model: Some("gpt-4o".to_owned()),
            ip: "10.0.0.1".to_owned(),
            ..ExplainInput::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(
        explained.unknown,
        [
            "whether there is room in the limits of the token (5 tokens a minute, 4 at once): only the gateways know"
        ]
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn a_group_keeps_its_terms() {
    let world = World::new().await;
    let context = &world.context;
    let usual = group::show(context, "standard").await.unwrap();
    assert_eq!(
        (
            usual.enforcement.as_str(),
            usual.on_leave.as_str(),
            usual.shared_limits
        ),
        ("strict", "cancel", false)
    );
    let input: GroupInput = serde_json::from_value(serde_json::json!({
        "name": "trusted", "rpm": "600", "shared_limits": true,
        "enforcement": "lenient", "on_leave": "drain:30"
    }))
    .unwrap();
    let made = group::create(context, &input).await.unwrap();
    assert_eq!(
        (
            made.enforcement.as_str(),
            made.on_leave.as_str(),
            made.shared_limits,
            made.limits.rpm
        ),
        ("lenient", "drain:30", true, Some(600))
    );
    for (field, value, start) in [
        (
            "enforcement",
            "loose",
            "invalid enforcement: `loose` is not one of",
        ),
        ("on_leave", "drain", "invalid on_leave: `drain` is neither"),
        ("on_leave", "drain:0", "invalid on_leave: `drain:0` is"),
    ] {
        let change: GroupChange =
            serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (_, text) = refused(group::edit(context, "trusted", &change).await);
        assert!(text.starts_with(start), "{text}");
    }
    let change: GroupChange = serde_json::from_value(serde_json::json!({ "rpm": "none" })).unwrap();
    let edited = group::edit(context, "trusted", &change).await.unwrap();
    assert_eq!(
        (edited.limits.rpm, edited.enforcement.as_str()),
        (None, "lenient")
    );
    let log = audit::verify(context).await.unwrap();
    assert!(log.whole);
}
