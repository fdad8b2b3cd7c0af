//! Moments: as somebody would say them, and exactly for the mouse and for programs.

use maud::{Markup, html};
use tollgate_policy::time::Timestamp;

use crate::text::Say;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long ago or how far ahead a moment is.
pub(crate) fn relative(say: Say, text: &str, now: Timestamp) -> Markup {
    let Ok(at) = Timestamp::parse(text) else {
        return html! { (text) };
    };
    html! { time datetime=(text) title=(exact_text(text)) { (distance(say, at, now)) } }
}

/// A moment, or that there is none.
pub(crate) fn or_never(say: Say, text: Option<&str>, now: Timestamp) -> Markup {
    match text {
        Some(text) => relative(say, text, now),
        None => html! { span.quiet { (say.t("never")) } },
    }
}

/// Day and time, to the second (UTC).
pub(crate) fn exact(text: &str) -> Markup {
    html! { time.exact datetime=(text) { (exact_text(text)) } }
}

fn exact_text(text: &str) -> String {
    let seconds: String = text.chars().take(19).collect();
    format!("{} UTC", seconds.replace('T', " "))
}

fn distance(say: Say, at: Timestamp, now: Timestamp) -> String {
    let (seconds, ahead) = match at > now {
        true => (at.since(now).as_secs(), true),
        false => (now.since(at).as_secs(), false),
    };
    let (count, unit) = match seconds {
        0..MINUTE => return say.t("just-now"),
        MINUTE..HOUR => (seconds / MINUTE, "minutes"),
        HOUR..DAY => (seconds / HOUR, "hours"),
        _ => (seconds / DAY, "days"),
    };
    let id = format!("{}-{unit}", if ahead { "in" } else { "ago" });
    say.with(&id, "count", count)
}
