//! The filters of the list, each against what it should find.

use tollgate_policy::credits::Credits;
use tollgate_policy::token::{TokenState, TokenStatus};
use tollgate_rights::source::Source;
use tollgate_store::token::{StoredToken, TokenQuery};

use super::fixture::{Fixture, at, name};

on_both! {
    each_filter_finds_what_it_describes
    filters_add_up
    statuses_are_those_that_the_policy_derives
}

async fn found(fixture: &Fixture, query: &TokenQuery) -> Vec<String> {
    let page = fixture.store.token_list(query).await.unwrap();
    let mut names: Vec<_> = page
        .items
        .iter()
        .map(|one| one.token.name.to_string())
        .collect();
    names.sort();
    names
}

/// Tokens `t0` to `t5`: made at 0, 10, 20 …; the odd ones are Bob's, in another account and group;
/// from `t2` on, they were last used at 120, 130 …; they expire at 1000, 1010 …, `t5` never.
async fn fill(fixture: &Fixture) -> Vec<StoredToken> {
    let (even, odd) = (
        fixture.token("other").await.token,
        fixture.token("another").await.token,
    );
    let mut made = Vec::new();
    for i in 0..6 {
        let home = if i % 2 == 0 { &even } else { &odd };
        let mut new = fixture.new_token(&format!("t{i}"), home.account, home.group);
        new.creator = if i % 2 == 0 { "ada" } else { "bob" }.to_owned();
        new.expires_at = (i < 5).then(|| at(1000 + i * 10));
        let token = fixture.insert(new, i * 10).await;
        if i >= 2 {
            let uses = vec![(token.token.id, at(100 + i * 10))];
            fixture.store.record_uses(uses).await.unwrap();
        }
        made.push(token);
    }
    for id in [even.id, odd.id] {
        fixture
            .store
            .token_delete(&fixture.who, id, at(0))
            .await
            .unwrap();
    }
    made
}

async fn each_filter_finds_what_it_describes(fixture: &Fixture) {
    let made = fill(fixture).await;
    let (even, odd) = (&made[0].token, &made[1].token);
    let check = async |filter: &dyn Fn(&mut TokenQuery), expected: &[&str]| {
        let mut query = TokenQuery::new(at(500));
        filter(&mut query);
        assert_eq!(found(fixture, &query).await, expected, "{query:?}");
    };
    check(&|_| (), &["t0", "t1", "t2", "t3", "t4", "t5"]).await;
    check(&|q| q.group = Some(even.group), &["t0", "t2", "t4"]).await;
    check(&|q| q.account = Some(odd.account), &["t1", "t3", "t5"]).await;
    check(&|q| q.creator = Some("bob".to_owned()), &["t1", "t3", "t5"]).await;
    check(&|q| q.creator = Some("Bob".to_owned()), &[]).await;
    check(&|q| q.name = Some(name("t4")), &["t4"]).await;
    check(&|q| q.created_from = Some(at(40)), &["t4", "t5"]).await;
    check(&|q| q.created_until = Some(at(10)), &["t0"]).await;
    let between = |q: &mut TokenQuery| {
        q.created_from = Some(at(10));
        q.created_until = Some(at(30));
    };
    check(&between, &["t1", "t2"]).await;
    check(&|q| q.used_from = Some(at(140)), &["t4", "t5"]).await;
    check(&|q| q.used_until = Some(at(140)), &["t2", "t3"]).await;
    check(&|q| q.never_used = true, &["t0", "t1"]).await;
    // Its use is not noted yet.
    let spent = Credits::from_micros(1);
    fixture.spend(made[0].token.id, spent).await;
    check(&|q| q.never_used = true, &["t1"]).await;
    check(&|q| q.unused_since = Some(at(130)), &["t0", "t1", "t2"]).await;
    check(&|q| q.unused_since = Some(at(10)), &["t0"]).await;
    check(&|q| q.expiring_before = Some(at(1020)), &["t0", "t1"]).await;
    let soon = |q: &mut TokenQuery| {
        q.now = at(1010);
        q.expiring_before = Some(at(9999));
    };
    check(&soon, &["t2", "t3", "t4"]).await;
}

async fn filters_add_up(fixture: &Fixture) {
    let made = fill(fixture).await;
    let query = TokenQuery {
        group: Some(made[0].token.group),
        keyword: Some("ada".to_owned()),
        used_from: Some(at(1)),
        created_until: Some(at(40)),
        status: Some(TokenStatus::Enabled),
        ..TokenQuery::new(at(500))
    };
    assert_eq!(found(fixture, &query).await, ["t2"]);
    let none = TokenQuery {
        account: Some(made[1].token.account),
        ..query
    };
    assert_eq!(found(fixture, &none).await.len(), 0);
}

async fn statuses_are_those_that_the_policy_derives(fixture: &Fixture) {
    let home = fixture.token("home").await.token;
    let mut made = vec![];
    for state in TokenState::ALL {
        for expires in [None, Some(at(499)), Some(at(500)), Some(at(501))] {
            for (quota, used) in [(None, 5), (Some(5), 4), (Some(5), 5), (Some(5), 6)] {
                let mut new =
                    fixture.new_token(&format!("s{}", made.len()), home.account, home.group);
                new.expires_at = expires;
                new.quota.lifetime = quota.map(Credits::from_micros);
                let id = fixture.insert(new, 1).await.token.id;
                fixture.spend(id, Credits::from_micros(used)).await;
                let set = fixture
                    .store
                    .token_set_state(&fixture.who, id, state, at(2));
                made.push(set.await.unwrap());
            }
        }
    }
    fixture
        .store
        .token_delete(&fixture.who, home.id, at(3))
        .await
        .unwrap();
    for status in TokenStatus::ALL {
        let query = TokenQuery {
            status: Some(status),
            ..TokenQuery::new(at(500))
        };
        let derived = made
            .iter()
            .filter(|one| one.token.status(&one.spent, at(500)) == status);
        let mut expected: Vec<_> = derived.map(|one| one.token.name.to_string()).collect();
        expected.sort();
        assert!(!expected.is_empty());
        assert_eq!(found(fixture, &query).await, expected, "{status}");
    }
}
