//! Whether the provider is asked to run several agents for one answer.

use super::flag::Flag;

const KEY: &str = "enabled";

/// Whether a value of `multi_agent` asks for them, or may be read so: it does not where it is absent
/// in effect, or an object that says once, and in one way only, that it is not enabled.
pub(super) fn asks(raw: &str) -> bool {
    let is_declined =
        |flag: Flag<'_>| flag.problem.is_none() && flag.value.is_some_and(|value| value == "false");
    !matches!(raw, "null" | "false") && !Flag::read(raw, KEY).is_some_and(is_declined)
}
