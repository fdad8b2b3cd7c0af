//! The headers by which a client sees how near it is to its limits, on success and on refusal.
//! Which limits there are, and how they are counted, is decided elsewhere.

use std::time::Duration;

use tollgate_policy::endpoint::Dialect;
use tollgate_policy::time::Timestamp;

/// A limit as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The most in a minute.
    pub limit: u64,
    /// What is left of it.
    pub remaining: u64,
    /// When all of it is there again, from now.
    pub resets_in: Duration,
}

/// The limits of a caller. Those that it does not have are not told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests per minute.
    pub requests: Option<Window>,
    /// Tokens per minute.
    pub tokens: Option<Window>,
}

/// The name of a header that tells a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitHeader(usize);

impl LimitHeader {
    /// All names, in lower case: limit, remainder and reset of requests and of tokens, as OpenAI's
    /// clients know them and as Anthropic's do.
    pub const NAMES: [&'static str; 12] = [
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens",
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ];

    /// Where its name stands in [`LimitHeader::NAMES`].
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What a header says of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitValue {
    /// A count.
    Count(u64),
    /// How long until the limit has all its room again.
    After(Duration),
    /// When it has.
    At(Timestamp),
}

impl LimitValue {
    /// Appends the value as its header has it: in visible ASCII.
    pub fn write(self, to: &mut Vec<u8>) {
        match self {
            Self::Count(count) => digits(to, count),
            Self::After(duration) => go_duration(to, duration),
            Self::At(moment) => to.extend_from_slice(moment.to_string().as_bytes()),
        }
    }
}

/// The headers that tell the limits in a dialect.
///
/// Resets are durations as Go writes them for OpenAI's clients and those of plain APIs, and moments
/// in RFC 3339 for Anthropic's, rounded up to a millisecond and a second. Gemini's API has no such
/// headers: there, a refusal says in its body when to try again.
pub fn limit_headers(
    dialect: Dialect,
    limits: &RateLimits,
    now: Timestamp,
) -> impl Iterator<Item = (LimitHeader, LimitValue)> {
    let (first, by_moment) = match dialect {
        Dialect::OpenAi | Dialect::Plain => (Some(0), false),
        Dialect::Anthropic => (Some(6), true),
        Dialect::Gemini => (None, false),
    };
    let windows = [(0, limits.requests), (3, limits.tokens)];
    let told = first.into_iter().flat_map(move |first| {
        windows
            .into_iter()
            .filter_map(move |(place, window)| Some((first + place, window?)))
    });
    told.flat_map(move |(at, window)| {
        let reset = if by_moment {
            LimitValue::At(whole_second(now.plus(window.resets_in)))
        } else {
            LimitValue::After(window.resets_in)
        };
        [
            (LimitHeader(at), LimitValue::Count(window.limit)),
            (LimitHeader(at + 1), LimitValue::Count(window.remaining)),
            (LimitHeader(at + 2), reset),
        ]
    })
}

fn whole_second(at: Timestamp) -> Timestamp {
    let micros = at.as_micros();
    let seconds = micros.div_euclid(1_000_000);
    let begun = i64::from(micros.rem_euclid(1_000_000) > 0);
    Timestamp::from_seconds(seconds.saturating_add(begun))
}

/// A duration as Go prints it: `12ms`, `1s`, `1.5s`, `6m0s`, `1h0m0s`.
fn go_duration(to: &mut Vec<u8>, duration: Duration) {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    if seconds == 0 && fraction > 0 {
        digits(to, fraction);
        to.extend_from_slice(b"ms");
        return;
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 {
        digits(to, hours);
        to.push(b'h');
    }
    if hours > 0 || minutes > 0 {
        digits(to, minutes);
        to.push(b'm');
    }
    digits(to, seconds % 60);
    if fraction > 0 {
        to.push(b'.');
        // Without the zeros at its end.
        for unit in [100, 10, 1] {
            if fraction % (unit * 10) > 0 {
                digits(to, fraction / unit % 10);
            }
        }
    }
    to.push(b's');
}

fn digits(to: &mut Vec<u8>, number: u64) {
    to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(duration: Duration) -> String {
        text(LimitValue::After(duration))
    }

    fn text(value: LimitValue) -> String {
        let mut text = Vec::new();
        value.write(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (micros, text) in [
            (0, "0s"),
            (1, "1ms"),
            (12_000, "12ms"),
            (999_000, "999ms"),
            (999_001, "1s"),
            (1_000_000, "1s"),
            (1_500_000, "1.5s"),
            (8_640_000, "8.64s"),
            (59_999_500, "1m0s"),
            (1_030_000, "1.03s"),
            (1_230_000, "1.23s"),
            (1_234_000, "1.234s"),
            (1_004_000, "1.004s"),
            (360_000_000, "6m0s"),
            (61_005_000, "1m1.005s"),
            (3_600_000_000, "1h0m0s"),
            (90_061_000_000, "25h1m1s"),
        ] {
            assert_eq!(written(Duration::from_micros(micros)), text);
        }
        assert!(written(Duration::MAX).ends_with('s'));
    }

    #[test]
    fn each_dialect_tells_its_limits_under_its_own_names() {
        let limits = RateLimits {
            requests: Some(Window {
                limit: 60,
                remaining: 59,
                resets_in: Duration::from_secs(1),
            }),
            tokens: Some(Window {
                limit: 150_000,
                remaining: 0,
                resets_in: Duration::from_millis(359_500),
            }),
        };
        let now = Timestamp::from_micros(1_000_000_000_000_001);
        let told = |dialect, limits| -> Vec<String> {
            let line = |(header, value): (LimitHeader, LimitValue)| {
                format!("{}: {}", LimitHeader::NAMES[header.index()], text(value))
            };
            limit_headers(dialect, &limits, now).map(line).collect()
        };
        let openai = [
            "x-ratelimit-limit-requests: 60",
            "x-ratelimit-remaining-requests: 59",
            "x-ratelimit-reset-requests: 1s",
            "x-ratelimit-limit-tokens: 150000",
            "x-ratelimit-remaining-tokens: 0",
            "x-ratelimit-reset-tokens: 5m59.5s",
        ];
        assert_eq!(told(Dialect::OpenAi, limits), openai);
        assert_eq!(told(Dialect::Plain, limits), openai);
        let anthropic = [
            "anthropic-ratelimit-requests-limit: 60",
            "anthropic-ratelimit-requests-remaining: 59",
            "anthropic-ratelimit-requests-reset: 2001-09-09T01:46:42Z",
            "anthropic-ratelimit-tokens-limit: 150000",
            "anthropic-ratelimit-tokens-remaining: 0",
            "anthropic-ratelimit-tokens-reset: 2001-09-09T01:52:40Z",
        ];
        assert_eq!(told(Dialect::Anthropic, limits), anthropic);
        assert!(told(Dialect::Gemini, limits).is_empty());
        let requests = RateLimits {
            tokens: None,
            ..limits
        };
        assert_eq!(told(Dialect::OpenAi, requests), openai[..3]);
        assert!(told(Dialect::Anthropic, RateLimits::default()).is_empty());
    }
}
