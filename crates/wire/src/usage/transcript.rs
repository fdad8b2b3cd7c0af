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
        if self.bare.is_none() {
            let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
            self.bare = first.map(|first| *first != b'{');
        }
        if self.bare == Some(true) {
            tally.add_text(bytes.len());
            tally.letters.push(bytes);
        } else {
            self.json.push(bytes, tally);
        }
    }
}
