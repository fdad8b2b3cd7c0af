//! How a step of the decision is put in words. Formatted only where somebody will read it.

use std::fmt::{Display, Formatter, Result};

use super::destination::{Obstacle, Way};
use crate::credits::Credits;
use crate::endpoint::Dialect;
use crate::group::Group;
use crate::quota::Balance;
use crate::time::Timestamp;
use crate::upstream::Upstream;

/// At most this many upstreams are listed one by one.
const LISTED: usize = 8;

/// At most 200 characters of what a stranger sent, with nothing that could disturb a terminal.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let shortened: String = self.0.chars().take(200).collect();
        write!(f, "`{}`", shortened.escape_debug())
    }
}

/// What happens at a moment, if it is set.
pub(super) struct Moment(pub(super) &'static str, pub(super) Option<Timestamp>);

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.1 {
            Some(at) => write!(f, "{}{at}", self.0),
            None => f.write_str("no end"),
        }
    }
}

/// What is left of a limit: negative where more was spent than may be.
pub(super) struct Remainder<F>(pub(super) F);

impl<F: Fn() -> Option<Balance>> Display for Remainder<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Some(Balance { limit, spent }) = (self.0)() else {
            return f.write_str("unlimited");
        };
        let left = limit.as_micros().saturating_sub(spent.used.as_micros());
        let left = Credits::from_micros(left);
        write!(f, "{left} of {limit} credits left")
    }
}

/// The price lists by which some upstreams would charge a call, each once.
pub(super) struct Prices<I>(pub(super) I);

impl<'a, I: Iterator<Item = Way<'a>> + Clone> Display for Prices<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut seen = Vec::new();
        for price in self.0.clone().map(|way| way.price) {
            if seen.contains(&price) {
                continue;
            }
            let comma = if seen.is_empty() { "" } else { "; " };
            match price {
                Some(price) => write!(f, "{comma}{price}")?,
                None => write!(f, "{comma}no price")?,
            }
            seen.push(price);
        }
        Ok(())
    }
}

/// The vendors of some upstreams, each once.
pub(super) struct Providers<I>(pub(super) I);

impl<'a, I: Iterator<Item = &'a Upstream> + Clone> Display for Providers<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut seen = Vec::new();
        for upstream in self.0.clone() {
            if seen.contains(&&upstream.provider) {
                continue;
            }
            let comma = if seen.is_empty() { "" } else { ", " };
            write!(f, "{comma}{}", upstream.provider)?;
            seen.push(&upstream.provider);
        }
        Ok(())
    }
}

/// Every upstream of a call with what keeps it from being used.
pub(super) struct Upstreams<I>(pub(super) I);

impl<'a, I: Iterator<Item = (&'a Upstream, Option<Obstacle>)> + Clone> Display for Upstreams<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let all = self.0.clone().count();
        if all == 0 {
            return f.write_str("no upstream");
        }
        for (i, (upstream, obstacle)) in self.0.clone().take(LISTED).enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}`{}` ", upstream.name)?;
            match obstacle {
                None => f.write_str("may be used")?,
                Some(Obstacle::Disabled) => f.write_str("is disabled")?,
                Some(Obstacle::Dialect) => write!(f, "speaks {}", upstream.dialect)?,
                Some(Obstacle::Group) => f.write_str("does not serve the group")?,
                Some(Obstacle::Credential) => f.write_str("has no credential that is enabled")?,
                Some(Obstacle::Provider(layer)) => {
                    let (provider, layer) = (&upstream.provider, layer.name());
                    write!(f, "is of `{provider}`, which the {layer} does not allow")?;
                }
            }
        }
        match all.checked_sub(LISTED) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, ", and {more} more"),
        }
    }
}

/// What an upstream must be to take a call.
pub(super) struct Wanted<'a>(pub(super) Dialect, pub(super) &'a Group);

impl Display for Wanted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(dialect, group) = self;
        write!(
            f,
            "one enabled upstream that speaks {dialect}, serves the group `{}` and is of a provider that token, account and group all allow",
            group.name
        )
    }
}
