//! What a test asked for through `x-sim-` headers. A value out of range is a failure, not a
//! default, so that a mistyped script cannot pass for a good one.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};

use crate::failure::Failure;

const CHUNKS: RangeInclusive<u64> = 0..=100_000;
const BETWEEN_MS: RangeInclusive<u64> = 0..=60_000;
const FIRST_BYTE_MS: RangeInclusive<u64> = 0..=600_000;
const STATUS: RangeInclusive<u64> = 400..=599;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// Answer with this failure.
    pub(crate) status: Option<StatusCode>,
    /// Content chunks, one word each, in place of the usual answer.
    pub(crate) chunks: Option<u64>,
    pub(crate) between_chunks: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    /// Break the connection off after so many content chunks.
    pub(crate) cut_after: Option<u64>,
    /// Never answer.
    pub(crate) hang: bool,
}

impl Script {
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Failure> {
        let number = |name, range| number(headers, name, range);
        let status = number("x-sim-status", STATUS)?
            .and_then(|it| StatusCode::from_u16(u16::try_from(it).ok()?).ok());
        Ok(Self {
            status,
            chunks: number("x-sim-chunks", CHUNKS)?,
            between_chunks: number("x-sim-delay-ms", BETWEEN_MS)?.map(Duration::from_millis),
            first_byte: number("x-sim-ttft-ms", FIRST_BYTE_MS)?.map(Duration::from_millis),
            cut_after: number("x-sim-cut-after", CHUNKS)?,
            hang: number("x-sim-hang", 0..=1)? == Some(1),
        })
    }
}

fn number(
    headers: &HeaderMap,
    name: &str,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let parsed = value.to_str().ok().and_then(|it| it.trim().parse().ok());
    match parsed.filter(|it| range.contains(it)) {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::bad_field(
            name,
            &format!("must be from {} to {}", range.start(), range.end()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Script, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Script::read(&headers)
    }

    #[test]
    fn no_headers_make_no_script() {
        assert_eq!(Script::read(&HeaderMap::new()), Ok(Script::default()));
    }

    #[test]
    fn the_ends_of_each_range_are_taken_and_what_lies_beyond_is_refused() {
        for (name, good, bad) in [
            ("x-sim-status", "400", "399"),
            ("x-sim-status", "599", "600"),
            ("x-sim-chunks", "100000", "100001"),
            ("x-sim-delay-ms", "60000", "60001"),
            ("x-sim-ttft-ms", "600000", "600001"),
            ("x-sim-cut-after", "0", "-1"),
            ("x-sim-hang", "1", "yes"),
        ] {
            assert_ne!(read(name, good), Ok(Script::default()), "{name}: {good}");
            let failure = read(name, bad).unwrap_err();
            assert_eq!(failure.status, StatusCode::BAD_REQUEST, "{name}: {bad}");
        }
    }
}
