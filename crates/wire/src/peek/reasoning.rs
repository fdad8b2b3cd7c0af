//! Whether the model is asked to run several times for one answer.

use super::flag::Flag;
use super::members::string;

const KEY: &str = "mode";

/// Whether a value of `reasoning` asks for more runs than one, or may be read so: it does not where
/// it has no mode, or says once, and in one way only, that it is the standard one.
pub(super) fn asks_for_runs(raw: &str) -> bool {
    let is_standard = |mode: &str| mode == "null" || string(mode).is_some_and(|m| m == "standard");
    let is_one_run = |flag: Flag<'_>| flag.problem.is_none() && flag.value.is_none_or(is_standard);
    Flag::read(raw, KEY).is_some_and(|flag| !is_one_run(flag))
}
