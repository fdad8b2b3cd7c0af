//! Frames are read alike however they are cut, and what is written is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::websocket::{FrameError, FrameReader, Piece, Sender, text_frame};

fn read(sender: Sender, bytes: &[u8], size: usize) -> (Result<(), FrameError>, Vec<u8>, usize) {
    let mut reader = FrameReader::new(sender, 1 << 20);
    let (mut text, mut ends) = (Vec::new(), 0);
    let read = bytes.chunks(size.max(1)).try_for_each(|chunk| {
        let whole = reader.push(chunk, |piece| match piece {
            Piece::Text(bytes) => text.extend_from_slice(bytes),
            Piece::TextEnd => ends += 1,
            Piece::Binary(_) | Piece::Close(_) => {}
        })?;
        assert!(whole <= chunk.len());
        Ok(())
    });
    (read, text, ends)
}

fuzz_target!(|data: (bool, u8, [u8; 4], &[u8])| {
    let (is_client, size, mask, bytes) = data;
    let sender = if is_client { Sender::Client } else { Sender::Server };
    let whole = read(sender, bytes, bytes.len());
    assert_eq!(whole, read(sender, bytes, usize::from(size)));
    if let Ok(text) = str::from_utf8(bytes) {
        let frame = text_frame(text, is_client.then_some(mask));
        let back = read(sender, &frame, usize::from(size));
        assert_eq!(back, (Ok(()), bytes.to_vec(), 1));
    }
});
