use tollgate_admin_core::input::scope::ScopeInput;
use tollgate_admin_core::token::{self, TokenChange, TokenFilter, TokenInput};
use tollgate_admin_core::{ErrorKind, audit};
use tollgate_policy::secret::Secret;

use crate::{World, later, named, refused, texts};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_kept_nowhere_and_finds_its_token() {
    let world = World::new().await;
    let issued = world.token("first").await;
    let text = issued.secret.reveal();
    assert!(text.starts_with("sk-tg-"));
    let shown = serde_json::to_string(&issued.token).unwrap();
    let log = audit::list(&world.context, &audit::AuditFilter::default())
        .await
        .unwrap();
    let log = serde_json::to_string(&log).unwrap();
    let disk = world.bytes();
    let needle = text.as_bytes();
    assert!(!shown.contains(text) && !log.contains(text));
    assert!(!disk.windows(needle.len()).any(|window| window == needle));
    let store = world.context.store();
    let hash = Secret::parse(text).unwrap().hash(&store.hash_key());
    let found = store.token_find_by_hash(hash).await.unwrap().unwrap();
    assert_eq!(found.token.id.to_string(), issued.token.id);
    assert_eq!(issued.token.secrets[0].hint, issued.secret.hint());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_as_it_was_written() {
    let world = World::new().await;
    let input = TokenInput {
        expires: "30d".to_owned(),
        quota: "12.5".to_owned(),
        scope: ScopeInput {
            models: texts(&["gpt-*"]),
            networks: texts(&["10.0.0.0/8"]),
            ..ScopeInput::default()
        },
        note: "for the nightly run".to_owned(),
        ..named("reporting")
    };
    let made = token::create(&world.context, &input).await.unwrap().token;
    assert_eq!(made.status, "enabled");
    assert_eq!(
        (made.account.name.as_str(), made.group.name.as_str()),
        ("acme", "standard")
    );
    assert_eq!(made.quota.as_deref(), Some("12.5"));
    assert_eq!(
        (made.used.as_str(), made.remaining.as_deref()),
        ("0", Some("12.5"))
    );
    assert_eq!(made.expires_at.as_deref(), Some("2027-02-14T08:00:00Z"));
    assert_eq!(made.scope.models, texts(&["gpt-*"]));
    assert_eq!(made.scope.providers, None);
    assert_eq!(made.creator, "ada");
    assert_eq!(made.warnings, ["`gpt-*` matches no model of the gallery"]);
    assert_eq!(
        token::show(&world.context, "reporting").await.unwrap(),
        made
    );
    assert_eq!(token::show(&world.context, &made.id).await.unwrap(), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_makes_no_token() {
    let world = World::new().await;
    let bad = |change: fn(&mut TokenInput)| {
        let mut input = named("fine");
        change(&mut input);
        input
    };
    for (input, kind, start) in [
        (
            named("x"),
            ErrorKind::InvalidInput,
            "invalid name: a name has 2 to 50 characters",
        ),
        (
            bad(|one| one.expires = "soon".into()),
            ErrorKind::InvalidInput,
            "invalid expires: `soon`",
        ),
        (
            bad(|one| one.quota = "-1".into()),
            ErrorKind::InvalidInput,
            "invalid quota: `-1`",
        ),
        (
            bad(|one| one.note = "x".repeat(501)),
            ErrorKind::InvalidInput,
            "invalid note",
        ),
        (
            bad(|one| one.account = "nobody".into()),
            ErrorKind::NotFound,
            "there is no account `nobody`",
        ),
        (
            bad(|one| one.group = "a".into()),
            ErrorKind::NotFound,
            "there is no group `a`",
        ),
    ] {
        let (seen, text) = refused(token::create(&world.context, &input).await);
        assert_eq!(seen, kind, "{text}");
        assert!(text.starts_with(start), "{text}");
    }
    let all = token::list(&world.context, &TokenFilter::default())
        .await
        .unwrap();
    assert_eq!(all.entries, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_what_it_says_and_nothing_else() {
    let world = World::new().await;
    let input = TokenInput {
        expires: "30d".to_owned(),
        quota: "5".to_owned(),
        ..named("first")
    };
    let made = token::create(&world.context, &input).await.unwrap().token;
    let change = TokenChange {
        name: Some("renamed".to_owned()),
        expires: Some("-1".to_owned()),
        scope: ScopeInput {
            endpoints: texts(&["chat.completions"]),
            ..ScopeInput::default()
        },
        ..TokenChange::default()
    };
    let edited = token::edit(&world.context, &made.id, &change)
        .await
        .unwrap();
    assert_eq!((edited.name.as_str(), edited.expires_at), ("renamed", None));
    assert_eq!(edited.scope.endpoints, texts(&["chat.completions"]));
    assert_eq!(edited.quota, made.quota);
    let stale = TokenChange {
        quota: Some("unlimited".to_owned()),
        if_version: Some(made.version),
        ..TokenChange::default()
    };
    let (kind, text) = refused(token::edit(&world.context, &made.id, &stale).await);
    assert_eq!(kind, ErrorKind::Stale, "{text}");
    let fresh = TokenChange {
        if_version: Some(edited.version),
        scope: ScopeInput {
            endpoints: texts(&["any"]),
            ..ScopeInput::default()
        },
        ..stale
    };
    let edited = token::edit(&world.context, &made.id, &fresh).await.unwrap();
    assert_eq!(
        (edited.quota, edited.remaining, edited.scope.endpoints),
        (None, None, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_lets_the_old_secret_go_on_for_its_overlap() {
    let world = World::new().await;
    let first = world.token("first").await;
    later(60);
    let second = token::rotate(&world.context, "first", None).await.unwrap();
    assert_ne!(first.secret.reveal(), second.secret.reveal());
    let [new, old] = second.token.secrets.as_slice() else {
        panic!("two secrets: {:?}", second.token.secrets);
    };
    assert_eq!((new.valid, new.valid_until.as_deref()), (true, None));
    assert_eq!(old.hint, first.secret.hint());
    assert_eq!(
        (old.valid, old.valid_until.as_deref()),
        (true, Some("2027-01-16T08:01:00Z"))
    );
    later(60);
    let third = token::rotate(&world.context, "first", Some("0"))
        .await
        .unwrap();
    let valid: Vec<_> = third.token.secrets.iter().filter(|one| one.valid).collect();
    assert_eq!(valid.len(), 1);
    assert_eq!(valid[0].hint, third.secret.hint());
    let (kind, text) = refused(token::rotate(&world.context, "first", Some("a day")).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
    assert!(text.starts_with("invalid overlap: `a day`"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_follows_what_was_switched_and_the_time() {
    let world = World::new().await;
    let input = TokenInput {
        expires: "1h".to_owned(),
        ..named("short")
    };
    token::create(&world.context, &input).await.unwrap();
    let context = &world.context;
    assert_eq!(
        token::disable(context, "short").await.unwrap().status,
        "disabled"
    );
    assert_eq!(
        token::enable(context, "short").await.unwrap().status,
        "enabled"
    );
    later(3600);
    assert_eq!(
        token::show(context, "short").await.unwrap().status,
        "expired"
    );
    assert_eq!(
        token::revoke(context, "short").await.unwrap().status,
        "revoked"
    );
    let (kind, text) = refused(token::enable(context, "short").await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(text.contains("revoked for good"), "{text}");
    token::delete(context, "short").await.unwrap();
    let (kind, text) = refused(token::show(context, "short").await);
    assert_eq!(
        (kind, text.as_str()),
        (ErrorKind::NotFound, "there is no token `short`")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_has_passed_may_be_written_again_but_is_no_new_one() {
    let world = World::new().await;
    let context = &world.context;
    let input = TokenInput {
        expires: "1h".to_owned(),
        ..named("short")
    };
    let ends = token::create(context, &input).await.unwrap().token;
    let ends = ends.expires_at.unwrap();
    world.token("endless").await;
    later(7200);
    let change = |expires: &str| TokenChange {
        expires: Some(expires.to_owned()),
        note: Some("over".to_owned()),
        ..TokenChange::default()
    };
    let edited = token::edit(context, "short", &change(&ends)).await.unwrap();
    assert_eq!(
        (edited.note.as_str(), edited.status.as_str()),
        ("over", "expired")
    );
    assert_eq!(edited.expires_at.as_deref(), Some(ends.as_str()));
    for (name, expires) in [
        ("endless", ends.as_str()),
        ("short", "2027-01-15T08:30:00Z"),
    ] {
        let (_, text) = refused(token::edit(context, name, &change(expires)).await);
        assert!(text.contains("is not in the future"), "{text}");
    }
    let longer = token::edit(context, "short", &change("1h")).await.unwrap();
    assert_eq!(longer.status, "enabled");
    let endless = token::edit(context, "short", &change("")).await.unwrap();
    assert_eq!(endless.expires_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_several_tokens_have_is_not_guessed_at() {
    let world = World::new().await;
    let (first, _) = (world.token("twin").await, world.token("twin").await);
    let (kind, text) = refused(token::revoke(&world.context, "twin").await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert_eq!(text, "several tokens are named `twin`: use the id");
    let revoked = token::revoke(&world.context, &first.token.id)
        .await
        .unwrap();
    assert_eq!(revoked.id, first.token.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_list_hold_each_token_once() {
    let world = World::new().await;
    for name in ["alpha", "beta", "gamma", "delta", "epsilon"] {
        later(1);
        world.token(name).await;
    }
    let mut filter = TokenFilter {
        sort: Some("name".to_owned()),
        desc: true,
        limit: Some(2),
        ..TokenFilter::default()
    };
    let mut names = Vec::new();
    loop {
        let page = token::list(&world.context, &filter).await.unwrap();
        names.extend(page.entries.into_iter().map(|one| one.name));
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(names, ["gamma", "epsilon", "delta", "beta", "alpha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_finds_what_it_describes() {
    let world = World::new().await;
    world.token("old and idle").await;
    later(10 * 24 * 3600);
    let ending = TokenInput {
        expires: "3d".to_owned(),
        note: "50% of the LOAD".to_owned(),
        creator: Some("grace".to_owned()),
        ..named("ending soon")
    };
    token::create(&world.context, &ending).await.unwrap();
    token::disable(&world.context, "old and idle")
        .await
        .unwrap();
    let find = async |field: &str, value: &str| {
        let filter = serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let page = token::list(&world.context, &filter).await.unwrap();
        let names = page.entries.into_iter().map(|one| one.name);
        names.collect::<Vec<_>>().join("+")
    };
    for (field, value, names) in [
        ("search", "load", "ending soon"),
        ("search", "0%", "ending soon"),
        ("search", "%", "ending soon"),
        ("search", "  ", "ending soon+old and idle"),
        ("group", "standard", "ending soon+old and idle"),
        ("account", "acme", "ending soon+old and idle"),
        ("status", "disabled", "old and idle"),
        ("creator", "grace", "ending soon"),
        ("created_since", "7d", "ending soon"),
        ("created_until", "7d", "old and idle"),
        ("used_since", "7d", ""),
        ("unused_since", "7d", "old and idle"),
        ("expiring_within", "7d", "ending soon"),
        ("expiring_within", "2d", ""),
        ("sort", "last_used", "old and idle+ending soon"),
    ] {
        assert_eq!(find(field, value).await, names, "{field} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_cannot_be_used_is_named() {
    let world = World::new().await;
    for (field, value, start) in [
        (
            "status",
            "active",
            "invalid status: `active` is not one of `enabled`",
        ),
        ("sort", "age", "invalid sort: `age` is not one of `created`"),
        ("created_since", "ever", "invalid created_since: `ever`"),
        ("expiring_within", "soon", "invalid expiring_within: `soon`"),
        ("cursor", "x", "invalid cursor: "),
        ("group", "nope", "there is no group `nope`"),
    ] {
        let filter = serde_json::from_value(serde_json::json!({ field: value })).unwrap();
        let (_, text) = refused(token::list(&world.context, &filter).await);
        assert!(text.starts_with(start), "{text}");
    }
    let filter = TokenFilter {
        limit: Some(201),
        ..TokenFilter::default()
    };
    let (_, text) = refused(token::list(&world.context, &filter).await);
    assert_eq!(text, "invalid limit: a page has 1 to 200 entries, not 201");
}
