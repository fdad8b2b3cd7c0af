//! Whether a stream is asked to tell its usage, and where the wish can be put in.

use std::ops::Range;

use super::flag::Flag;
use super::{PeekError, span};

const KEY: &str = "include_usage";

/// What `stream_options.include_usage` says. Places are in bytes of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IncludeUsage {
    /// The client asks for the usage.
    Asked,
    /// There is no `stream_options`.
    #[default]
    NoOptions,
    /// `stream_options` is null, and stands there.
    NullOptions(Range<usize>),
    /// `stream_options` is an object without the key.
    Missing {
        /// Right after the brace that opens the object.
        inside: usize,
        /// Whether the object has no members at all.
        is_empty: bool,
    },
    /// The key is false or null, and its value stands there.
    Declined(Range<usize>),
}

impl IncludeUsage {
    /// Whether the client asks for the usage.
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::Asked)
    }

    /// Reads the value of `stream_options`, a part of the text.
    pub(super) fn read(text: &str, options: Option<&str>) -> Result<Self, PeekError> {
        let Some(options) = options else {
            return Ok(Self::NoOptions);
        };
        let place = |part| span(text, part).ok_or(PeekError::StreamOptionsNotObject);
        if options == "null" {
            return place(options).map(Self::NullOptions);
        }
        let flag = Flag::read(options, KEY).ok_or(PeekError::StreamOptionsNotObject)?;
        match (flag.problem, flag.value) {
            (Some(problem), _) => Err(problem),
            (None, Some("true")) => Ok(Self::Asked),
            (None, Some(value @ ("false" | "null"))) => place(value).map(Self::Declined),
            (None, Some(_)) => Err(PeekError::IncludeUsageNotBool),
            (None, None) => Ok(Self::Missing {
                inside: place(options)?.start.saturating_add(1),
                is_empty: flag.is_empty,
            }),
        }
    }
}
