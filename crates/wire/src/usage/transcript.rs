//! A transcript that comes in one piece: as JSON, or as bare text or subtitles if the client likes.

use super::Surface;
use super::document::Document;
use super::tally::Tally;

#[derive(Debug)]
pub(super) struct Transcript {
    json: Document,
    /// Whether it is no JSON; unknown before its first character.
    bare: Option<bool>,
}

impl Transcript {
    pub(super) const NEW: Self = Self {
        json: Document::body(Surface::Transcription),
        bare: None,
    };

    pub(super) fn push(&mut self, bytes: &[u8], tally: &mut Tally) {
        let bytes = match self.bare {
            None => bytes.trim_ascii_start(),
            Some(_) => bytes,
        };
        let Some(first) = bytes.first() else {
            return;
        };
        if *self.bare.get_or_insert(*first != b'{') {
            tally.add_text(bytes.len());
            tally.letters.get_or_insert_default().push(bytes);
        } else {
            tally.letters.get_or_insert_default();
            self.json.push(bytes, tally);
        }
    }
}
