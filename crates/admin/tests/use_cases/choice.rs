//! Which groups members may choose for tokens of their own.

use tollgate_admin_core::group::{self, GroupChange, GroupInput};
use tollgate_admin_core::token::{self, BulkAction, BulkInput, TokenChange, TokenInput};
use tollgate_admin_core::{Context, ErrorKind};

use crate::people::{acting, joined};
use crate::{World, named, refused};

/// A member of `acme`, and a group that is not open.
async fn furnished(world: &World) -> Context {
    let input = GroupInput {
        name: "premium".to_owned(),
        ..GroupInput::default()
    };
    group::create(&world.context, &input).await.unwrap();
    joined(world, "mia", "member", Some("acme")).await;
    acting(world, "mia").await
}

fn premium(name: &str) -> TokenInput {
    TokenInput {
        group: "premium".to_owned(),
        ..named(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_chooses_among_open_groups_by_every_way_there_is() {
    let world = World::new().await;
    let member = furnished(&world).await;
    let own = token::create(&member, &named("own")).await.unwrap();
    let (kind, text) = refused(token::create(&member, &premium("dear")).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
    assert!(text.contains("not open to members"), "{text}");
    let change = TokenChange {
        group: Some("premium".to_owned()),
        ..TokenChange::default()
    };
    let (kind, _) = refused(token::edit(&member, &own.token.id, &change).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
    let moved = BulkInput {
        ids: vec![own.token.id.clone()],
        action: BulkAction::Move {
            group: "premium".to_owned(),
        },
    };
    let (kind, _) = refused(token::bulk(&member, &moved).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
    let kept = token::show(&member, &own.token.id).await.unwrap();
    assert_eq!(kept.group.name, "standard");

    let open = GroupChange {
        open_to_members: Some(true),
        ..GroupChange::default()
    };
    assert!(
        group::edit(&world.context, "premium", &open)
            .await
            .unwrap()
            .open_to_members
    );
    token::create(&member, &premium("dear")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_an_operator_gave_the_account_may_be_used_until_it_is_taken_back() {
    let world = World::new().await;
    let member = furnished(&world).await;
    let given = token::create(&world.context, &premium("given"))
        .await
        .unwrap();
    token::create(&member, &premium("own")).await.unwrap();
    token::revoke(&world.context, &given.token.id)
        .await
        .unwrap();
    token::create(&member, &premium("another")).await.unwrap();
    for name in ["own", "another"] {
        token::disable(&world.context, name).await.unwrap();
    }
    let (kind, _) = refused(token::create(&member, &premium("late")).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stays_in_its_closed_group_when_all_of_it_is_written_again() {
    let world = World::new().await;
    let member = furnished(&world).await;
    let given = token::create(&world.context, &premium("given"))
        .await
        .unwrap();
    token::disable(&world.context, "given").await.unwrap();
    let own_group = given.token.group;
    for group in [own_group.name.clone(), own_group.id.clone()] {
        let change = TokenChange {
            name: Some("renamed".to_owned()),
            group: Some(group),
            ..TokenChange::default()
        };
        let edited = token::edit(&member, &given.token.id, &change)
            .await
            .unwrap();
        assert_eq!(
            (edited.name.as_str(), &edited.group),
            ("renamed", &own_group)
        );
    }
    let own = token::create(&member, &named("own")).await.unwrap();
    let change = TokenChange {
        group: Some(own_group.name),
        ..TokenChange::default()
    };
    let (kind, _) = refused(token::edit(&member, &own.token.id, &change).await);
    assert_eq!(kind, ErrorKind::InvalidInput);
}
