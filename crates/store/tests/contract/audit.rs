//! The audit log: a row with each change and none without, and a chain that shows tampering.

use serde_json::Value;
use tollgate_policy::credits::Credits;
use tollgate_policy::token::TokenState;
use tollgate_rights::source::{Source, UpstreamSecret};
use tollgate_store::Kind;
use tollgate_store::account::AccountEdit;
use tollgate_store::audit::{AuditQuery, AuditVerdict};
use tollgate_store::group::GroupEdit;
use tollgate_store::model::ModelEdit;
use tollgate_store::token::TokenEdit;
use tollgate_store::upstream::{NewCredential, UpstreamEdit};

use super::fixture::{Fixture, at, name, serves};

on_both! {
    every_change_has_its_row
    a_change_that_fails_has_no_row
    a_row_shows_what_was_before_and_after
    no_row_has_a_secret_or_hash_in_it
    the_log_is_filtered_and_paged
    an_untouched_log_is_whole
    a_modified_row_is_found
    a_deleted_row_is_found
    moved_rows_are_found
    a_log_that_was_cut_off_is_found
    a_row_that_was_slipped_in_is_found
    a_use_is_no_change
}

/// One change of each sort; their actions in order.
async fn every_change(fixture: &Fixture) -> Vec<&'static str> {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    store
        .account_edit(who, token.account, AccountEdit::default(), at(1))
        .await
        .unwrap();
    store
        .group_edit(who, token.group, GroupEdit::default(), at(1))
        .await
        .unwrap();
    store
        .token_edit(who, token.id, TokenEdit::default(), at(1))
        .await
        .unwrap();
    let states = [TokenState::Disabled, TokenState::Enabled];
    for state in states {
        store
            .token_set_state(who, token.id, state, at(1))
            .await
            .unwrap();
    }
    let kept = fixture.secret().1;
    store
        .token_rotate(who, token.id, kept, at(9), at(1))
        .await
        .unwrap();
    let revoked = TokenState::Revoked;
    store
        .token_set_state(who, token.id, revoked, at(1))
        .await
        .unwrap();
    store.token_delete(who, token.id, at(1)).await.unwrap();
    let edit = AccountEdit {
        limited: Some(true),
        ..AccountEdit::default()
    };
    store
        .account_edit(who, token.account, edit, at(1))
        .await
        .unwrap();
    let amount = Credits::from_micros(5);
    store
        .credits_add(who, token.account, amount, "paid".to_owned(), at(1))
        .await
        .unwrap();
    store
        .account_delete(who, token.account, at(1))
        .await
        .unwrap();
    store.default_price_set(who, None, at(1)).await.unwrap();
    store.group_delete(who, token.group, at(1)).await.unwrap();
    let model = fixture.model("gpt").await.model.id;
    store
        .model_edit(who, model, ModelEdit::default(), at(1))
        .await
        .unwrap();
    let mut new = fixture.new_upstream("first", serves(&["gpt"]));
    let clear = UpstreamSecret::new("sk-upstream-clear-1".to_owned());
    new.credential = NewCredential::Clear(clear);
    new.base_url = "https://ada:sk-in-address@example.com/v1?key=sk-in-query"
        .parse()
        .unwrap();
    let upstream = fixture.upstream(new).await.upstream.id;
    let clear = UpstreamSecret::new("sk-upstream-clear-2".to_owned());
    let edit = UpstreamEdit {
        credential: Some(NewCredential::Clear(clear)),
        ..UpstreamEdit::default()
    };
    store
        .upstream_edit(who, upstream, edit, at(1))
        .await
        .unwrap();
    store.upstream_delete(who, upstream, at(1)).await.unwrap();
    store.model_delete(who, model, at(1)).await.unwrap();
    "account.create group.create token.create account.edit group.edit token.edit token.disable \
     token.enable token.rotate token.revoke token.delete account.edit account.credit \
     account.delete setting.default-price group.delete model.create \
     model.edit upstream.create upstream.edit upstream.delete model.delete"
        .split_whitespace()
        .collect()
}

async fn every_change_has_its_row(fixture: &Fixture) {
    let expected = every_change(fixture).await;
    let log = fixture.audit().await;
    let actions: Vec<_> = log.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, expected);
    for (row, seq) in log.iter().zip(1..) {
        assert_eq!(row.seq, seq);
        assert_eq!((row.actor.as_str(), row.origin.as_str()), ("ada", "cli"));
        let (create, delete) = (
            row.action.ends_with("create"),
            row.action.ends_with("delete"),
        );
        assert_eq!(
            (row.before.is_none(), row.after.is_none()),
            (create, delete)
        );
        assert!(row.action.starts_with(row.kind.name()));
    }
}

async fn a_change_that_fails_has_no_row(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    fixture.account("taken").await;
    let before = fixture.audit().await;
    let edit = AccountEdit {
        name: Some(name("taken")),
        ..AccountEdit::default()
    };
    store
        .account_edit(who, token.account, edit, at(1))
        .await
        .unwrap_err();
    store
        .account_delete(who, token.account, at(1))
        .await
        .unwrap_err();
    store
        .group_delete(who, token.group, at(1))
        .await
        .unwrap_err();
    let edit = TokenEdit {
        if_version: Some(9),
        ..TokenEdit::default()
    };
    store
        .token_edit(who, token.id, edit, at(1))
        .await
        .unwrap_err();
    assert_eq!(fixture.audit().await, before);
}

async fn a_row_shows_what_was_before_and_after(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let token = fixture.token("one").await.token;
    let edit = TokenEdit {
        name: Some(name("two")),
        expires_at: Some(Some(at(50))),
        ..TokenEdit::default()
    };
    store.token_edit(who, token.id, edit, at(7)).await.unwrap();
    let row = fixture.audit().await.pop().unwrap();
    assert_eq!(
        (row.at, row.kind, row.subject),
        (at(7), Kind::Token, token.id.to_string())
    );
    let read = |text: Option<String>| serde_json::from_str::<Value>(&text.unwrap()).unwrap();
    let (before, after) = (read(row.before), read(row.after));
    assert_eq!(
        (&before["name"], &after["name"]),
        (&"one".into(), &"two".into())
    );
    assert_eq!(
        (&before["version"], &after["version"]),
        (&1.into(), &2.into())
    );
    assert_eq!(before["expires_at"], Value::Null);
    assert_eq!(after["expires_at"], at(50).as_micros());
    assert_eq!(before["scope"], after["scope"]);
}

async fn no_row_has_a_secret_or_hash_in_it(fixture: &Fixture) {
    every_change(fixture).await;
    let (secret, kept) = fixture.secret();
    let id = fixture.token("last").await.token.id;
    let store = &fixture.store;
    store
        .token_rotate(&fixture.who, id, kept.clone(), at(9), at(1))
        .await
        .unwrap();
    let log = format!("{:?}", fixture.audit().await);
    let hash: String = kept
        .hash
        .as_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let body = secret.reveal().get(6..30).unwrap();
    for forbidden in [
        body,
        "sk-upstream-clear",
        "sk-in-address",
        "sk-in-query",
        &hash,
    ] {
        assert!(!log.contains(forbidden), "{forbidden}");
    }
    // The search above looks at something.
    assert!(log.contains(&secret.hint()) && log.contains("sealed"));
}

async fn the_log_is_filtered_and_paged(fixture: &Fixture) {
    every_change(fixture).await;
    let all = fixture.audit().await;
    let list = async |query: AuditQuery| -> Vec<i64> {
        let rows = fixture.store.audit_list(&query).await.unwrap();
        rows.iter().map(|row| row.seq).collect()
    };
    let query = AuditQuery::default;
    assert_eq!(
        list(AuditQuery {
            limit: 3,
            ..query()
        })
        .await,
        [22, 21, 20]
    );
    assert_eq!(
        list(AuditQuery {
            limit: 3,
            before: Some(20),
            ..query()
        })
        .await,
        [19, 18, 17]
    );
    let action = Some("token.edit".to_owned());
    assert_eq!(list(AuditQuery { action, ..query() }).await, [6]);
    let actor = Some("nobody".to_owned());
    assert_eq!(list(AuditQuery { actor, ..query() }).await, [0; 0]);
    let token: tollgate_policy::id::TokenId = all[2].subject.parse().unwrap();
    let subject = Some((Kind::Token, token.raw()));
    assert_eq!(
        list(AuditQuery { subject, ..query() }).await,
        [11, 10, 9, 8, 7, 6, 3]
    );
    let from = Some(at(1));
    assert!(!list(AuditQuery { from, ..query() }).await.contains(&1));
    let until = Some(at(1));
    assert_eq!(
        list(AuditQuery { until, ..query() }).await,
        [19, 17, 3, 2, 1]
    );
}

async fn verdict(fixture: &Fixture) -> AuditVerdict {
    fixture.store.audit_verify().await.unwrap()
}

async fn an_untouched_log_is_whole(fixture: &Fixture) {
    assert!(matches!(
        verdict(fixture).await,
        AuditVerdict::Whole { rows: 0, .. }
    ));
    every_change(fixture).await;
    let AuditVerdict::Whole { rows, head } = verdict(fixture).await else {
        panic!("the log is whole");
    };
    assert_eq!((rows, head.len()), (22, 64));
    fixture.account("more").await;
    let AuditVerdict::Whole { head: next, .. } = verdict(fixture).await else {
        panic!("the log is whole");
    };
    assert_ne!(next, head);
}

fn first_bad(verdict: &AuditVerdict) -> Option<i64> {
    match verdict {
        AuditVerdict::Bad { seq, .. } => Some(*seq),
        AuditVerdict::Whole { .. } => None,
    }
}

async fn a_modified_row_is_found(fixture: &Fixture) {
    every_change(fixture).await;
    let changes = [
        "at = at + 1",
        "actor = 'eve'",
        "origin = 'console'",
        "action = 'token.forge'",
        "subject_kind = 'model'",
        "subject_id = subject_id + 1",
        "before = NULL",
        "after = '{}'",
        "previous = hash",
        "hash = previous",
    ];
    fixture
        .sql("CREATE TABLE kept AS SELECT * FROM audit WHERE seq = 5")
        .await;
    for change in changes {
        fixture
            .sql(&format!("UPDATE audit SET {change} WHERE seq = 5"))
            .await;
        assert_eq!(first_bad(&verdict(fixture).await), Some(5), "{change}");
        fixture
            .sql("DELETE FROM audit WHERE seq = 5; INSERT INTO audit SELECT * FROM kept")
            .await;
        assert_eq!(first_bad(&verdict(fixture).await), None, "{change}");
    }
}

async fn a_deleted_row_is_found(fixture: &Fixture) {
    every_change(fixture).await;
    fixture.sql("DELETE FROM audit WHERE seq = 7").await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(7));
    // Moving the others up does not hide it.
    fixture.sql("UPDATE audit SET seq = -seq WHERE seq > 7; UPDATE audit SET seq = -seq - 1 WHERE seq < 0").await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(7));
    fixture.sql("DELETE FROM audit WHERE seq = 1").await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(1));
}

async fn moved_rows_are_found(fixture: &Fixture) {
    every_change(fixture).await;
    fixture
        .sql("UPDATE audit SET seq = 1000 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 1000")
        .await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(4));
}

async fn a_log_that_was_cut_off_is_found(fixture: &Fixture) {
    every_change(fixture).await;
    fixture.sql("DELETE FROM audit WHERE seq > 15").await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(16));
    fixture.sql("DELETE FROM audit").await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(1));
}

async fn a_row_that_was_slipped_in_is_found(fixture: &Fixture) {
    every_change(fixture).await;
    let copy = |seq: i64| {
        format!(
            "INSERT INTO audit SELECT {seq}, at, actor, origin, action, subject_kind, subject_id, \
             before, after, previous, hash FROM audit WHERE seq = 22"
        )
    };
    fixture.sql(&copy(23)).await;
    assert_eq!(first_bad(&verdict(fixture).await), Some(23));
    fixture.sql("DELETE FROM audit WHERE seq = 23").await;
    fixture.sql(&copy(0)).await;
    assert!(first_bad(&verdict(fixture).await).is_some());
}

async fn a_use_is_no_change(fixture: &Fixture) {
    let id = fixture.token("one").await.token.id;
    let before = fixture.audit().await;
    fixture.store.record_uses(vec![(id, at(5))]).await.unwrap();
    assert_eq!(fixture.audit().await, before);
}
