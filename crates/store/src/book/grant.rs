//! How much of what is left one gateway gets.

/// What is leased of `remaining`: the wish where it is at most half; else that half, or `least` if
/// that is more; never more than all, and never less than nothing. What nobody waits for is leased
/// from plenty only, all of it or nothing: else one gateway would take half again and again.
pub(super) fn grant(remaining: i64, least: i64, wish: i64) -> i64 {
    if least <= 0 && wish > remaining.max(0) / 4 {
        return 0;
    }
    let half = remaining.max(0) / 2;
    let wish = wish.max(least);
    let fair = if wish <= half { wish } else { half.max(least) };
    fair.min(remaining).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_is_left_for_others_unless_more_is_needed() {
        for (remaining, least, wish, granted) in [
            (100, 10, 50, 50),
            (100, 10, 51, 50),
            (100, 60, 80, 60),
            (100, 200, 300, 100),
            (1, 1, 1, 1),
            (1, 0, 1, 0),
            (0, 1, 1, 0),
            (-5, 1, 1, 0),
            (100, 0, 0, 0),
            (100, 0, 25, 25),
            (100, 0, 26, 0),
            (-100, 0, 1, 0),
            (100, -3, -2, 0),
        ] {
            assert_eq!(
                grant(remaining, least, wish),
                granted,
                "{remaining} {least} {wish}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_grant_is_within_what_is_left(remaining: i64, least: i64, wish: i64) {
            let granted = grant(remaining, least, wish);
            prop_assert!((0..=remaining.max(0)).contains(&granted));
            if least > 0 {
                prop_assert!(granted >= least.min(remaining));
            }
        }
    }
}
