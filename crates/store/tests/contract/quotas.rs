//! Quotas and limits of tokens, and what becomes of their counts when they are edited.

use tollgate_policy::id::TokenId;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::quota::{Quota, Standing};
use tollgate_policy::token::TokenStatus;
use tollgate_rights::source::Source;
use tollgate_store::StoreError;
use tollgate_store::limit::LimitsEdit;
use tollgate_store::token::{StoredToken, TokenEdit, TokenQuery};

use super::fixture::{Fixture, START, at, credits, periodic, spent};

on_both! {
    a_quota_and_limits_are_kept_as_they_were_given
    limits_are_edited_one_by_one
    another_limit_keeps_the_counts
    another_period_counts_anew
    a_period_that_began_at_the_same_moment_goes_on
    a_limit_that_was_lifted_goes_on_in_its_period
    statuses_follow_the_period
    a_damaged_limit_names_its_row
}

/// 2027-01-15 is a Friday; the tests begin at 08:00 UTC.
const MIDNIGHT: i64 = -8 * 3600;
const DAY: i64 = 86_400;
const MONDAY: i64 = MIDNIGHT - 4 * DAY;
const FIRST: i64 = MIDNIGHT - 14 * DAY;

/// Writes what gateways count in a period, which no call here does.
async fn count(fixture: &Fixture, id: TokenId, begin: i64, end: i64, used: i64, held: i64) {
    let (id, second) = (id.raw(), 1_000_000);
    let (begin, end) = ((START + begin) * second, (START + end) * second);
    fixture
        .sql(&format!(
            "INSERT INTO token_spend (token_id, period_begin, period_end, period_used, period_held)
             VALUES ({id}, {begin}, {end}, {used}, {held})
             ON CONFLICT (token_id) DO UPDATE SET period_begin = excluded.period_begin,
                 period_end = excluded.period_end, period_used = excluded.period_used,
                 period_held = excluded.period_held"
        ))
        .await;
    fixture.mark().await;
}

async fn set(fixture: &Fixture, id: TokenId, limit: i64, unit: &str) -> StoredToken {
    let edit = TokenEdit {
        periodic: Some(Some(periodic(limit, unit, "UTC"))),
        ..TokenEdit::default()
    };
    let edited = fixture.store.token_edit(&fixture.who, id, edit, at(0));
    edited.await.unwrap()
}

async fn a_quota_and_limits_are_kept_as_they_were_given(fixture: &Fixture) {
    let store = &fixture.store;
    let home = fixture.token("home").await.token;
    let mut new = fixture.new_token("one", home.account, home.group);
    let (secret, kept) = fixture.secret();
    new.secrets = vec![kept];
    new.quota = Quota {
        lifetime: Some(credits(70)),
        periodic: Some(periodic(30, "week", "Europe/Berlin")),
    };
    new.limits = Limits {
        requests: Rate::new(u32::MAX).ok(),
        tokens: Rate::new(1).ok(),
        concurrency: Some(0),
    };
    let made = fixture.insert(new.clone(), 3).await;
    assert_eq!(
        (&made.token.quota, made.token.limits),
        (&new.quota, new.limits)
    );
    assert_eq!(made.spent, Standing::default());
    let id = made.token.id;
    assert_eq!(store.token_fetch(id).await.unwrap(), made);
    count(fixture, id, MONDAY, MONDAY + 7 * DAY, 7, 5).await;
    fixture
        .sql(&format!(
            "UPDATE token_spend SET used = 40, held = 6 WHERE token_id = {}",
            id.raw()
        ))
        .await;
    let standing = Standing {
        lifetime: spent(40, 6),
        periodic: Some((at(MONDAY), spent(7, 5))),
    };
    let listed = store.token_list(&TokenQuery::new(at(4))).await.unwrap();
    let listed = listed.items.into_iter().find(|one| one.token.id == id);
    let read = listed.unwrap();
    assert_eq!((&read.token, read.spent), (&made.token, standing));
    let left = read.token.quota.lifetime_balance(&read.spent).unwrap();
    assert_eq!(left.remaining(), credits(70 - 40 - 6));
    let found = store.credential(fixture.hash(&secret)).await.unwrap();
    let principal = found.unwrap().principal;
    assert_eq!((principal.token, principal.spent), (made.token, standing));
}

async fn limits_are_edited_one_by_one(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    let edit = async |limits| {
        let edit = TokenEdit {
            limits,
            ..TokenEdit::default()
        };
        let edited = store.token_edit(who, id, edit, at(1)).await.unwrap();
        assert_eq!(store.token_fetch(id).await.unwrap(), edited);
        edited.token.limits
    };
    let mut expected = Limits {
        requests: Rate::new(60).ok(),
        tokens: None,
        concurrency: Some(4),
    };
    let given = LimitsEdit {
        requests: Some(expected.requests),
        concurrency: Some(expected.concurrency),
        ..LimitsEdit::default()
    };
    assert_eq!(edit(given).await, expected);
    let given = LimitsEdit {
        requests: Some(None),
        tokens: Some(Rate::new(1000).ok()),
        concurrency: None,
    };
    (expected.requests, expected.tokens) = (None, Rate::new(1000).ok());
    assert_eq!(edit(given).await, expected);
}

async fn another_limit_keeps_the_counts(fixture: &Fixture) {
    let id = fixture.token("one").await.token.id;
    assert_eq!(
        set(fixture, id, 10, "day").await.spent.periodic.unwrap().1,
        spent(0, 0)
    );
    count(fixture, id, MIDNIGHT, MIDNIGHT + DAY, 7, 2).await;
    for limit in [20, 5] {
        let edited = set(fixture, id, limit, "day").await;
        let expected = Some((at(MIDNIGHT), spent(7, 2)));
        assert_eq!(edited.spent.periodic, expected, "{limit}");
        let limit = credits(limit);
        assert_eq!(edited.token.quota.periodic.unwrap().limit, limit);
    }
}

async fn another_period_counts_anew(fixture: &Fixture) {
    let id = fixture.token("one").await.token.id;
    set(fixture, id, 10, "day").await;
    count(fixture, id, MIDNIGHT, MIDNIGHT + DAY, 7, 2).await;
    let lease = |begin: i64, amount: i64| {
        let begin = (START + begin) * 1_000_000;
        format!(
            "INSERT INTO leases (gateway_id, pot, owner_id, begin_at, amount)
             SELECT id, 'token_period', {}, {begin}, {amount} FROM gateways;",
            id.raw()
        )
    };
    let gateway = match fixture.url.starts_with("postgres") {
        true => "'\\x01'",
        false => "X'01'",
    };
    fixture
        .sql(&format!(
            "INSERT INTO gateways (id, seen_at) VALUES ({gateway}, 0); {} {}",
            lease(MIDNIGHT, 2),
            lease(FIRST, 4)
        ))
        .await;
    // What is leased of the very period that begins is held of it.
    let edited = set(fixture, id, 10, "month").await;
    assert_eq!(edited.spent.periodic, Some((at(FIRST), spent(0, 4))));
    let edited = set(fixture, id, 10, "week").await;
    assert_eq!(edited.spent.periodic, Some((at(MONDAY), spent(0, 0))));
    let edited = set(fixture, id, 10, "day").await;
    assert_eq!(edited.spent.periodic, Some((at(MIDNIGHT), spent(0, 2))));
    let (balance, span) = edited
        .token
        .quota
        .periodic_balance(&edited.spent, at(0))
        .unwrap();
    assert_eq!(balance.remaining(), credits(8));
    assert_eq!(span.end, at(MIDNIGHT + DAY));
}

async fn a_period_that_began_at_the_same_moment_goes_on(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    set(fixture, id, 10, "day").await;
    count(fixture, id, MIDNIGHT, MIDNIGHT + DAY, 10, 0).await;
    // London keeps UTC in winter, and so do hours at midnight.
    let edit = TokenEdit {
        periodic: Some(Some(periodic(10, "day", "Europe/London"))),
        ..TokenEdit::default()
    };
    let edited = store.token_edit(who, id, edit, at(0)).await.unwrap();
    assert_eq!(edited.spent.periodic, Some((at(MIDNIGHT), spent(10, 0))));
    let edit = TokenEdit {
        periodic: Some(Some(periodic(10, "hour", "UTC"))),
        ..TokenEdit::default()
    };
    let midnight = at(MIDNIGHT + 5);
    let edited = store.token_edit(who, id, edit, midnight).await.unwrap();
    assert_eq!(edited.spent.periodic, Some((at(MIDNIGHT), spent(10, 0))));
    // It ends earlier now: the list does not take it for used up any longer.
    let exhausted = async |seconds| {
        let query = TokenQuery {
            status: Some(TokenStatus::Exhausted),
            ..TokenQuery::new(at(seconds))
        };
        store.token_list(&query).await.unwrap().items.len()
    };
    assert_eq!(exhausted(MIDNIGHT + 3599).await, 1);
    assert_eq!(exhausted(MIDNIGHT + 3600).await, 0);
}

async fn a_limit_that_was_lifted_goes_on_in_its_period(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("one").await.token.id;
    set(fixture, id, 10, "day").await;
    count(fixture, id, MIDNIGHT, MIDNIGHT + DAY, 7, 2).await;
    let edit = TokenEdit {
        periodic: Some(None),
        ..TokenEdit::default()
    };
    let edited = store.token_edit(who, id, edit, at(0)).await.unwrap();
    assert_eq!(edited.token.quota, Quota::UNLIMITED);
    let edited = set(fixture, id, 10, "day").await;
    assert_eq!(edited.spent.periodic, Some((at(MIDNIGHT), spent(7, 2))));
    count(fixture, id, MIDNIGHT - DAY, MIDNIGHT, 7, 0).await;
    let edit = TokenEdit {
        periodic: Some(None),
        ..TokenEdit::default()
    };
    store.token_edit(who, id, edit, at(0)).await.unwrap();
    let edited = set(fixture, id, 10, "day").await;
    assert_eq!(edited.spent.periodic, Some((at(MIDNIGHT), spent(0, 0))));
}

/// Tokens with each sort of quota and of counts.
async fn fill(fixture: &Fixture) -> Vec<StoredToken> {
    let home = fixture.token("home").await.token;
    let mut made = vec![];
    for lifetime in [None, Some(5), Some(3)] {
        for limit in [None, Some(0), Some(5)] {
            for (begin, used) in [(0, 4), (0, 5), (0, 6), (-DAY, 6), (DAY, 6)] {
                let text = format!("q{}", made.len());
                let mut new = fixture.new_token(&text, home.account, home.group);
                new.quota.lifetime = lifetime.map(credits);
                new.quota.periodic = limit.map(|limit| periodic(limit, "day", "UTC"));
                let id = fixture.insert(new, 1).await.token.id;
                fixture.spend(id, credits(4)).await;
                // Some were never counted.
                if limit.is_some() && (used > 4 || limit == Some(5)) {
                    let begin = MIDNIGHT + begin;
                    count(fixture, id, begin, begin + DAY, used, 1).await;
                }
                made.push(fixture.store.token_fetch(id).await.unwrap());
            }
        }
    }
    let home = fixture.store.token_delete(&fixture.who, home.id, at(2));
    home.await.unwrap();
    made
}

async fn statuses_follow_the_period(fixture: &Fixture) {
    let made = fill(fixture).await;
    let edges = [
        MIDNIGHT - 1,
        MIDNIGHT,
        0,
        MIDNIGHT + DAY - 1,
        MIDNIGHT + DAY,
    ];
    for (now, status) in edges.into_iter().flat_map(|now| {
        let statuses = [TokenStatus::Enabled, TokenStatus::Exhausted];
        statuses.map(|status| (at(now), status))
    }) {
        let query = TokenQuery {
            status: Some(status),
            limit: 200,
            ..TokenQuery::new(now)
        };
        let derived = made
            .iter()
            .filter(|one| one.token.status(&one.spent, now) == status);
        let mut expected: Vec<_> = derived.map(|one| one.token.id).collect();
        expected.sort();
        assert!(!expected.is_empty());
        // By the index of exhausted tokens, and as one filter of many.
        for keyword in [None, Some("ada".to_owned())] {
            let query = TokenQuery {
                keyword,
                ..query.clone()
            };
            let page = fixture.store.token_list(&query).await.unwrap();
            let mut found: Vec<_> = page.items.iter().map(|one| one.token.id).collect();
            found.sort();
            assert_eq!(found, expected, "{query:?}");
        }
    }
}

async fn a_damaged_limit_names_its_row(fixture: &Fixture) {
    let id = fixture.token("one").await.token.id;
    set(fixture, id, 10, "day").await;
    for damage in [
        "rpm = 0",
        "tpm = -1",
        "period_unit = 'age'",
        "period_zone = NULL",
    ] {
        let whole = "rpm = NULL, tpm = NULL, period_unit = 'day', period_zone = 'UTC'";
        fixture.sql(&format!("UPDATE tokens SET {whole}")).await;
        fixture.store.token_fetch(id).await.unwrap();
        fixture.sql(&format!("UPDATE tokens SET {damage}")).await;
        let error = fixture.store.token_fetch(id).await.unwrap_err();
        let column = damage.split(' ').next().unwrap();
        let named = matches!(&error, StoreError::Corrupt { table: "tokens", why, .. }
            if why.starts_with(column));
        assert!(named, "{error}");
    }
}
