//! The counts of one report of a provider as it named them, and what they mean.

use super::number::MOST;
use super::{Surface, Usage};

/// A count in a provider's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Input,
    Output,
    Total,
    Cached,
    CacheWrite,
    CacheWrite5m,
    CacheWrite1h,
    InputAudio,
    InputImage,
    /// Of what is cached.
    CachedAudio,
    CachedImage,
    Reasoning,
    OutputAudio,
    OutputImage,
    ToolInput,
    WebSearches,
    /// Of Anthropic's: what is charged besides what the counts above say.
    BesideInput,
    BesideOutput,
    BesideCached,
    BesideWrite5m,
    BesideWrite1h,
    /// In millionths.
    Seconds,
    /// In millionths.
    SearchUnits,
}

const SLOTS: usize = Slot::SearchUnits as usize + 1;

/// What a provider reported; [`UNSAID`] where it said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report([u64; SLOTS]);

/// No count is as large.
const UNSAID: u64 = u64::MAX;

impl Default for Report {
    fn default() -> Self {
        Self([UNSAID; SLOTS])
    }
}

impl Report {
    pub(super) fn set(&mut self, slot: Slot, count: Option<u64>) {
        if let Some(place) = self.0.get_mut(slot as usize) {
            *place = count.unwrap_or(UNSAID);
        }
    }

    /// Adds to what is there: modalities may come in several parts.
    pub(super) fn add(&mut self, slot: Slot, count: u64) {
        let sum = self.get(slot).saturating_add(count);
        self.set(slot, Some(sum.min(MOST)));
    }

    /// Adds what an iteration used that no other count has in it.
    pub(super) fn add_beside(&mut self, iteration: &Self) {
        let used = iteration.anthropic();
        for (slot, count) in [
            (Slot::BesideInput, used.input),
            (Slot::BesideOutput, used.output),
            (Slot::BesideCached, used.cached_input),
            (Slot::BesideWrite5m, used.cache_write_5m),
            (Slot::BesideWrite1h, used.cache_write_1h),
        ] {
            self.add(slot, count);
        }
    }

    /// A list of iterations begins. One that is there twice counts as its last one says.
    pub(super) fn clear_beside(&mut self) {
        self.set(Slot::BesideInput, None);
        self.set(Slot::BesideOutput, None);
        self.set(Slot::BesideCached, None);
        self.set(Slot::BesideWrite5m, None);
        self.set(Slot::BesideWrite1h, None);
    }

    pub(super) fn said(&self, slot: Slot) -> Option<u64> {
        let count = self.0.get(slot as usize).copied();
        count.filter(|count| *count != UNSAID)
    }

    fn get(&self, slot: Slot) -> u64 {
        self.said(slot).unwrap_or(0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == UNSAID)
    }

    /// Takes over what the later report says, and keeps what it does not mention.
    pub(super) fn merge(&mut self, later: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(later.0) {
            if theirs != UNSAID {
                *mine = theirs;
            }
        }
    }

    /// The parts without overlap, as [`Usage`] says.
    pub(super) fn usage(&self, surface: Surface) -> Usage {
        let mut usage = match surface {
            Surface::Messages => self.anthropic(),
            Surface::Gemini => self.gemini(),
            _ => self.openai(),
        };
        // Which the usage of neither says.
        match surface {
            Surface::Images if self.said(Slot::OutputImage).is_none() => {
                usage.output_image = std::mem::take(&mut usage.output);
            }
            Surface::Speech if self.said(Slot::OutputAudio).is_none() => {
                usage.output_audio = std::mem::take(&mut usage.output);
            }
            _ => {}
        }
        usage.audio_micros = self.get(Slot::Seconds);
        usage.searches = self
            .get(Slot::WebSearches)
            .saturating_add(self.get(Slot::SearchUnits).div_ceil(1_000_000));
        usage
    }

    fn openai(&self) -> Usage {
        let generated = self.get(Slot::Output);
        // Rerankers and some embedders tell the total only.
        let read = self
            .said(Slot::Input)
            .unwrap_or_else(|| self.get(Slot::Total).saturating_sub(generated));
        let reasoning = self.get(Slot::Reasoning);
        let reasoning_apart = reasoning > 0
            && self.said(Slot::Total) == Some(read.saturating_add(generated) + reasoning);
        let output = if reasoning_apart {
            generated
        } else {
            less(generated, reasoning)
        };
        self.split(less(less(read, self.cached()), self.written()), output)
    }

    fn anthropic(&self) -> Usage {
        let (short, long) = (self.get(Slot::CacheWrite5m), self.get(Slot::CacheWrite1h));
        let unstated = self.written().saturating_sub(short.saturating_add(long));
        let and = |count: u64, beside| count.saturating_add(self.get(beside));
        Usage {
            input: and(self.get(Slot::Input), Slot::BesideInput),
            cached_input: and(self.cached(), Slot::BesideCached),
            cache_write_5m: and(short.saturating_add(unstated), Slot::BesideWrite5m),
            cache_write_1h: and(long, Slot::BesideWrite1h),
            output: and(self.get(Slot::Output), Slot::BesideOutput),
            ..Usage::default()
        }
    }

    fn gemini(&self) -> Usage {
        let thoughts_and_candidates = self
            .get(Slot::Output)
            .saturating_add(self.get(Slot::Reasoning));
        let read = self.said(Slot::Input).unwrap_or_else(|| {
            self.get(Slot::Total)
                .saturating_sub(thoughts_and_candidates)
                .saturating_sub(self.get(Slot::ToolInput))
        });
        let mut usage = self.split(less(read, self.cached()), self.get(Slot::Output));
        usage.input = usage.input.saturating_add(self.get(Slot::ToolInput));
        usage
    }

    fn cached(&self) -> u64 {
        self.get(Slot::Cached)
    }

    fn written(&self) -> u64 {
        self.get(Slot::CacheWrite)
    }

    /// Takes sound and images out of what is left of either direction. They may be in the cached
    /// part as well, and few providers say how much of them is, so here they are at most what is left.
    fn split(&self, input: u64, output: u64) -> Usage {
        let uncached = |all, cached| self.get(all).saturating_sub(self.get(cached));
        let input_audio = uncached(Slot::InputAudio, Slot::CachedAudio).min(input);
        let input_image = uncached(Slot::InputImage, Slot::CachedImage).min(input - input_audio);
        let output_audio = self.get(Slot::OutputAudio).min(output);
        let output_image = self.get(Slot::OutputImage).min(output - output_audio);
        Usage {
            input: input - input_audio - input_image,
            cached_input: self.cached(),
            cache_write_5m: self.written(),
            input_audio,
            input_image,
            output: output - output_audio - output_image,
            reasoning: self.get(Slot::Reasoning),
            output_audio,
            output_image,
            ..Usage::default()
        }
    }
}

/// The whole without a part of it. A part larger than its whole is none of it.
const fn less(whole: u64, part: u64) -> u64 {
    match whole.checked_sub(part) {
        Some(rest) => rest,
        None => whole,
    }
}
