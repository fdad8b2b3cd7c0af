//! Secrets that are kept sealed, and shown again.

use tollgate_admin_core::{Context, ErrorKind, SealingKeys, audit, token};
use zeroize::Zeroizing;

use crate::people::{acting, joined};
use crate::{World, named, refused};

fn keys(bytes: &[u8]) -> Option<SealingKeys> {
    SealingKeys::new(bytes.iter().map(|one| Zeroizing::new([*one; 32])).collect())
}

fn sealing(world: &World, bytes: &[u8]) -> Context {
    world.context.clone().with_sealing(keys(bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_secret_is_shown_again_and_is_not_in_clear_on_the_disk() {
    let world = World::new().await;
    let context = sealing(&world, &[1]);
    let made = token::create(&context, &named("copied")).await.unwrap();
    let shown = token::reveal(&context, "copied").await.unwrap();
    assert_eq!(shown.secret.reveal(), made.secret.reveal());
    assert_eq!(shown.token.id, made.token.id);
    let rotated = token::rotate(&context, "copied", None).await.unwrap();
    let shown = token::reveal(&context, "copied").await.unwrap();
    assert_eq!(shown.secret.reveal(), rotated.secret.reveal());
    let bytes = world.bytes();
    for secret in [made.secret, rotated.secret] {
        let secret = secret.reveal().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|one| one == secret));
    }
    let filter = audit::AuditFilter {
        action: Some("token.reveal".to_owned()),
        ..audit::AuditFilter::default()
    };
    assert_eq!(
        audit::list(&context, &filter).await.unwrap().entries.len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_sealed_and_the_refusal_says_what_to_do() {
    let world = World::new().await;
    world.token("hashed").await;
    let (kind, text) = refused(token::reveal(&world.context, "hashed").await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(text.contains("sealing-key new"), "{text}");
    let (kind, text) = refused(token::reveal(&sealing(&world, &[1]), "hashed").await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(text.contains("rotate the token"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_can_be_changed_and_a_key_that_is_missing_is_named() {
    let world = World::new().await;
    token::create(&sealing(&world, &[1]), &named("old"))
        .await
        .unwrap();
    token::reveal(&sealing(&world, &[2, 1]), "old")
        .await
        .unwrap();
    let (kind, text) = refused(token::reveal(&sealing(&world, &[2]), "old").await);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(text.contains("was not given"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_see_secrets_are_shown_them() {
    let world = World::new().await;
    let context = sealing(&world, &[1]);
    token::create(&context, &named("guarded")).await.unwrap();
    joined(&world, "eve", "auditor", None).await;
    let auditor = acting(&world, "eve").await.with_sealing(keys(&[1]));
    let (kind, _) = refused(token::reveal(&auditor, "guarded").await);
    assert_eq!(kind, ErrorKind::Forbidden);
}
