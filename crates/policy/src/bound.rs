//! The most that a call can cost, known before it is made.
//!
//! A prompt never has more tokens than bytes, and never more than the model's context; an answer
//! never has more tokens than its cap, or the model's ceiling. What a request only refers to
//! (images by address, files, earlier responses) is not in its bytes: its bound is the context.
//! Where a provider runs tools by itself, it reads the prompt again in each round, and all that the
//! tools gave: its bound is the context in each of them.

mod uses;

pub use uses::{UNKNOWN_ROUNDS, UNKNOWN_SEARCHES, Uses};

use crate::cap::CapField;
use crate::credits::Credits;
use crate::group::Multiplier;
use crate::price::{Part, Price};
use crate::usage::Usage;

/// The context that a model is taken to have where the gallery does not say, in tokens: as large
/// as those of the largest models.
pub const UNKNOWN_CONTEXT: u64 = 1 << 20;
/// The output that a model is taken to be able to give where the gallery does not say, in tokens.
pub const UNKNOWN_OUTPUT: u64 = 128_000;
/// What providers add to a prompt that has tools, in tokens. Anthropic states up to 804.
pub const TOOLS_OVERHEAD: u64 = 2_048;
/// The output that a lenient hold counts with where the client sets no lower cap, in tokens.
pub const LENIENT_OUTPUT: u64 = 1_024;
/// How many bytes of a prompt a lenient hold takes for a token.
pub const LENIENT_BYTES_PER_TOKEN: u64 = 4;

/// How much a model can take and give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// The largest prompt, in tokens.
    pub context: Option<u64>,
    /// The largest answer, in tokens.
    pub output: Option<u64>,
    /// The field by which it wants its output capped, where it differs from what is usual.
    pub cap_field: Option<CapField>,
}

/// What a request says about how much it can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// The length of the body in bytes.
    pub bytes: u64,
    /// The client's own cap of the output, in tokens for each answer.
    pub cap: Option<u64>,
    /// The smallest cap that the provider takes, in tokens for each answer; 0 counts as 1.
    pub least_output: u64,
    /// How many answers are asked for; 0 counts as 1.
    pub choices: u64,
    /// Whether the endpoint generates tokens at all.
    pub generates: bool,
    /// How many prompts there are of a model that does not generate, each of which has the context
    /// to itself; 0 counts as 1.
    pub prompts: u64,
    /// How many bytes of the body are read with each of them.
    pub repeated: u64,
    /// How many images are asked for.
    pub images: u64,
    /// How much sound can come, in microseconds.
    pub sound_micros: u64,
    /// How many searches are asked for, besides those that tools make.
    pub searches: u64,
    /// How often tools can be used that the provider runs by itself, in each answer.
    pub tool_uses: Uses,
    /// How often those of them can be used that may search.
    pub search_uses: Uses,
    /// Whether the prompt may hold more than is in the body.
    pub referenced: bool,
    /// Whether what is not in the body may be sound.
    pub may_sound: bool,
    /// Whether sound goes in or comes out.
    pub audio: bool,
    /// Whether the prompt may be written to the provider's cache at its own price.
    pub cache: bool,
    /// Whether the request has tools.
    pub tools: bool,
    /// Whether the prompt may be read once more, so that it is made shorter.
    pub compacts: bool,
}

/// By what a call is charged. Kept on its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quote {
    /// The price list.
    pub price: Price,
    /// The group's multiplier.
    pub multiplier: Multiplier,
}

/// The most that a call can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    input: (Part, u64),
    output: (Part, u64),
    /// The least output for each answer to which it can be capped.
    least_output: u64,
    choices: u64,
    images: u64,
    sound_micros: u64,
    searches: u64,
}

impl Demand {
    /// The most tokens that the prompt can have. A context that is not known bounds nothing that
    /// the bytes do not bound.
    pub fn input_bound(&self, window: &Window) -> u64 {
        let overhead = if self.tools { TOOLS_OVERHEAD } else { 0 };
        let bytes = self.bytes.saturating_add(overhead);
        let once = if self.generates {
            self.prompt_bound(bytes, window)
        } else {
            self.batch_bound(bytes, window)
        };
        once.saturating_mul(self.rounds().saturating_add(u64::from(self.compacts)))
    }

    fn prompt_bound(&self, bytes: u64, window: &Window) -> u64 {
        // Each of several prompts has the context to itself.
        let context = window.context;
        let context = context.map(|context| context.saturating_mul(self.choices.max(1)));
        match (context, self.is_beyond_its_bytes()) {
            (Some(context), true) => context,
            (Some(context), false) => bytes.min(context),
            (None, true) => bytes.max(UNKNOWN_CONTEXT),
            (None, false) => bytes,
        }
    }

    /// The context of a model that takes many texts at once does not bound what all of them have in
    /// the body, but it bounds what each refers to, and what is read again with each.
    fn batch_bound(&self, bytes: u64, window: &Window) -> u64 {
        let all = |context: u64| context.saturating_mul(self.prompts.max(1));
        if self.referenced {
            return bytes.max(all(window.context.unwrap_or(UNKNOWN_CONTEXT)));
        }
        let read = bytes.saturating_add(self.bytes_again());
        bytes.max(read.min(window.context.map_or(read, all)))
    }

    /// The bytes that are read with each prompt but the first.
    fn bytes_again(&self) -> u64 {
        self.repeated.saturating_mul(self.prompts.saturating_sub(1))
    }

    /// What a tool gave is in the prompt of the next round.
    fn is_beyond_its_bytes(&self) -> bool {
        self.referenced || self.rounds() > 1
    }

    fn rounds(&self) -> u64 {
        if self.generates {
            self.tool_uses.rounds()
        } else {
            1
        }
    }

    /// The most searches that can be made.
    pub fn searches_bound(&self) -> u64 {
        let by_tools = if self.generates {
            self.search_uses.searches()
        } else {
            0
        };
        let by_tools = by_tools.saturating_mul(self.choices.max(1));
        self.searches.saturating_add(by_tools)
    }

    /// The most tokens that each answer can have. A ceiling that is not known bounds nothing that
    /// the client's cap does not bound.
    pub fn output_bound(&self, window: &Window) -> u64 {
        if !self.generates {
            return 0;
        }
        match (self.cap, window.output.or(window.context)) {
            (Some(cap), Some(ceiling)) => cap.min(ceiling),
            (Some(cap), None) => cap,
            (None, ceiling) => ceiling.unwrap_or(UNKNOWN_OUTPUT),
        }
    }

    /// What a call of a trusted user is likely to use.
    pub fn estimate(&self, window: &Window) -> (u64, u64) {
        let bytes = self.bytes.saturating_add(self.bytes_again());
        let input = bytes.div_ceil(LENIENT_BYTES_PER_TOKEN);
        let input = input.min(self.input_bound(window));
        let output = self.output_bound(window).min(LENIENT_OUTPUT);
        (input, output)
    }

    fn input_parts(&self) -> impl Iterator<Item = Part> {
        // Some providers write to their caches without being asked, for five minutes.
        let always = [
            Part::Input,
            Part::CachedInput,
            Part::InputImage,
            Part::CacheWrite5m,
        ];
        let cache = [Part::CacheWrite1h].into_iter().filter(|_| self.cache);
        let sounds = self.audio || self.may_sound;
        let audio = [Part::InputAudio].into_iter().filter(move |_| sounds);
        always.into_iter().chain(cache).chain(audio)
    }

    fn output_parts(&self) -> impl Iterator<Item = Part> {
        let always = [Part::Output, Part::Reasoning, Part::OutputImage];
        let audio = [Part::OutputAudio].into_iter().filter(|_| self.audio);
        always.into_iter().chain(audio)
    }
}

impl Quote {
    /// The most that a call can use, with each token at the highest price that it can have here.
    pub fn bound(&self, demand: &Demand, window: &Window) -> Bound {
        let (input, output) = (demand.input_bound(window), demand.output_bound(window));
        let searches = demand.searches_bound();
        self.bound_of(demand, input, output, searches)
    }

    /// What a call of a trusted user is likely to use: a search where there can be any.
    pub fn estimate(&self, demand: &Demand, window: &Window) -> Bound {
        let (input, output) = demand.estimate(window);
        let searches = demand.searches.max(demand.searches_bound().min(1));
        self.bound_of(demand, input, output, searches)
    }

    fn bound_of(&self, demand: &Demand, input: u64, output: u64, searches: u64) -> Bound {
        let dearest = |parts: &mut dyn Iterator<Item = Part>, other| {
            parts
                .max_by_key(|part| self.price.of(*part))
                .unwrap_or(other)
        };
        Bound {
            input: (dearest(&mut demand.input_parts(), Part::Input), input),
            output: (dearest(&mut demand.output_parts(), Part::Output), output),
            // A client's own cap is the client's own matter.
            least_output: output.min(demand.least_output.max(1)),
            choices: demand.choices.max(1),
            images: demand.images,
            sound_micros: demand.sound_micros,
            searches,
        }
    }

    /// What a call costs that uses as much as this bound allows. Saturates at the end of the range.
    pub fn cost_of(&self, bound: &Bound) -> Credits {
        self.cost(&bound.usage(), 1)
            .unwrap_or(Credits::from_micros(i64::MAX))
    }

    /// What a call cost. `None` where it leaves the range of [`Credits`].
    pub fn cost(&self, usage: &Usage, requests: u64) -> Option<Credits> {
        self.price.cost(usage, requests, self.multiplier)
    }

    /// The largest output for each answer that an amount covers besides the input; `None` where it
    /// does not even cover the input and the least output of each answer.
    pub fn affordable(&self, bound: &Bound, amount: Credits) -> Option<u64> {
        let (mut least, mut most) = (bound.least_output, bound.output.1);
        let covers = |output: u64| self.cost_of(&bound.with_output(output)) <= amount;
        if !covers(least) {
            return None;
        }
        // At most 64 steps, each a sum of few products; exact, unlike a division with its rounding.
        while least < most {
            let middle = least + (most - least).div_ceil(2);
            if covers(middle) {
                least = middle;
            } else {
                most = middle - 1;
            }
        }
        Some(least)
    }
}

impl Bound {
    /// The most tokens of output for each answer.
    pub const fn output(&self) -> u64 {
        self.output.1
    }

    /// The most tokens in all: input and every answer.
    pub const fn tokens(&self) -> u64 {
        let output = self.output.1.saturating_mul(self.choices);
        self.input.1.saturating_add(output)
    }

    /// The bound with another output for each answer.
    #[must_use]
    pub const fn with_output(mut self, output: u64) -> Self {
        self.output.1 = output;
        self
    }

    /// The bound of what costs the least and still is an answer: the input, and the least output of
    /// each.
    #[must_use]
    pub const fn least(self) -> Self {
        self.with_output(self.least_output)
    }

    fn usage(&self) -> Usage {
        let mut usage = Usage {
            images: self.images,
            audio_micros: self.sound_micros,
            searches: self.searches,
            ..Usage::NONE
        };
        let output = self.output.1.saturating_mul(self.choices);
        for (part, tokens) in [(self.input.0, self.input.1), (self.output.0, output)] {
            if let Some(slot) = part.slot(&mut usage) {
                *slot = slot.saturating_add(tokens);
            }
        }
        usage
    }
}

impl Quote {
    /// What is charged where nothing costs anything.
    pub fn free() -> Self {
        Self {
            price: Price::free(),
            multiplier: Multiplier::ONE,
        }
    }
}

#[cfg(test)]
mod tests;
