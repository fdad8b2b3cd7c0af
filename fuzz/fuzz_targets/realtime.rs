//! What is read from a session does not depend on where its messages are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::usage::realtime::{ClientScanner, ServerScanner};
use tollgate_wire::websocket::Piece;

fuzz_target!(|data: (u8, Vec<&[u8]>)| {
    let (size, messages) = data;
    let run = |size: usize| {
        let (mut server, mut client) = (ServerScanner::new(), ClientScanner::new());
        let (mut heard, mut said) = (Vec::new(), Vec::new());
        for message in &messages {
            let pieces = message.chunks(size.max(1)).map(Piece::Text);
            for piece in pieces.chain([Piece::TextEnd]) {
                heard.extend(server.push(piece));
                said.extend(client.push(piece));
            }
        }
        assert_eq!(said.len(), messages.len());
        (heard, said, client.said())
    };
    assert_eq!(run(usize::from(size)), run(1 << 20));
});
