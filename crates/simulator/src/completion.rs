//! The text of an answer: the same for the same question, in chunks of a few words.
//! It must not know in which dialect it is sent.

/// Words in a chunk, where a script does not ask for a number of chunks.
const WORDS_PER_CHUNK: usize = 3;

/// An answer. One word is one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// Joined without anything between them, they are the text.
    pub(crate) chunks: Vec<String>,
    pub(crate) tokens: u64,
    /// The cap on output tokens cut the answer short.
    pub(crate) is_cut: bool,
}

impl Completion {
    /// At most `cap` words; with `chunks`, so many chunks of one word each, before the cap.
    pub(crate) fn write(last_user_bytes: usize, cap: Option<u64>, chunks: Option<u64>) -> Self {
        let text = format!(
            "Your last message holds {last_user_bytes} bytes of text. This answer comes from a \
             simulated provider: it reads the prompt, counts it, and replies word by word, so \
             that a stream can be watched on its way through the gateway."
        );
        let words: Vec<&str> = text.split(' ').collect();
        let (wanted, per_chunk) = match chunks {
            Some(count) => (usize::try_from(count).unwrap_or(usize::MAX), 1),
            None => (words.len(), WORDS_PER_CHUNK),
        };
        let cap = cap.map_or(usize::MAX, |cap| usize::try_from(cap).unwrap_or(usize::MAX));
        let taken: Vec<&str> = words.into_iter().cycle().take(wanted.min(cap)).collect();
        Self {
            chunks: join(&taken, per_chunk),
            tokens: u64::try_from(taken.len()).unwrap_or(u64::MAX),
            is_cut: cap < wanted,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.chunks.concat()
    }
}

/// Each chunk but the first begins with the space that parts it from the one before.
fn join(words: &[&str], per_chunk: usize) -> Vec<String> {
    let chunks = words.chunks(per_chunk).enumerate();
    chunks
        .map(|(number, words)| match number {
            0 => words.join(" "),
            _ => format!(" {}", words.join(" ")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_mentions_the_length_and_counts_its_words() {
        let completion = Completion::write(42, None, None);
        assert!(completion.text().contains("42 bytes"));
        assert!(!completion.is_cut);
        let words = completion.text().split(' ').count();
        assert_eq!(completion.tokens, u64::try_from(words).unwrap());
        assert_eq!(completion.chunks.len(), words.div_ceil(3));
    }

    #[test]
    fn a_cap_cuts_the_answer_and_an_exact_cap_does_not() {
        let cut = Completion::write(1, Some(4), None);
        assert_eq!(cut.text(), "Your last message holds");
        assert_eq!((cut.tokens, cut.is_cut), (4, true));
        let whole = Completion::write(1, None, None);
        assert_eq!(Completion::write(1, Some(whole.tokens), None), whole);
    }

    #[test]
    fn scripted_chunks_are_one_word_each_and_may_be_none_or_many() {
        assert_eq!(Completion::write(1, None, Some(0)).chunks.len(), 0);
        let many = Completion::write(1, None, Some(1_000));
        assert_eq!((many.chunks.len(), many.tokens), (1_000, 1_000));
        assert_eq!(many.text().split(' ').count(), 1_000);
    }
}
