//! Members, links, sessions and signing in.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tollgate_admin_core::api_credential::{self, ApiCredentialInput};
use tollgate_admin_core::audit::{self, AuditFilter};
use tollgate_admin_core::link::{self, Link, Redeem};
use tollgate_admin_core::member::{self, MemberChange, MemberInput};
use tollgate_admin_core::profile::{self, TotpOffer};
use tollgate_admin_core::session::{self, Begun, Resumed, Terms};
use tollgate_admin_core::sign_in::{self, Outcome, SignIn, Whence};
use tollgate_admin_core::view::member::MemberView;
use tollgate_admin_core::{AdminError, Context, ErrorKind};

use crate::{World, later, now, refused};

pub const PASSWORD: &str = "correct horse battery";

pub fn nobody(world: &World) -> Context {
    Context::nobody(world.context.store().clone(), "203.0.113.7", now)
}

pub fn whence() -> Whence {
    Whence {
        address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
        user_agent: "test".to_owned(),
    }
}

pub async fn redeem(world: &World, link: &Link) -> Result<MemberView, AdminError> {
    let input = Redeem {
        code: link.code.reveal().to_owned(),
        password: PASSWORD.to_owned(),
        login: Some("Ada@example.com".to_owned()),
        name: None,
    };
    link::redeem(&nobody(world), &input).await
}

/// The first owner, `ada@example.com`.
pub async fn owner(world: &World) -> MemberView {
    let link = link::init(&world.context).await.unwrap().unwrap();
    redeem(world, &link).await.unwrap()
}

/// A member with a password.
pub async fn joined(world: &World, login: &str, role: &str, account: Option<&str>) -> MemberView {
    let input = MemberInput {
        login: login.to_owned(),
        role: role.to_owned(),
        account: account.map(str::to_owned),
        ..MemberInput::default()
    };
    let invited = member::invite(&world.context, &input).await.unwrap();
    redeem(world, &invited.link.unwrap()).await.unwrap()
}

pub async fn attempt(
    world: &World,
    login: &str,
    password: &str,
    code: Option<&str>,
) -> Result<Outcome, AdminError> {
    let input = SignIn {
        login: login.to_owned(),
        password: password.to_owned(),
        code: code.map(str::to_owned),
    };
    sign_in::sign_in(&nobody(world), &input, &whence(), Terms::default()).await
}

pub async fn signed_in(world: &World, login: &str) -> Begun {
    match attempt(world, login, PASSWORD, None).await.unwrap() {
        Outcome::SignedIn(begun) => *begun,
        Outcome::NeedsCode => panic!("no code was to be asked for"),
    }
}

pub async fn resume(world: &World, cookie: &str) -> Result<Resumed, AdminError> {
    session::resume(&nobody(world), cookie, Terms::default()).await
}

/// A context of somebody who has signed in.
pub async fn acting(world: &World, login: &str) -> Context {
    let begun = signed_in(world, login).await;
    resume(world, begun.cookie.reveal()).await.unwrap().context
}

fn kind<T>(outcome: Result<T, AdminError>) -> ErrorKind {
    refused(outcome).0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_owner_comes_by_a_link_that_works_once() {
    let world = World::new().await;
    let older = link::init(&world.context).await.unwrap().unwrap();
    let link = link::init(&world.context).await.unwrap().unwrap();
    assert_eq!(kind(redeem(&world, &older).await), ErrorKind::NotFound);
    let seen = link::look(&nobody(&world), link.code.reveal())
        .await
        .unwrap();
    assert_eq!((&*seen.purpose, seen.member), ("first-owner", None));
    let owner = redeem(&world, &link).await.unwrap();
    assert_eq!((&*owner.login, &*owner.role), ("Ada@example.com", "owner"));
    assert_eq!(kind(redeem(&world, &link).await), ErrorKind::NotFound);
    assert!(link::init(&world.context).await.unwrap().is_none());
    let needle = link.code.reveal().as_bytes();
    let disk = world.bytes();
    assert!(!disk.windows(needle.len()).any(|window| window == needle));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_after_a_day_and_a_poor_password_does_not_use_it_up() {
    let world = World::new().await;
    let link = link::init(&world.context).await.unwrap().unwrap();
    for poor in ["short", "aaaaaaaaaaaaaaa", "ADA@example.com"] {
        let input = Redeem {
            code: link.code.reveal().to_owned(),
            password: poor.to_owned(),
            login: Some("ada@example.com".to_owned()),
            name: None,
        };
        let outcome = link::redeem(&nobody(&world), &input).await;
        assert_eq!(kind(outcome), ErrorKind::InvalidInput, "{poor}");
    }
    later(24 * 60 * 60 - 1);
    assert!(
        link::look(&nobody(&world), link.code.reveal())
            .await
            .is_ok()
    );
    later(1);
    assert_eq!(kind(redeem(&world, &link).await), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_by_a_login_in_any_case_and_a_cookie_is_theirs() {
    let world = World::new().await;
    owner(&world).await;
    let begun = signed_in(&world, " ADA@EXAMPLE.COM ").await;
    assert_eq!(begun.session.address, "203.0.113.7");
    let resumed = resume(&world, begun.cookie.reveal()).await.unwrap();
    assert_eq!(resumed.context.actor().name, "Ada@example.com");
    assert!(resumed.session.current);
    let other = signed_in(&world, "ada@example.com").await;
    assert_ne!(other.cookie.reveal(), begun.cookie.reveal());
    session::sign_out(&resumed).await.unwrap();
    let ended = resume(&world, begun.cookie.reveal()).await.map(|_| ());
    assert_eq!(kind(ended), ErrorKind::Unauthenticated);
    assert!(resume(&world, other.cookie.reveal()).await.is_ok());
    let needle = other.cookie.reveal().as_bytes();
    let disk = world.bytes();
    assert!(!disk.windows(needle.len()).any(|window| window == needle));
    let filter = AuditFilter::default();
    let log = audit::list(&world.context, &filter);
    let actions: Vec<_> = log
        .await
        .unwrap()
        .entries
        .into_iter()
        .map(|one| one.action)
        .collect();
    assert_eq!(
        actions[..3],
        ["member.sign-out", "member.sign-in", "member.sign-in"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_idle_and_after_half_a_day() {
    let world = World::new().await;
    owner(&world).await;
    let idle = signed_in(&world, "ada@example.com").await;
    let busy = signed_in(&world, "ada@example.com").await;
    for _ in 0..7 {
        later(100 * 60);
        assert!(resume(&world, busy.cookie.reveal()).await.is_ok());
    }
    let outcome = resume(&world, idle.cookie.reveal()).await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
    later(20 * 60);
    let outcome = resume(&world, busy.cookie.reveal()).await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_login_get_one_answer_and_are_slowed() {
    let world = World::new().await;
    owner(&world).await;
    let wrong = refused(attempt(&world, "ada@example.com", "not the password", None).await);
    let unknown = refused(attempt(&world, "eve@example.com", "not the password", None).await);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.0, ErrorKind::Unauthenticated);
    for _ in 0..5 {
        let outcome = attempt(&world, "ada@example.com", "not the password", None).await;
        assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
    }
    // Also the right one has to wait now, and waiting is enough.
    let early = attempt(&world, "ada@example.com", PASSWORD, None).await;
    let Err(AdminError::TooMany { retry_after }) = early else {
        panic!("this attempt came too early");
    };
    assert_eq!(retry_after, Duration::from_secs(1));
    later(1);
    signed_in(&world, "ada@example.com").await;
    let outcome = attempt(&world, "ada@example.com", "not the password", None).await;
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_logins_is_slowed() {
    let world = World::new().await;
    for number in 0..21 {
        let outcome = attempt(&world, &format!("user{number}"), "whatever it is", None).await;
        assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
    }
    let outcome = attempt(&world, "another", "whatever it is", None).await;
    assert_eq!(kind(outcome), ErrorKind::TooMany);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_all_other_sessions() {
    let world = World::new().await;
    owner(&world).await;
    let old = signed_in(&world, "ada@example.com").await;
    let context = acting(&world, "ada@example.com").await;
    let change = |from, to| profile::change_password(&context, from, to, "test", Terms::default());
    let outcome = change("not the password", "another long password").await;
    assert_eq!(kind(outcome), ErrorKind::InvalidInput);
    let begun = change(PASSWORD, "another long password").await.unwrap();
    let outcome = resume(&world, old.cookie.reveal()).await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
    assert!(resume(&world, begun.cookie.reveal()).await.is_ok());
    let outcome = attempt(&world, "ada@example.com", PASSWORD, None).await;
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_or_being_disabled_ends_sessions_and_a_reset_waits_for_its_link() {
    let world = World::new().await;
    owner(&world).await;
    joined(&world, "bob", "operator", None).await;
    let begun = signed_in(&world, "bob").await;
    let change = MemberChange {
        role: Some("auditor".to_owned()),
        ..MemberChange::default()
    };
    let changed = member::edit(&world.context, "BOB", &change).await.unwrap();
    assert_eq!((&*changed.role, changed.version), ("auditor", 3));
    let outcome = resume(&world, begun.cookie.reveal()).await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
    let reset = member::reset_password(&world.context, "bob").await.unwrap();
    signed_in(&world, "bob").await;
    redeem(&world, &reset.link.unwrap()).await.unwrap();
    let stale = MemberChange {
        enabled: Some(false),
        if_version: Some(3),
        ..MemberChange::default()
    };
    let outcome = member::edit(&world.context, "bob", &stale).await;
    assert_eq!(kind(outcome), ErrorKind::Stale);
    let disable = MemberChange {
        if_version: None,
        ..stale
    };
    member::edit(&world.context, "bob", &disable).await.unwrap();
    let outcome = attempt(&world, "bob", PASSWORD, None).await;
    assert_eq!(kind(outcome), ErrorKind::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_who_can_sign_in_stays() {
    let world = World::new().await;
    owner(&world).await;
    let invited = MemberInput {
        login: "bob".to_owned(),
        role: "owner".to_owned(),
        ..MemberInput::default()
    };
    // An invited owner without a password cannot let anybody in.
    let bob = member::invite(&world.context, &invited).await.unwrap();
    let less = MemberChange {
        role: Some("operator".to_owned()),
        ..MemberChange::default()
    };
    let outcome = member::edit(&world.context, "ada@example.com", &less).await;
    assert_eq!(kind(outcome), ErrorKind::Conflict);
    let outcome = member::delete(&world.context, "ada@example.com").await;
    assert_eq!(kind(outcome), ErrorKind::Conflict);
    redeem(&world, &bob.link.unwrap()).await.unwrap();
    member::delete(&world.context, "ada@example.com")
        .await
        .unwrap();
    assert_eq!(member::list(&world.context).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_session_guesses_the_password_as_slowly_as_at_sign_in() {
    let world = World::new().await;
    owner(&world).await;
    let stolen = acting(&world, "ada@example.com").await;
    for guess in 0..6 {
        let wrong = format!("guess number {guess}");
        let outcome = match guess % 3 {
            0 => profile::offer_totp(&stolen, &wrong).await.map(|_| ()),
            1 => profile::remove_totp(&stolen, &wrong).await.map(|_| ()),
            _ => profile::change_password(&stolen, &wrong, "x", "test", Terms::default())
                .await
                .map(|_| ()),
        };
        assert_eq!(kind(outcome), ErrorKind::InvalidInput, "guess {guess}");
    }
    // Not even the right one is judged before the wait is over.
    let early = profile::offer_totp(&stolen, PASSWORD).await.map(|_| ());
    assert_eq!(kind(early), ErrorKind::TooMany);
    // Who signs in does not wait for it, and it is in the audit log.
    signed_in(&world, "ada@example.com").await;
    let filter = AuditFilter {
        action: Some("member.sign-in-failure".to_owned()),
        ..AuditFilter::default()
    };
    let noted = audit::list(&world.context, &filter).await.unwrap().entries;
    let counts: Vec<_> = noted.iter().map(|one| one.after.clone().unwrap()).collect();
    let counts: Vec<_> = counts.iter().map(|one| one["failures"].clone()).collect();
    assert_eq!(counts, [4, 2, 1]);
    assert!(noted.iter().all(|one| one.actor != "nobody"), "{noted:?}");
    later(1);
    profile::offer_totp(&stolen, PASSWORD).await.unwrap();
    // The right one let go of what was counted; codes are counted alike.
    for _ in 0..6 {
        let outcome = profile::confirm_totp(&stolen, "000000x").await.map(|_| ());
        assert_eq!(kind(outcome), ErrorKind::InvalidInput);
    }
    let early = profile::confirm_totp(&stolen, "000000x").await.map(|_| ());
    assert_eq!(kind(early), ErrorKind::TooMany);
}

/// The code of an authenticator at this moment.
fn code(offer: &TotpOffer) -> String {
    let secret = totp_rs::Secret::Encoded((*offer.secret).clone());
    let bytes = secret.to_bytes().unwrap();
    let totp = totp_rs::TOTP::new(
        totp_rs::Algorithm::SHA1,
        6,
        1,
        30,
        bytes,
        None,
        "x".to_owned(),
    );
    let seconds = now().as_micros() / 1_000_000;
    totp.unwrap().generate(seconds.unsigned_abs())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_an_authenticator_is_asked_for_and_taken_once() {
    let world = World::new().await;
    owner(&world).await;
    let context = acting(&world, "ada@example.com").await;
    let offer = profile::offer_totp(&context, PASSWORD).await.unwrap();
    assert!(offer.address.starts_with("otpauth://totp/Tollgate:"));
    // Not confirmed yet: nothing is asked for.
    signed_in(&world, "ada@example.com").await;
    let outcome = profile::confirm_totp(&context, "000000x").await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::InvalidInput);
    let recovery = profile::confirm_totp(&context, &code(&offer))
        .await
        .unwrap();
    let with = async |code: &str| attempt(&world, "ada@example.com", PASSWORD, Some(code)).await;
    let outcome = attempt(&world, "ada@example.com", PASSWORD, None).await;
    assert!(matches!(outcome, Ok(Outcome::NeedsCode)));
    // The code by which it was confirmed was taken by that.
    assert_eq!(kind(with(&code(&offer)).await), ErrorKind::Unauthenticated);
    later(30);
    let next = code(&offer);
    assert!(matches!(with(&next).await, Ok(Outcome::SignedIn(_))));
    assert_eq!(kind(with(&next).await), ErrorKind::Unauthenticated);
    // Two steps are one attempt of an address.
    for _ in 0..21 {
        let outcome = attempt(&world, "ada@example.com", PASSWORD, None).await;
        assert!(matches!(outcome, Ok(Outcome::NeedsCode)));
        later(30);
        let outcome = with(&code(&offer)).await;
        assert!(matches!(outcome, Ok(Outcome::SignedIn(_))));
    }
    let spare = recovery.0[0].to_uppercase();
    assert!(matches!(with(&spare).await, Ok(Outcome::SignedIn(_))));
    assert_eq!(kind(with(&spare).await), ErrorKind::Unauthenticated);
    let removed = member::remove_totp(&world.context, "ada@example.com");
    assert!(!removed.await.unwrap().totp);
    signed_in(&world, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_by_their_member_and_by_owners() {
    let world = World::new().await;
    let ada = owner(&world).await;
    joined(&world, "bob", "member", Some("acme")).await;
    let terms = Terms::default();
    let (owners, bobs) = (
        acting(&world, "ada@example.com").await,
        acting(&world, "bob").await,
    );
    assert_eq!(session::list(&owners, None, terms).await.unwrap().len(), 2);
    assert_eq!(
        kind(session::list(&bobs, None, terms).await),
        ErrorKind::Forbidden
    );
    let own = bobs.caller().member().unwrap().to_string();
    let seen = session::list(&bobs, Some(&own), terms).await.unwrap();
    assert_eq!(seen.len(), 1);
    let adas = session::list(&owners, Some(&ada.id), terms).await.unwrap();
    // Somebody else's session is not there for a member.
    assert_eq!(
        kind(session::revoke(&bobs, &adas[0].id).await),
        ErrorKind::NotFound
    );
    session::revoke(&owners, &seen[0].id).await.unwrap();
    assert_eq!(session::revoke_all(&owners, &ada.id).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_a_member_are_in_the_audit_log_and_cannot_fill_it() {
    let world = World::new().await;
    owner(&world).await;
    for _ in 0..5 {
        let _ = attempt(&world, "ada@example.com", "not the password", None).await;
    }
    let filter = AuditFilter {
        action: Some("member.sign-in-failure".to_owned()),
        ..AuditFilter::default()
    };
    let all = async {
        loop {
            let found = audit::list(&world.context, &filter).await.unwrap();
            if found.entries.len() >= 3 {
                return found.entries;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), all)
        .await
        .unwrap();
    let mut counts: Vec<_> = found
        .into_iter()
        .filter_map(|one| one.after)
        .map(|after| after["failures"].as_i64())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [Some(1), Some(2), Some(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_thing_has_a_history() {
    let world = World::new().await;
    let ada = owner(&world).await;
    let begun = acting(&world, "ada@example.com").await;
    let sessions = session::list(&begun, Some(&ada.id), Terms::default()).await;
    for one in sessions.unwrap() {
        session::revoke(&begun, &one.id).await.unwrap();
    }
    let input = ApiCredentialInput {
        name: "nightly".to_owned(),
        scope: "read".to_owned(),
        member: Some(ada.id),
        expires: String::new(),
    };
    api_credential::create(&world.context, &input)
        .await
        .unwrap();
    let all = AuditFilter::default();
    let all = audit::list(&world.context, &all).await.unwrap().entries;
    for kind in ["account", "group", "member", "session", "api-credential"] {
        let one = all.iter().find(|one| one.kind == kind);
        let one = one.unwrap_or_else(|| panic!("nothing of kind {kind}: {all:?}"));
        let filter = AuditFilter {
            subject: Some(one.subject.clone()),
            ..AuditFilter::default()
        };
        let found = audit::list(&world.context, &filter).await.unwrap().entries;
        assert!(found.contains(one), "{kind}: {found:?}");
        assert!(found.iter().all(|other| other.subject == one.subject));
    }
}
