use super::*;
use crate::fixture::{Clock, DAY, Kept, Running, nothing, pass, start, token};
use crate::settings::Settings;

fn expiring(raw: i64, expires_at: Timestamp) -> Expiring {
    Expiring {
        token: token(raw),
        name: format!("token {raw}"),
        account: "acme".to_owned(),
        expires_at,
    }
}

fn reminding(tokens: Vec<Expiring>) -> Running {
    let settings = Settings {
        expiry_notice_days: 7,
        ..nothing()
    };
    let kept = Kept {
        tokens,
        ..Kept::default()
    };
    Running::start(kept, settings)
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_within_the_notice_is_told_of() {
    let expires_at = start().plus(DAY * 7);
    let upkeep = reminding(vec![expiring(7, expires_at)]);
    let kept = upkeep.store.until(|kept| kept.raises.len() == 1).await;
    let (alert, at) = &kept.raises[0];
    assert_eq!(*at, start());
    assert_eq!(
        *alert,
        NewAlert {
            key: "expires:tok_0000000000007:2027-02-07T12:00:00Z".to_owned(),
            kind: "token_expires".to_owned(),
            subject: Subject::Token(token(7)),
            body: json!({
                "name": "token 7",
                "account": "acme",
                "expires_at": "2027-02-07T12:00:00Z",
            }),
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_is_told_of_at_the_first_look_of_its_last_days() {
    let clock = Clock::new();
    let early = start().plus(DAY * 7 + Duration::from_secs(15 * 60));
    let upkeep = reminding(vec![expiring(7, early)]);
    upkeep.store.until(|kept| kept.raises.len() == 1).await;
    assert_eq!(clock.now(), start().plus(LOOK_EVERY * 2));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_raised_once_and_again_where_its_expiry_was_moved() {
    let upkeep = reminding(vec![expiring(7, start().plus(DAY))]);
    // Two pages in a look: the second is empty.
    upkeep.store.until(|kept| kept.pages >= 6).await;
    assert_eq!(upkeep.store.kept().raises.len(), 1);
    let moved = start().plus(DAY * 2);
    upkeep
        .store
        .change(|kept| kept.tokens[0].expires_at = moved);
    let kept = upkeep.store.until(|kept| kept.raises.len() == 2).await;
    assert!(kept.raises[1].0.key.ends_with("2027-02-02T12:00:00Z"));
}

#[tokio::test(start_paused = true)]
async fn more_tokens_than_a_page_are_all_told_of_also_where_they_expire_together() {
    let expires_at = start().plus(DAY);
    let number = i64::from(PAGE) * 2 + 3;
    let tokens = (0..number).map(|raw| expiring(raw, expires_at));
    let upkeep = reminding(tokens.collect());
    let enough = number as usize;
    let kept = upkeep
        .store
        .until(|kept| kept.raises.len() == enough && kept.pages == 4)
        .await;
    let keys: HashSet<_> = kept.raises.iter().map(|(alert, _)| &alert.key).collect();
    assert_eq!(keys.len(), enough);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_asked_again() {
    let upkeep = reminding(vec![expiring(7, start().plus(DAY))]);
    upkeep.store.change(|kept| kept.away = true);
    pass(LOOK_EVERY * 3).await;
    assert!(upkeep.store.kept().raises.is_empty());
    upkeep.store.change(|kept| kept.away = false);
    upkeep.store.until(|kept| kept.raises.len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn no_notice_means_no_reminder() {
    let kept = Kept {
        tokens: vec![expiring(7, start().plus(DAY))],
        ..Kept::default()
    };
    let upkeep = Running::start(kept, nothing());
    let kept = upkeep.store.until(|kept| kept.looks > 1000).await;
    assert_eq!(kept.pages, 0);
}
