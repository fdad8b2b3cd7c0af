//! What a member of one account sees and does, and what programs do with API credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tollgate_admin_core::account::{self, AccountInput, CreditsInput, StatementFilter};
use tollgate_admin_core::api_credential::{self, ApiCredentialInput};
use tollgate_admin_core::audit::AuditFilter;
use tollgate_admin_core::explain::{self, ExplainInput};
use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::member::{self, MemberChange, MemberInput};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::session;
use tollgate_admin_core::token::{
    self, BulkAction, BulkInput, Issued, TokenChange, TokenFilter, TokenInput,
};
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::{
    AdminError, Context, ErrorKind, alert, audit, idempotency, model, upstream,
};
use tollgate_policy::secret::Secret;
use tollgate_store::StoreError;

use crate::people::{acting, joined, nobody, owner};
use crate::{World, later, named, refused};

fn member_id(context: &Context) -> String {
    context.caller().member().unwrap().to_string()
}

fn kind<T>(outcome: Result<T, AdminError>) -> ErrorKind {
    refused(outcome).0
}

/// A token of an account that nobody in these tests belongs to.
async fn foreign(world: &World) -> Issued {
    let account = AccountInput {
        name: "other".to_owned(),
        unlimited: true,
        ..AccountInput::default()
    };
    account::create(&world.context, &account).await.unwrap();
    let input = TokenInput {
        account: "other".to_owned(),
        ..named("theirs")
    };
    token::create(&world.context, &input).await.unwrap()
}

/// An API credential of who acts.
async fn program(world: &World, context: &Context, name: &str, scope: &str) -> Context {
    let input = ApiCredentialInput {
        name: name.to_owned(),
        scope: scope.to_owned(),
        ..ApiCredentialInput::default()
    };
    let made = api_credential::create(context, &input).await.unwrap();
    let secret = made.secret.reveal();
    api_credential::authenticate(&nobody(world), secret)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_account_is_not_there() {
    let world = World::new().await;
    let theirs = foreign(&world).await.token;
    let own = world.token("own").await.token;
    joined(&world, "bob", "member", Some("acme")).await;
    let bob = acting(&world, "bob").await;
    let (missing, change) = (ErrorKind::NotFound, TokenChange::default());
    for which in [theirs.id.as_str(), "theirs"] {
        assert_eq!(kind(token::show(&bob, which).await), missing);
        assert_eq!(kind(token::standing(&bob, which).await), missing);
        assert_eq!(kind(token::edit(&bob, which, &change).await), missing);
        assert_eq!(kind(token::rotate(&bob, which, None).await), missing);
        assert_eq!(kind(token::disable(&bob, which).await), missing);
        assert_eq!(kind(token::revoke(&bob, which).await), missing);
        assert_eq!(kind(token::delete(&bob, which).await), missing);
        let call = ExplainInput {
            token: which.to_owned(),
            model: Some("m".to_owned()),
            ip: "203.0.113.7".to_owned(),
            ..ExplainInput::default()
        };
        assert_eq!(kind(explain::explain(&bob, &call).await), missing);
        let filter = ReceiptFilter {
            token: Some(which.to_owned()),
            ..ReceiptFilter::default()
        };
        assert_eq!(kind(receipt::list(&bob, &filter).await), missing);
        let filter = UsageFilter {
            token: Some(which.to_owned()),
            ..UsageFilter::default()
        };
        assert_eq!(kind(usage::report(&bob, &filter).await), missing);
    }
    for which in [theirs.account.id.as_str(), "other"] {
        assert_eq!(kind(account::show(&bob, which).await), missing);
        let all = StatementFilter::default();
        assert_eq!(kind(account::statement(&bob, which, &all).await), missing);
        let filter = TokenFilter {
            account: Some(which.to_owned()),
            ..TokenFilter::default()
        };
        assert_eq!(kind(token::list(&bob, &filter).await), missing);
        let input = TokenInput {
            account: which.to_owned(),
            ..named("mine")
        };
        assert_eq!(kind(token::create(&bob, &input).await), missing);
        let give = TokenChange {
            account: Some(which.to_owned()),
            ..TokenChange::default()
        };
        assert_eq!(kind(token::edit(&bob, &own.id, &give).await), missing);
        let filter = UsageFilter {
            account: Some(which.to_owned()),
            ..UsageFilter::default()
        };
        assert_eq!(kind(usage::report(&bob, &filter).await), missing);
    }
    let bulk = BulkInput {
        ids: vec![theirs.id.clone(), own.id.clone()],
        action: BulkAction::Disable,
    };
    let done: Vec<_> = token::bulk(&bob, &bulk)
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.code)
        .collect();
    assert_eq!(done, [Some("not_found"), None]);
    assert_eq!(
        token::show(&world.context, &theirs.id)
            .await
            .unwrap()
            .status,
        "enabled"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_manages_the_tokens_of_their_account_and_nothing_else() {
    let world = World::new().await;
    foreign(&world).await;
    joined(&world, "bob", "member", Some("acme")).await;
    let bob = acting(&world, "bob").await;
    let own = token::create(&bob, &named("own")).await.unwrap().token;
    assert_eq!(own.creator, "bob");
    let seen = token::list(&bob, &TokenFilter::default())
        .await
        .unwrap()
        .entries;
    assert_eq!(
        seen.iter().map(|one| &one.id).collect::<Vec<_>>(),
        [&own.id]
    );
    let accounts = account::list(&bob).await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert!(group::list(&bob).await.is_ok() && model::list(&bob).await.is_ok());
    assert!(usage::report(&bob, &UsageFilter::default()).await.is_ok());
    let forbidden = ErrorKind::Forbidden;
    let credits = CreditsInput {
        amount: "5".to_owned(),
        ..CreditsInput::default()
    };
    assert_eq!(
        kind(account::top_up(&bob, "acme", &credits).await),
        forbidden
    );
    let input = GroupInput::default();
    assert_eq!(kind(group::create(&bob, &input).await), forbidden);
    let change = GroupChange::default();
    assert_eq!(
        kind(group::edit(&bob, "standard", &change).await),
        forbidden
    );
    assert_eq!(kind(upstream::list(&bob).await), forbidden);
    assert_eq!(
        kind(audit::list(&bob, &AuditFilter::default()).await),
        forbidden
    );
    assert_eq!(
        kind(alert::list(&bob, &Default::default()).await),
        forbidden
    );
    assert_eq!(kind(member::list(&bob).await), forbidden);
    let by_upstream = UsageFilter {
        by: vec!["upstream".to_owned()],
        ..UsageFilter::default()
    };
    assert_eq!(kind(usage::report(&bob, &by_upstream).await), forbidden);
    token::delete(&bob, "own").await.unwrap();
    let log = audit::list(&world.context, &AuditFilter::default())
        .await
        .unwrap();
    let last = &log.entries[0];
    let seen = (&*last.action, &*last.actor, &*last.origin);
    assert_eq!(seen, ("token.delete", "bob", "203.0.113.7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_changes_nothing_and_nobody_does_nothing() {
    let world = World::new().await;
    joined(&world, "eve", "auditor", None).await;
    let eve = acting(&world, "eve").await;
    assert!(audit::list(&eve, &AuditFilter::default()).await.is_ok());
    assert!(member::list(&eve).await.is_ok());
    assert_eq!(
        kind(token::create(&eve, &named("own")).await),
        ErrorKind::Forbidden
    );
    let input = MemberInput::default();
    assert_eq!(
        kind(member::invite(&eve, &input).await),
        ErrorKind::Forbidden
    );
    let stranger = nobody(&world);
    let unknown = ErrorKind::Unauthenticated;
    assert_eq!(
        kind(token::list(&stranger, &TokenFilter::default()).await),
        unknown
    );
    assert_eq!(kind(group::list(&stranger).await), unknown);
    assert_eq!(kind(api_credential::list(&stranger).await), unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_does_what_its_scope_and_its_member_may_both_do() {
    let world = World::new().await;
    owner(&world).await;
    joined(&world, "bob", "member", Some("acme")).await;
    let ada = acting(&world, "ada@example.com").await;
    let bob = acting(&world, "bob").await;
    let reads = program(&world, &ada, "reads", "read").await;
    assert!(token::list(&reads, &TokenFilter::default()).await.is_ok());
    assert_eq!(
        kind(token::create(&reads, &named("one")).await),
        ErrorKind::Forbidden
    );
    let tokens = program(&world, &ada, "tokens", "tokens").await;
    token::create(&tokens, &named("one")).await.unwrap();
    let input = GroupInput {
        name: "gold".to_owned(),
        ..GroupInput::default()
    };
    assert_eq!(
        kind(group::create(&tokens, &input).await),
        ErrorKind::Forbidden
    );
    let all = program(&world, &ada, "all", "all").await;
    group::create(&all, &input).await.unwrap();
    let own = program(&world, &bob, "own", "all").await;
    assert_eq!(
        kind(group::create(&own, &input).await),
        ErrorKind::Forbidden
    );
    assert_eq!(own.confined_to(), bob.confined_to());
    assert_eq!(own.actor().origin, "api own@203.0.113.7");
    // Nothing is won by asking a program for another one.
    let more = ApiCredentialInput {
        name: "more".to_owned(),
        scope: "all".to_owned(),
        member: Some("ada@example.com".to_owned()),
        ..ApiCredentialInput::default()
    };
    assert_eq!(
        kind(api_credential::create(&all, &more).await),
        ErrorKind::Forbidden
    );
    assert_eq!(
        kind(api_credential::create(&bob, &more).await),
        ErrorKind::Forbidden
    );
    // A program looks at what is its member's, and takes none of it back.
    for program in [&reads, &all] {
        let which = member_id(&ada);
        let outcome = api_credential::revoke(program, "tokens").await;
        assert_eq!(kind(outcome), ErrorKind::Forbidden);
        let outcome = session::revoke_all(program, &which).await;
        assert_eq!(kind(outcome), ErrorKind::Forbidden);
    }
    assert_eq!(api_credential::list(&reads).await.unwrap().len(), 4);
    assert_eq!(api_credential::list(&bob).await.unwrap().len(), 1);
    assert_eq!(api_credential::list(&ada).await.unwrap().len(), 4);
    assert_eq!(
        kind(api_credential::revoke(&bob, "all").await),
        ErrorKind::NotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_no_api_credential_and_the_other_way_round() {
    let world = World::new().await;
    owner(&world).await;
    let ada = acting(&world, "ada@example.com").await;
    let issued = world.token("one").await;
    let stranger = nobody(&world);
    let outcome = api_credential::authenticate(&stranger, issued.secret.reveal()).await;
    let (kind, text) = refused(outcome.map(|_| ()));
    assert_eq!(kind, ErrorKind::Unauthenticated);
    assert!(text.contains("tokens are for calls alone") && !text.contains("sk-tg-"));
    let input = ApiCredentialInput {
        name: "short".to_owned(),
        scope: "read".to_owned(),
        expires: "1h".to_owned(),
        ..ApiCredentialInput::default()
    };
    let made = api_credential::create(&ada, &input).await.unwrap();
    let secret = made.secret.reveal().to_owned();
    assert!(Secret::parse(&secret).is_err());
    assert!(
        api_credential::authenticate(&stranger, &secret)
            .await
            .is_ok()
    );
    later(3600);
    let outcome = api_credential::authenticate(&stranger, &secret).await;
    let (kind, _) = refused(outcome.map(|_| ()));
    assert_eq!(kind, ErrorKind::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_under_a_key_happens_once() {
    let world = World::new().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let create = async |key: &str, request: &str, name: &'static str| {
        let (context, runs) = (world.context.clone(), Arc::clone(&runs));
        let work = async move {
            runs.fetch_add(1, Ordering::Relaxed);
            let made = token::create(&context, &named(name)).await?;
            Ok(made.secret.reveal().as_bytes().to_vec())
        };
        idempotency::once(&world.context, key, request, work).await
    };
    let first = create("k1", "POST /tokens one", "one").await.unwrap();
    let again = create("k1", "POST /tokens one", "one").await.unwrap();
    assert_eq!(*first.body, *again.body);
    assert!(!first.replayed && again.replayed);
    let outcome = create("k1", "POST /tokens two", "two").await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::InvalidInput);
    // What was refused can be asked for again.
    let outcome = create("k2", "POST /tokens x", "x").await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::InvalidInput);
    create("k2", "POST /tokens y", "yes").await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    let needle = &first.body[..];
    let disk = world.bytes();
    assert!(!disk.windows(needle.len()).any(|window| window == needle));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_made_is_not_made_again_under_its_key() {
    let world = World::new().await;
    let attempt = async || {
        let context = world.context.clone();
        let work = async move {
            token::create(&context, &named("one")).await?;
            // The answer of the store is lost.
            let error = StoreError::Unavailable("the connection broke".into());
            Err(AdminError::from(error))
        };
        let outcome = idempotency::once(&world.context, "k1", "POST /tokens one", work).await;
        kind(outcome.map(|_| ()))
    };
    assert_eq!(attempt().await, ErrorKind::StoreUnavailable);
    assert_eq!(attempt().await, ErrorKind::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_to_the_same_rights_alone() {
    let world = World::new().await;
    owner(&world).await;
    joined(&world, "bob", "operator", None).await;
    let create = async || {
        let context = acting(&world, "bob").await;
        let caller = context.clone();
        let work = async move {
            let made = token::create(&context, &named("one")).await?;
            Ok(made.secret.reveal().as_bytes().to_vec())
        };
        idempotency::once(&caller, "k1", "POST /tokens one", work).await
    };
    assert!(!create().await.unwrap().replayed);
    assert!(create().await.unwrap().replayed);
    let change = MemberChange {
        role: Some("auditor".to_owned()),
        ..MemberChange::default()
    };
    member::edit(&world.context, "bob", &change).await.unwrap();
    let outcome = create().await.map(|_| ());
    assert_eq!(kind(outcome), ErrorKind::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_are_changed_at_once_each_with_its_result() {
    let world = World::new().await;
    let (one, two) = (
        world.token("one").await.token.id,
        world.token("two").await.token.id,
    );
    let run = async |ids: &[&str], action| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        token::bulk(&world.context, &BulkInput { ids, action }).await
    };
    let gone = "tok_0000000000001";
    let done = run(&[&one, gone, &two, &one], BulkAction::Revoke)
        .await
        .unwrap();
    let codes: Vec<_> = done.iter().map(|one| one.code).collect();
    assert_eq!(codes, [None, Some("not_found"), None]);
    let done = run(&[&one], BulkAction::Enable).await.unwrap();
    assert_eq!((done[0].done, done[0].code), (false, Some("conflict")));
    let group = "nowhere".to_owned();
    assert_eq!(
        kind(run(&[&one], BulkAction::Move { group }).await),
        ErrorKind::NotFound
    );
    let expires = "30d".to_owned();
    assert!(run(&[&two], BulkAction::Expire { expires }).await.unwrap()[0].done);
    assert!(
        token::show(&world.context, &two)
            .await
            .unwrap()
            .expires_at
            .is_some()
    );
    assert!(
        run(&[&one, &two], BulkAction::Delete)
            .await
            .unwrap()
            .iter()
            .all(|one| one.done)
    );
    assert_eq!(
        kind(run(&[], BulkAction::Delete).await),
        ErrorKind::InvalidInput
    );
    let many = vec![gone; 1001];
    assert_eq!(
        kind(run(&many, BulkAction::Delete).await),
        ErrorKind::InvalidInput
    );
    let read: BulkInput =
        serde_json::from_str(r#"{"ids": ["tok_1"], "action": "move", "group": "gold"}"#).unwrap();
    assert!(matches!(read.action, BulkAction::Move { group } if group == "gold"));
}
