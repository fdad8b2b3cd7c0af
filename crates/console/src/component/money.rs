//! Credits and counts. Sums come as decimal texts and are shown to the last digit that counts;
//! only what is drawn is a float.

use maud::{Markup, html};

use crate::text::Say;

/// Credits with thousands apart, and at least two decimals.
pub(crate) fn credits(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("\u{2212}", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{sign}{}.{fraction:0<2}", thousands(whole))
}

/// Credits to two decimals where there is at least one, for figures that are looked at from afar.
pub(crate) fn about(text: &str) -> String {
    let whole = text.split('.').next().unwrap_or_default();
    if whole.trim_start_matches('-') == "0" {
        return credits(text);
    }
    credits(&format!("{:.2}", drawn(text)))
}

/// A count with thousands apart.
pub(crate) fn count(number: u64) -> String {
    thousands(&number.to_string())
}

/// A count in few characters: `1.2 M`.
pub(crate) fn short(number: u64) -> String {
    let steps = [(1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")];
    let step = steps.into_iter().find(|(from, _)| number >= *from);
    let Some((from, unit)) = step else {
        return count(number);
    };
    let by: u64 = if unit == "k" { 1000 } else { from };
    let tenths = number.saturating_mul(10) / by;
    if tenths.is_multiple_of(10) {
        return format!("{} {unit}", thousands(&(tenths / 10).to_string()));
    }
    format!(
        "{}.{} {unit}",
        thousands(&(tenths / 10).to_string()),
        tenths % 10
    )
}

/// The digits of a whole number with thousands apart.
pub(crate) fn thousands(digits: &str) -> String {
    let length = digits.len();
    let mut text = String::with_capacity(length + length / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (length - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// For drawing alone.
pub(crate) fn drawn(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

/// What was used of a limit, as a bar with words; no bar where there is no limit.
pub(crate) fn used_of(
    say: Say,
    used: &str,
    remaining: Option<&str>,
    limit: Option<&str>,
) -> Markup {
    let Some(limit) = limit else {
        return html! {
            span.amount { (credits(used)) }
            " " span.quiet { "/ " (say.t("unlimited")) }
        };
    };
    let (spent, whole) = (drawn(used), drawn(limit));
    let part = if whole > 0.0 {
        (spent / whole).clamp(0.0, 1.0)
    } else {
        1.0
    };
    let tone = if part >= 1.0 {
        "bad"
    } else if part >= 0.8 {
        "warn"
    } else {
        "good"
    };
    let left = credits(remaining.unwrap_or(limit));
    html! {
        span.amount { (credits(used)) } " " span.quiet { "/ " (credits(limit)) }
        meter.bar data-tone=(tone) min="0" max="1" value=(format!("{part:.3}"))
            aria-label=(say.t("used")) title=(say.with("remaining-of", "left", left)) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_shown_to_the_last_digit_that_counts() {
        assert_eq!(credits("1234567.5"), "1,234,567.50");
        assert_eq!(credits("-0.000001"), "\u{2212}0.000001");
        assert_eq!(credits("0"), "0.00");
    }

    #[test]
    fn figures_are_rounded_only_where_there_is_a_whole_credit() {
        assert_eq!(about("1403.315847"), "1,403.32");
        assert_eq!(about("0.000123"), "0.000123");
    }

    #[test]
    fn large_counts_are_short() {
        assert_eq!(short(9_999), "9,999");
        assert_eq!(short(12_345), "12.3 k");
        assert_eq!(short(7_650_000), "7.6 M");
    }
}
