//! What is charged for something in a session, and sums of it.

use tollgate_policy::usage::Usage;
use tollgate_wire::usage::Metered;

/// What is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) usage: Usage,
    /// Whether anything was given for it.
    pub(super) served: bool,
    pub(super) estimated: bool,
}

impl Charge {
    pub(super) const NOTHING: Self = Self {
        usage: Usage::NONE,
        served: false,
        estimated: false,
    };

    /// What nobody has counted.
    pub(super) const fn estimated(usage: Usage) -> Self {
        Self {
            usage,
            served: true,
            estimated: true,
        }
    }

    /// What the provider says of a transcription.
    pub(super) fn transcribed(metered: &Metered) -> Self {
        let (usage, estimated) = metered.settled(0);
        Self {
            usage,
            served: true,
            estimated,
        }
    }

    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            usage: sum(&self.usage, &other.usage),
            served: self.served || other.served,
            estimated: self.estimated || other.estimated,
        }
    }
}

/// The sum of both, part by part.
pub(super) fn sum(one: &Usage, other: &Usage) -> Usage {
    let add = u64::saturating_add;
    Usage {
        input: add(one.input, other.input),
        cached_input: add(one.cached_input, other.cached_input),
        cache_write_5m: add(one.cache_write_5m, other.cache_write_5m),
        cache_write_1h: add(one.cache_write_1h, other.cache_write_1h),
        input_audio: add(one.input_audio, other.input_audio),
        input_image: add(one.input_image, other.input_image),
        output: add(one.output, other.output),
        reasoning: add(one.reasoning, other.reasoning),
        output_audio: add(one.output_audio, other.output_audio),
        output_image: add(one.output_image, other.output_image),
        audio_micros: add(one.audio_micros, other.audio_micros),
        searches: add(one.searches, other.searches),
        images: add(one.images, other.images),
    }
}
