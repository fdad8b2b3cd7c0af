//! Members, sessions, links, API credentials, attempts to sign in, and idempotency keys.

use std::time::Duration;

use tollgate_policy::id::{ApiCredentialId, MemberId, SessionId};
use tollgate_store::api_credential::{ApiScope, NewApiCredential};
use tollgate_store::attempt::{Attempt, Attempted};
use tollgate_store::digest::{Digest, Purpose};
use tollgate_store::idempotency::Begun;
use tollgate_store::link::LinkPurpose;
use tollgate_store::member::{
    Identity, MemberEdit, NewMember, PasswordHash, Role, StoredMember, TotpSecret,
};
use tollgate_store::session::NewSession;
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, at, name};

on_both! {
    a_member_is_kept_as_it_was_given_and_edited_field_by_field
    logins_are_unique_in_any_case_and_identities_are_unique
    an_account_with_members_is_not_deleted
    an_edit_of_an_older_version_is_refused
    the_last_owner_who_can_sign_in_stays
    a_session_is_found_until_it_ends
    what_was_proved_before_a_change_is_worth_nothing_after_it
    a_member_has_so_many_sessions_and_no_more
    a_password_or_another_role_ends_sessions
    a_link_works_once_and_a_newer_one_replaces_it
    the_first_owner_is_made_once
    a_code_of_an_authenticator_is_taken_once
    an_api_credential_is_found_until_it_is_taken_back
    attempts_wait_longer_and_longer
    attempts_at_once_are_all_counted
    an_address_that_waits_makes_no_rows_of_logins
    a_wait_that_goes_on_is_forgotten_last
    an_idempotency_key_gives_the_first_answer_for_a_day
    no_secret_of_a_person_is_in_the_audit_log
}

const IDLE: Duration = Duration::from_secs(7200);

async fn member(fixture: &Fixture, login: &str, role: Role) -> StoredMember {
    let new = NewMember {
        login: login.parse().unwrap(),
        name: name("Somebody"),
        role,
        identity: None,
    };
    insert(fixture, new).await.unwrap()
}

async fn insert(fixture: &Fixture, new: NewMember) -> Result<StoredMember, StoreError> {
    let id = MemberId::new(at(0), fixture.number());
    fixture
        .store
        .member_insert(&fixture.who, new, id, at(0))
        .await
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

async fn with_password(fixture: &Fixture, login: &str, role: Role) -> StoredMember {
    let made = member(fixture, login, role).await;
    let (store, who) = (&fixture.store, &fixture.who);
    let set = store.member_set_password(who, (made.id, made.version), hash("phc"), at(0));
    set.await.unwrap()
}

async fn session(fixture: &Fixture, member: MemberId, cookie: &str, seconds: i64) -> SessionId {
    let new = NewSession {
        id: SessionId::new(at(seconds), fixture.number()),
        digest: fixture.store.digest(Purpose::Session, cookie),
        member,
        version: fixture.store.member_fetch(member).await.unwrap().version,
        address: "203.0.113.7".to_owned(),
        user_agent: "x".repeat(500),
        expires_at: at(seconds + 43_200),
    };
    let made = fixture
        .store
        .session_open(&fixture.who, new, at(seconds))
        .await;
    made.unwrap().id
}

/// Whether the cookie of a session is good for anything.
async fn alive(fixture: &Fixture, cookie: &str, seconds: i64) -> bool {
    let digest = fixture.store.digest(Purpose::Session, cookie);
    let found = fixture.store.session_find(digest, IDLE, at(seconds)).await;
    found.unwrap().is_some()
}

async fn a_member_is_kept_as_it_was_given_and_edited_field_by_field(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let account = fixture.account("acme").await.account.id;
    let new = NewMember {
        login: "Ada@example.com".parse().unwrap(),
        name: name("Ada"),
        role: Role::Member(account),
        identity: Some(Identity {
            issuer: "https://id.example".to_owned(),
            subject: "17".to_owned(),
        }),
    };
    let made = insert(fixture, new.clone()).await.unwrap();
    assert_eq!(store.member_fetch(made.id).await.unwrap(), made);
    assert_eq!(
        (&made.login, made.role, made.version),
        (&new.login, new.role, 1)
    );
    assert_eq!(made.identity, new.identity);
    let found = store.member_find_by_identity(new.identity.unwrap()).await;
    assert_eq!(found.unwrap(), Some(made.clone()));
    let edit = MemberEdit {
        role: Some(Role::Auditor),
        identity: Some(None),
        ..MemberEdit::default()
    };
    let edited = store.member_edit(who, made.id, edit, at(5)).await.unwrap();
    let expected = StoredMember {
        role: Role::Auditor,
        identity: None,
        updated_at: at(5),
        version: 2,
        ..made.clone()
    };
    assert_eq!(edited, expected);
    assert_eq!(store.member_list().await.unwrap(), [expected]);
    store.member_delete(who, made.id, at(6)).await.unwrap();
    let gone = store.member_fetch(made.id).await;
    assert!(matches!(
        gone,
        Err(StoreError::NotFound {
            kind: Kind::Member,
            ..
        })
    ));
    let actions: Vec<_> = fixture
        .audit()
        .await
        .into_iter()
        .map(|one| one.action)
        .collect();
    assert_eq!(
        actions[1..],
        ["member.create", "member.edit", "member.delete"]
    );
}

async fn logins_are_unique_in_any_case_and_identities_are_unique(fixture: &Fixture) {
    let first = member(fixture, "Ada", Role::Operator).await;
    let new = |login: &str, subject: &str| NewMember {
        login: login.parse().unwrap(),
        name: name("Other"),
        role: Role::Auditor,
        identity: Some(Identity {
            issuer: "https://id.example".to_owned(),
            subject: subject.to_owned(),
        }),
    };
    let taken = insert(fixture, new("ADA", "1")).await;
    assert!(matches!(
        taken,
        Err(StoreError::NameTaken {
            kind: Kind::Member,
            ..
        })
    ));
    insert(fixture, new("bob", "1")).await.unwrap();
    let taken = insert(fixture, new("eve", "1")).await;
    assert!(matches!(taken, Err(StoreError::IdentityTaken)));
    let login = "aDA".parse().unwrap();
    let found = fixture.store.member_find_by_login(&login).await.unwrap();
    assert_eq!(found, Some(first));
}

async fn an_account_with_members_is_not_deleted(fixture: &Fixture) {
    let account = fixture.account("acme").await.account.id;
    member(fixture, "ada", Role::Member(account)).await;
    let refused = fixture
        .store
        .account_delete(&fixture.who, account, at(1))
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "account `acme` is still used by 1 member: change or delete them first"
    );
}

async fn an_edit_of_an_older_version_is_refused(fixture: &Fixture) {
    let made = member(fixture, "ada", Role::Operator).await;
    let edit = |version| MemberEdit {
        name: Some(name("Ada")),
        if_version: Some(version),
        ..MemberEdit::default()
    };
    let (store, who) = (&fixture.store, &fixture.who);
    store
        .member_edit(who, made.id, edit(1), at(1))
        .await
        .unwrap();
    let refused = store.member_edit(who, made.id, edit(1), at(2)).await;
    assert!(matches!(
        refused,
        Err(StoreError::Conflict {
            kind: Kind::Member,
            version: 2,
            ..
        })
    ));
}

async fn the_last_owner_who_can_sign_in_stays(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = with_password(fixture, "ada", Role::Owner).await;
    assert!(store.has_owner().await.unwrap());
    // Without a password, this one lets nobody in.
    let bob = member(fixture, "bob", Role::Owner).await;
    let disable = || MemberEdit {
        enabled: Some(false),
        ..MemberEdit::default()
    };
    let refused = store.member_edit(who, ada.id, disable(), at(1)).await;
    assert!(matches!(refused, Err(StoreError::LastOwner)));
    let refused = store.member_delete(who, ada.id, at(1)).await;
    assert!(matches!(refused, Err(StoreError::LastOwner)));
    assert_eq!(store.member_fetch(ada.id).await.unwrap(), ada);
    let set = store.member_set_password(who, (bob.id, bob.version), hash("phc"), at(2));
    set.await.unwrap();
    store
        .member_edit(who, ada.id, disable(), at(3))
        .await
        .unwrap();
    let refused = store.member_delete(who, bob.id, at(4)).await;
    assert!(matches!(refused, Err(StoreError::LastOwner)));
}

async fn a_session_is_found_until_it_ends(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = with_password(fixture, "ada", Role::Owner).await;
    let id = session(fixture, ada.id, "one", 0).await;
    session(fixture, ada.id, "two", 0).await;
    let listed = store.session_list(Some(ada.id), IDLE, at(1)).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].user_agent.len(), 200);
    assert!(alive(fixture, "one", 59).await);
    let seen = store.session_fetch(id).await.unwrap().seen_at;
    // Written at most once a minute.
    assert_eq!(seen, at(0));
    assert!(alive(fixture, "one", 7000).await);
    assert_eq!(store.session_fetch(id).await.unwrap().seen_at, at(7000));
    assert!(!alive(fixture, "two", 7200).await);
    assert_eq!(
        store
            .session_list(None, IDLE, at(7200))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(!alive(fixture, "One", 7000).await);
    store.session_close(who, id, true, at(7001)).await.unwrap();
    assert!(!alive(fixture, "one", 7001).await);
    let signed_in = store.member_fetch(ada.id).await.unwrap().signed_in_at;
    assert_eq!(signed_in, Some(at(0)));
    let last = fixture.audit().await.pop().unwrap();
    assert_eq!(
        (&*last.action, last.subject),
        ("member.sign-out", ada.id.to_string())
    );
    session(fixture, ada.id, "three", 8000).await;
    for seconds in [
        14_000, 20_000, 26_000, 32_000, 38_000, 44_000, 50_000, 51_199,
    ] {
        assert!(alive(fixture, "three", seconds).await, "{seconds}");
    }
    assert!(!alive(fixture, "three", 51_200).await);
}

async fn what_was_proved_before_a_change_is_worth_nothing_after_it(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = with_password(fixture, "ada", Role::Owner).await;
    let set = |text| store.member_set_password(who, (ada.id, ada.version), hash(text), at(1));
    set("other").await.unwrap();
    let late = set("stolen").await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    let new = NewSession {
        id: SessionId::new(at(2), fixture.number()),
        digest: store.digest(Purpose::Session, "late"),
        member: ada.id,
        version: ada.version,
        address: String::new(),
        user_agent: String::new(),
        expires_at: at(100),
    };
    let late = store.session_open(who, new, at(2)).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    assert!(!alive(fixture, "late", 3).await);
}

async fn a_member_has_so_many_sessions_and_no_more(fixture: &Fixture) {
    let ada = with_password(fixture, "ada", Role::Owner).await;
    for number in 0..51 {
        session(fixture, ada.id, &format!("c{number}"), number).await;
    }
    assert!(!alive(fixture, "c0", 51).await);
    assert!(alive(fixture, "c1", 51).await && alive(fixture, "c50", 51).await);
}

async fn a_password_or_another_role_ends_sessions(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    with_password(fixture, "root", Role::Owner).await;
    let ada = with_password(fixture, "ada", Role::Owner).await;
    session(fixture, ada.id, "one", 0).await;
    let set = store.member_set_password(who, (ada.id, ada.version), hash("other"), at(1));
    set.await.unwrap();
    assert!(!alive(fixture, "one", 2).await);
    session(fixture, ada.id, "two", 2).await;
    let rename = MemberEdit {
        name: Some(name("Ada")),
        ..MemberEdit::default()
    };
    store.member_edit(who, ada.id, rename, at(3)).await.unwrap();
    assert!(alive(fixture, "two", 3).await);
    let edit = MemberEdit {
        role: Some(Role::Operator),
        ..MemberEdit::default()
    };
    store.member_edit(who, ada.id, edit, at(3)).await.unwrap();
    assert!(!alive(fixture, "two", 3).await);
    let login = "ada".parse().unwrap();
    let proof = store.member_proof(&login).await.unwrap().unwrap();
    assert_eq!(proof.password, Some(hash("other")));
    // Of two that hash anew, the one that saw the present hash wins.
    store
        .member_rehash(ada.id, hash("old"), hash("lost"))
        .await
        .unwrap();
    store
        .member_rehash(ada.id, hash("other"), hash("new"))
        .await
        .unwrap();
    let proof = store.member_proof_of(ada.id).await.unwrap().unwrap();
    assert_eq!(proof.password, Some(hash("new")));
    assert_eq!(
        store.session_close_all(who, ada.id, at(4)).await.unwrap(),
        0
    );
}

fn link(fixture: &Fixture, text: &str) -> Digest {
    fixture.store.digest(Purpose::Link, text)
}

async fn a_link_works_once_and_a_newer_one_replaces_it(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = member(fixture, "ada", Role::Operator).await;
    let purpose = LinkPurpose::Invite(ada.id);
    for code in ["old", "new"] {
        let made = store.link_insert(who, purpose, link(fixture, code), at(100), at(0));
        made.await.unwrap();
    }
    assert_eq!(
        store.link_find(link(fixture, "old"), at(1)).await.unwrap(),
        None
    );
    let found = store.link_find(link(fixture, "new"), at(99)).await.unwrap();
    assert_eq!(found, Some((purpose, Some(ada))));
    assert_eq!(
        store
            .link_find(link(fixture, "new"), at(100))
            .await
            .unwrap(),
        None
    );
    let redeem = |at| store.link_redeem(who, link(fixture, "new"), hash("phc"), None, at);
    assert!(matches!(redeem(at(100)).await, Err(StoreError::NoLink)));
    assert!(redeem(at(99)).await.unwrap().has_password);
    assert!(matches!(redeem(at(99)).await, Err(StoreError::NoLink)));
}

async fn the_first_owner_is_made_once(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let new = |login: &str| NewMember {
        login: login.parse().unwrap(),
        name: name("First"),
        role: Role::Owner,
        identity: None,
    };
    let insert = |code| {
        let digest = link(fixture, code);
        store.link_insert(who, LinkPurpose::FirstOwner, digest, at(100), at(0))
    };
    insert("one").await.unwrap();
    let redeem = |first| store.link_redeem(who, link(fixture, "one"), hash("phc"), first, at(1));
    assert!(matches!(redeem(None).await, Err(StoreError::NoLink)));
    let id = MemberId::new(at(1), fixture.number());
    let made = redeem(Some((id, new("ada")))).await.unwrap();
    assert_eq!(
        (made.id, made.role, made.has_password),
        (id, Role::Owner, true)
    );
    assert!(matches!(insert("two").await, Err(StoreError::OwnerThere)));
}

async fn a_code_of_an_authenticator_is_taken_once(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = with_password(fixture, "ada", Role::Owner).await;
    let bob = with_password(fixture, "bob", Role::Owner).await;
    let secret = TotpSecret::new(vec![7; 20]);
    store.member_totp_offer(ada.id, &secret).await.unwrap();
    assert!(
        store
            .member_proof_of(ada.id)
            .await
            .unwrap()
            .unwrap()
            .totp
            .is_none()
    );
    let offered = store.member_totp_offered(ada.id).await.unwrap().unwrap();
    assert_eq!(offered.reveal(), secret.reveal());
    let code = store.digest(Purpose::RecoveryCode, "code");
    let confirm = store.member_totp_confirm(who, ada.id, 10, vec![code], at(1));
    assert!(confirm.await.unwrap().has_totp);
    let proof = store.member_proof_of(ada.id).await.unwrap().unwrap();
    assert_eq!(proof.totp.unwrap().reveal(), secret.reveal());
    assert!(store.member_totp_offered(ada.id).await.unwrap().is_none());
    assert!(store.member_totp_offer(ada.id, &secret).await.is_err());
    assert!(!store.member_totp_take(ada.id, 10).await.unwrap());
    assert!(store.member_totp_take(ada.id, 11).await.unwrap());
    assert!(!store.member_totp_take(ada.id, 11).await.unwrap());
    assert!(!store.member_recovery_take(bob.id, code).await.unwrap());
    assert!(store.member_recovery_take(ada.id, code).await.unwrap());
    assert!(!store.member_recovery_take(ada.id, code).await.unwrap());
    let removed = store.member_totp_remove(who, ada.id, at(2)).await.unwrap();
    assert!(!removed.has_totp);
}

async fn an_api_credential_is_found_until_it_is_taken_back(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = with_password(fixture, "ada", Role::Owner).await;
    let bob = with_password(fixture, "bob", Role::Operator).await;
    let digest = |text: &str| store.digest(Purpose::ApiCredential, text);
    let new = |text: &str, member| NewApiCredential {
        name: name(text),
        digest: digest(text),
        hint: "…".to_owned(),
        scope: ApiScope::Tokens,
        member,
        expires_at: Some(at(1000)),
    };
    let insert = async |new| {
        let id = ApiCredentialId::new(at(0), fixture.number());
        store.api_credential_insert(who, new, id, at(0)).await
    };
    let made = insert(new("deploy", ada.id)).await.unwrap();
    let taken = insert(new("deploy", bob.id)).await;
    assert!(matches!(
        taken,
        Err(StoreError::NameTaken {
            kind: Kind::ApiCredential,
            ..
        })
    ));
    insert(new("report", bob.id)).await.unwrap();
    assert_eq!(store.api_credential_list(None).await.unwrap().len(), 2);
    let own = store.api_credential_list(Some(ada.id)).await.unwrap();
    assert_eq!(own, std::slice::from_ref(&made));
    let find = async |text, seconds| {
        let found = store.api_credential_find(digest(text), at(seconds)).await;
        found
            .unwrap()
            .map(|(found, member)| (found.last_used_at, member.id))
    };
    assert_eq!(find("deploy", 10).await, Some((Some(at(10)), ada.id)));
    assert_eq!(find("deploy", 69).await, Some((Some(at(10)), ada.id)));
    assert_eq!(find("deploy", 70).await, Some((Some(at(70)), ada.id)));
    assert_eq!(find("deploy", 1000).await, None);
    assert_eq!(find("Deploy", 10).await, None);
    store
        .api_credential_delete(who, made.id, at(80))
        .await
        .unwrap();
    assert_eq!(find("deploy", 80).await, None);
    let disable = MemberEdit {
        enabled: Some(false),
        ..MemberEdit::default()
    };
    store
        .member_edit(who, bob.id, disable, at(81))
        .await
        .unwrap();
    assert_eq!(find("report", 82).await, None);
    store.member_delete(who, bob.id, at(83)).await.unwrap();
    assert_eq!(store.api_credential_list(None).await.unwrap(), []);
}

fn tries(fixture: &Fixture, login: &str, address: &str) -> Attempt {
    Attempt {
        login: fixture.store.digest(Purpose::Login, login),
        address: fixture.store.digest(Purpose::Address, address),
    }
}

async fn attempts_wait_longer_and_longer(fixture: &Fixture) {
    let store = &fixture.store;
    let (ada, bob) = (tries(fixture, "ada", "a"), tries(fixture, "bob", "b"));
    for count in 1..=6 {
        let counted = store.sign_in_attempt(ada, at(0)).await.unwrap();
        assert_eq!(counted, Attempted::Counted(count));
    }
    let early = Attempted::TooEarly(Duration::from_secs(1));
    assert_eq!(store.sign_in_attempt(ada, at(0)).await.unwrap(), early);
    assert_eq!(
        store.sign_in_attempt(bob, at(0)).await.unwrap(),
        Attempted::Counted(1)
    );
    assert_eq!(
        store.sign_in_attempt(ada, at(1)).await.unwrap(),
        Attempted::Counted(7)
    );
    let early = Attempted::TooEarly(Duration::from_secs(2));
    assert_eq!(store.sign_in_attempt(ada, at(1)).await.unwrap(), early);
    store.sign_in_passed(ada).await.unwrap();
    assert_eq!(
        store.sign_in_attempt(ada, at(1)).await.unwrap(),
        Attempted::Counted(1)
    );
    // After a day nothing is known of it.
    assert_eq!(
        store.sign_in_attempt(bob, at(86_400)).await.unwrap(),
        Attempted::Counted(1)
    );
}

async fn attempts_at_once_are_all_counted(fixture: &Fixture) {
    let all = (0..12).map(|number| {
        let attempt = tries(fixture, "ada", &format!("address {number}"));
        let store = fixture.store.clone();
        tokio::spawn(async move { store.sign_in_attempt(attempt, at(0)).await })
    });
    let mut counted = 0;
    for one in all.collect::<Vec<_>>() {
        let outcome = one.await.unwrap().unwrap();
        counted += u32::from(matches!(outcome, Attempted::Counted(_)));
    }
    assert_eq!(counted, 6);
}

async fn an_address_that_waits_makes_no_rows_of_logins(fixture: &Fixture) {
    let from = |login: &str| {
        let attempt = tries(fixture, login, "a");
        fixture.store.sign_in_attempt(attempt, at(0))
    };
    for number in 1..=21 {
        let counted = from(&format!("login {number}")).await.unwrap();
        assert_eq!(counted, Attempted::Counted(1));
    }
    let rows = fixture.rows("sign_in_attempts").await;
    for number in 22..=24 {
        let early = Attempted::TooEarly(Duration::from_secs(1));
        let refused = from(&format!("login {number}")).await.unwrap();
        assert_eq!(refused, early);
    }
    assert_eq!(fixture.rows("sign_in_attempts").await, rows);
}

async fn a_wait_that_goes_on_is_forgotten_last(fixture: &Fixture) {
    let store = &fixture.store;
    let (ada, bob) = (tries(fixture, "ada", "a"), tries(fixture, "bob", "b"));
    for _ in 1..=6 {
        store.sign_in_attempt(ada, at(0)).await.unwrap();
    }
    let bytes = match fixture.url.strip_prefix("sqlite:") {
        Some(_) => "BLOB",
        None => "BYTEA",
    };
    let newer = at(1).as_micros();
    fixture
        .sql(&format!(
            "WITH RECURSIVE numbers (number) AS \
                (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 20000) \
             INSERT INTO sign_in_attempts (hash, count, last_at, until_at) \
             SELECT CAST(CAST(number AS TEXT) AS {bytes}), 1, {newer}, 0 FROM numbers"
        ))
        .await;
    let counted = store.sign_in_attempt(bob, at(0)).await.unwrap();
    assert_eq!(counted, Attempted::Counted(1));
    assert!(fixture.rows("sign_in_attempts").await < 20_000);
    let early = Attempted::TooEarly(Duration::from_secs(1));
    assert_eq!(store.sign_in_attempt(ada, at(0)).await.unwrap(), early);
}

async fn an_idempotency_key_gives_the_first_answer_for_a_day(fixture: &Fixture) {
    let store = &fixture.store;
    let digest = |text| store.digest(Purpose::Idempotency, text);
    let (key, asked) = (digest("key"), digest("asked"));
    let begin = |seconds| store.idempotency_begin(key, asked, at(seconds));
    assert!(matches!(begin(0).await.unwrap(), Begun::New));
    assert!(matches!(begin(0).await.unwrap(), Begun::Underway));
    store.idempotency_abandon(key).await.unwrap();
    assert!(matches!(begin(1).await.unwrap(), Begun::New));
    store
        .idempotency_finish(key, b"sk-tg-answer")
        .await
        .unwrap();
    store.idempotency_abandon(key).await.unwrap();
    let Begun::Made(answer) = begin(86_400).await.unwrap() else {
        panic!("the answer should have been kept");
    };
    assert_eq!(&**answer, b"sk-tg-answer");
    let other = store
        .idempotency_begin(key, digest("something else"), at(2))
        .await;
    assert!(matches!(other.unwrap(), Begun::Another));
    assert!(matches!(begin(86_401).await.unwrap(), Begun::New));
}

async fn no_secret_of_a_person_is_in_the_audit_log(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let ada = member(fixture, "ada", Role::Owner).await;
    let set =
        store.member_set_password(who, (ada.id, ada.version), hash("$argon2id$needle"), at(0));
    set.await.unwrap();
    session(fixture, ada.id, "needle", 1).await;
    store.sign_in_failed(who, ada.id, 4, at(2)).await.unwrap();
    let log = format!("{:?}", fixture.audit().await);
    assert!(!log.contains("needle") && log.contains("sign-in-failure"));
}
