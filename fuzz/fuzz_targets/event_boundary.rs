//! Where a stream is cut does not change what is taken for the end of an event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::EventBoundary;

fuzz_target!(|data: (u8, &[u8])| {
    let (cut, stream) = data;
    let mut whole = EventBoundary::new();
    whole.push(stream);

    let mut single = EventBoundary::new();
    for byte in stream {
        single.push(&[*byte]);
    }
    assert_eq!(single, whole);

    let mut pieces = EventBoundary::new();
    for piece in stream.chunks(usize::from(cut) + 1) {
        pieces.push(piece);
        pieces.push(&[]);
    }
    assert_eq!(pieces, whole);
    assert_eq!(pieces.at_boundary(), whole.at_boundary());

    // Inside a line there is never a boundary.
    if stream
        .last()
        .is_some_and(|last| !matches!(last, b'\n' | b'\r'))
    {
        assert!(!whole.at_boundary());
    }
});
