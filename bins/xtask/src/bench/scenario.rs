//! What is measured of each.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde::Serialize;

use super::Bench;
use super::process::on_processor;
use super::side::Side;
use crate::Failure;
use crate::load::Outcome;

/// Streams that are open at once where memory is measured.
const STREAMS: u32 = 1000;

/// A secret of the length of ours, of another kind: its hash is looked for.
const WRONG: &str = "sk-bench-000000000000000000000000000000000000000000";

/// A kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scenario {
    /// A small JSON call.
    Small,
    /// A stream of 50 events.
    Stream,
    /// The same of Anthropic's API.
    Messages,
    /// A body of 1 MiB.
    Large,
    /// Small calls with a secret that nobody was given.
    Refused,
    /// Small calls at a fixed rate, for what they take longer.
    Added,
    /// The same at twice the rate.
    Doubled,
    /// Streams at a fixed rate, for how long their first bytes are held back.
    First,
    /// Streams that stay open.
    Memory,
}

/// A figure of one round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Figures {
    /// Microseconds of processor time per call; for memory, KiB per stream.
    pub(super) cost: f64,
    /// Microseconds until the first byte at the median, where a rate is fixed.
    pub(super) p50: u64,
    /// The same of the slowest of a hundred.
    pub(super) p99: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.cost)?;
        if self.p50 > 0 {
            write!(f, ", p50 {} us, p99 {} us", self.p50, self.p99)?;
        }
        Ok(())
    }
}

impl Scenario {
    pub(super) const ALL: [Self; 9] = [
        Self::Small,
        Self::Stream,
        Self::Messages,
        Self::Large,
        Self::Refused,
        Self::Added,
        Self::Doubled,
        Self::First,
        Self::Memory,
    ];

    /// Those of these names; all where none is named.
    pub(super) fn named(names: &[String]) -> Result<Vec<Self>, Failure> {
        if names.is_empty() {
            return Ok(Self::ALL.to_vec());
        }
        let find = |name: &String| {
            let found = Self::ALL.into_iter().find(|one| one.name() == name);
            found.ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                format!("no scenario `{name}`: there are {known}").into()
            })
        };
        names.iter().map(find).collect()
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Stream => "stream",
            Self::Messages => "messages",
            Self::Large => "large",
            Self::Refused => "refused",
            Self::Added => "added",
            Self::Doubled => "doubled",
            Self::First => "first",
            Self::Memory => "memory",
        }
    }

    /// What its figures are.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Small => "small JSON call, 64 connections: us of CPU per call",
            Self::Stream => "stream of 50 events, 32 connections: us of CPU per call",
            Self::Messages => "the same of Anthropic's API: us of CPU per call",
            Self::Large => "body of 1 MiB, 16 connections: us of CPU per call",
            Self::Refused => "wrong key, 64 connections: us of CPU per call",
            Self::Added => "small calls, 500 a second: us of CPU per call, us to the first byte",
            Self::Doubled => "the same, 1,000 a second",
            Self::First => "the same of streams, 100 a second",
            Self::Memory => "1,000 open streams: KiB resident per stream",
        }
    }

    /// Whether it can be measured of one: who knows no keys refuses none, and the upstream alone is
    /// there for what is taken longer.
    pub(super) fn suits(self, side: &Side) -> bool {
        let knows = self != Self::Refused || side.checks_keys();
        knows && (self.rate().is_some() || !side.is_direct())
    }

    /// How many calls begin in a second, where that is fixed.
    const fn rate(self) -> Option<u32> {
        match self {
            Self::Added => Some(500),
            Self::Doubled => Some(1000),
            Self::First => Some(100),
            _ => None,
        }
    }

    const fn secret(self, side: &Side) -> &str {
        match self {
            Self::Refused => WRONG,
            _ => side.secret.as_str(),
        }
    }

    pub(super) fn measure(self, bench: &Bench, side: &Side) -> Result<Figures, Failure> {
        let process = side.start(bench)?;
        let load = |seconds: f64| -> Vec<String> {
            let (answer, text, connections) = match self {
                Self::Small | Self::Refused | Self::Added | Self::Doubled => ("small", 100, 64),
                Self::Stream | Self::First => ("stream", 100, 32),
                Self::Messages => ("messages", 100, 32),
                Self::Large => ("small", 1 << 20, 16),
                Self::Memory => ("slow", 100, STREAMS),
            };
            let mut arguments = vec!["load".to_owned()];
            let mut set = |name: &str, value: String| {
                arguments.extend([format!("--{name}"), value]);
            };
            set("to", process.address.to_string());
            set("secret", self.secret(side).to_owned());
            set("answer", answer.to_owned());
            set("text", text.to_string());
            set("connections", connections.to_string());
            set("seconds", seconds.to_string());
            if let Some(rate) = self.rate() {
                set("rate", rate.to_string());
            }
            if self == Self::Refused {
                arguments.push("--refused".to_owned());
            }
            if self == Self::Memory {
                arguments.push("--hold".to_owned());
            }
            arguments
        };
        if self == Self::Memory {
            let before = process.resident_at_rest()?;
            let open = || process.resident();
            let after = bench.held(&load(0.0), open)?;
            let cost = after.saturating_sub(before) as f64 / f64::from(STREAMS);
            let (p50, p99) = (0, 0);
            return Ok(Figures { cost, p50, p99 });
        }
        bench.load(&load(1.0))?;
        process.settled()?;
        let before = process.cpu()?;
        let outcome = bench.load(&load(bench.seconds))?;
        process.settled()?;
        let spent = process.cpu()?.saturating_sub(before);
        if outcome.failed > 0 || outcome.calls == 0 {
            return Err(format!("{}: {outcome:?}", side.name).into());
        }
        let timed = |micros: u64| self.rate().map_or(0, |_| micros);
        Ok(Figures {
            cost: spent as f64 / 1000.0 / outcome.calls as f64,
            p50: timed(outcome.first_byte_p50),
            p99: timed(outcome.first_byte_p99),
        })
    }
}

impl Bench {
    fn load(&self, arguments: &[String]) -> Result<Outcome, Failure> {
        let output = on_processor(self.processors[1], &self.own)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err("the load failed".into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Looks at something while streams are open.
    fn held<T>(
        &self,
        arguments: &[String],
        look: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut load = on_processor(self.processors[1], &self.own)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = load.stdout.take().ok_or("the load cannot be heard")?;
        let (mut output, mut said) = (BufReader::new(output), String::new());
        output.read_line(&mut said)?;
        let seen = if said == "open\n" {
            look()
        } else {
            Err("the streams could not be opened".into())
        };
        // Its standard input ends here, and with it the load.
        drop(load.stdin.take());
        output.read_to_string(&mut said)?;
        load.wait()?;
        seen
    }
}
