use super::*;
use crate::fixture::{Clock, DAY, Kept, Running, nothing, pass, start};
use crate::settings::Settings;

fn keeping(keep_receipts_days: u32, keep_daily_days: u32) -> Running {
    let settings = Settings {
        keep_receipts_days,
        keep_daily_days,
        ..nothing()
    };
    Running::start(Kept::default(), settings)
}

#[tokio::test(start_paused = true)]
async fn what_is_old_goes_a_minute_after_the_start_and_then_once_a_day() {
    let upkeep = keeping(90, 400);
    for time in [FIRST_AFTER, DAY, DAY] {
        pass(time).await;
    }
    let kept = upkeep.store.kept();
    let first = start().plus(FIRST_AFTER);
    let moments = [first, first.plus(DAY), first.plus(DAY * 2)];
    assert_eq!(kept.pruned, moments.map(|now| (now, now.minus(DAY * 90))));
    assert_eq!(
        kept.compacted,
        moments.map(|now| (now, now.minus(DAY * 400)))
    );
    assert_eq!(
        kept.forgotten,
        moments.map(|now| (now, now.minus(DAY * ALERTS_DAYS)))
    );
    assert_eq!(
        kept.reports_forgotten,
        moments.map(|now| (now, now.minus(DAY * REPORTS_DAYS)))
    );
}

#[tokio::test(start_paused = true)]
async fn zero_days_are_for_ever() {
    let (receipts_stay, sums_stay) = (keeping(0, 400), keeping(90, 0));
    for time in [FIRST_AFTER, DAY] {
        pass(time).await;
    }
    let kept = receipts_stay.store.kept();
    assert_eq!((kept.pruned.len(), kept.compacted.len()), (0, 2));
    let kept = sums_stay.store.kept();
    assert_eq!((kept.pruned.len(), kept.compacted.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn an_alert_on_an_expiry_is_kept_until_the_token_has_expired() {
    let settings = Settings {
        expiry_notice_days: 365,
        ..nothing()
    };
    let upkeep = Running::start(Kept::default(), settings);
    pass(FIRST_AFTER).await;
    let now = start().plus(FIRST_AFTER);
    assert_eq!(upkeep.store.kept().forgotten, [(now, now.minus(DAY * 365))]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_away_is_asked_again_in_an_hour() {
    let clock = Clock::new();
    let upkeep = keeping(90, 400);
    upkeep.store.change(|kept| kept.away = true);
    pass(FIRST_AFTER * 2).await;
    upkeep.store.change(|kept| kept.away = false);
    upkeep.store.until(|kept| kept.compacted.len() == 1).await;
    assert_eq!(clock.now().since(start()), FIRST_AFTER * 2 + AGAIN_AFTER);
}

#[tokio::test(start_paused = true)]
async fn what_is_old_is_told_by_the_earlier_one_of_two_clocks() {
    let late = DAY * 1000;
    let upkeep = keeping(90, 400);
    upkeep.store.change(|kept| kept.behind = Some(late));
    pass(FIRST_AFTER).await;
    let kept = upkeep.store.kept();
    let now = start().plus(FIRST_AFTER);
    let before = |days: u32| [(now, now.minus(late).minus(DAY * days))];
    assert_eq!(kept.pruned, before(90));
    assert_eq!(kept.compacted, before(400));
    assert_eq!(kept.forgotten, before(ALERTS_DAYS));
    assert_eq!(kept.reports_forgotten, before(REPORTS_DAYS));
}
