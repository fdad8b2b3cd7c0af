//! What a response reads, where nobody has counted it: the conversation so far.

use tollgate_policy::usage::Usage;
use tollgate_wire::usage::realtime::Said;

use super::charge::sum;

/// A conversation, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversation {
    /// The longest prompt that the provider counted, and what came of it.
    counted: Usage,
    /// What the client had said until then.
    heard: Said,
}

impl Conversation {
    pub(super) const NEW: Self = Self {
        counted: Usage::NONE,
        heard: Said::NOTHING,
    };

    /// The prompt of a response that begins when the client has said so much; at most so many tokens.
    pub(super) fn prompt(&self, said: Said, most: u64) -> Usage {
        let since = said.since(self.heard).read();
        bounded(sum(&self.counted, &since), most)
    }

    /// A response was counted that began when the client had said so much. One that read less than
    /// those before it need not be of the conversation, and says nothing of it.
    pub(super) fn counted(&mut self, usage: &Usage, said: Said) {
        let counted = read_next(usage);
        if counted.input_tokens() >= self.counted.input_tokens() {
            (self.counted, self.heard) = (counted, said);
        }
    }
}

/// What a response read and gave, as the next one reads it.
const fn read_next(usage: &Usage) -> Usage {
    Usage {
        input: usage.input.saturating_add(usage.output),
        cached_input: usage.cached_input,
        cache_write_5m: usage.cache_write_5m,
        cache_write_1h: usage.cache_write_1h,
        input_audio: usage.input_audio.saturating_add(usage.output_audio),
        input_image: usage.input_image.saturating_add(usage.output_image),
        ..Usage::NONE
    }
}

/// At most so many tokens. What is left out is what costs the least by most lists.
fn bounded(mut usage: Usage, most: u64) -> Usage {
    let mut over = usage.input_tokens().saturating_sub(most);
    let parts = [
        &mut usage.cached_input,
        &mut usage.input,
        &mut usage.cache_write_5m,
        &mut usage.cache_write_1h,
        &mut usage.input_image,
        &mut usage.input_audio,
    ];
    for part in parts {
        let less = over.min(*part);
        *part -= less;
        over -= less;
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1_000;

    fn said(text: u64, sound: u64) -> Said {
        Said { text, sound }
    }

    #[test]
    fn a_first_response_reads_what_the_client_has_said() {
        let prompt = Conversation::NEW.prompt(said(401, 32_000), MOST);
        let expected = Usage {
            input: 101,
            input_audio: 10,
            ..Usage::NONE
        };
        assert_eq!(prompt, expected);
    }

    #[test]
    fn a_later_one_reads_what_was_counted_and_what_was_said_since() {
        let mut conversation = Conversation::NEW;
        let counted = Usage {
            input: 100,
            cached_input: 50,
            input_audio: 200,
            output: 10,
            output_audio: 20,
            reasoning: 7,
            ..Usage::NONE
        };
        conversation.counted(&counted, said(4_000, 320_000));
        // Of something else than the conversation.
        let apart = Usage {
            input: 3,
            ..Usage::NONE
        };
        conversation.counted(&apart, said(5_000, 640_000));
        let expected = Usage {
            input: 100 + 10 + 2,
            cached_input: 50,
            input_audio: 200 + 20 + 1,
            ..Usage::NONE
        };
        let prompt = conversation.prompt(said(4_008, 320_001), MOST);
        assert_eq!(prompt, expected);
    }

    #[test]
    fn no_prompt_is_longer_than_what_was_held_for() {
        let prompt = Conversation::NEW.prompt(said(u64::MAX, 3_200 * 900), MOST);
        let expected = Usage {
            input: 100,
            input_audio: 900,
            ..Usage::NONE
        };
        assert_eq!(prompt, expected);
        let prompt = Conversation::NEW.prompt(said(8, u64::MAX), MOST);
        assert_eq!((prompt.input, prompt.input_audio), (0, MOST));
    }
}
