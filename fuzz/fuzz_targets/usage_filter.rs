//! Where a stream is cut does not change what is left of it; nothing is added to it; and little of
//! it is held back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::usage::{Filtered, UsageFilter};

fuzz_target!(|data: (u8, &[u8])| {
    let (cut, stream) = data;
    let whole = filtered(stream, stream.len().max(1));
    assert_eq!(filtered(stream, 1), whole);
    assert_eq!(filtered(stream, usize::from(cut) + 1), whole);

    let mut rest = stream.iter();
    assert!(whole.iter().all(|byte| rest.any(|one| one == byte)));
});

fn filtered(stream: &[u8], size: usize) -> Vec<u8> {
    let mut filter = UsageFilter::new();
    let mut seen = Vec::new();
    for chunk in stream.chunks(size) {
        match filter.push(chunk) {
            Filtered::Unchanged => seen.extend_from_slice(chunk),
            Filtered::Changed(bytes) => seen.extend(bytes),
        }
        assert!(filter.held() <= UsageFilter::MOST_HELD);
    }
    seen.extend(filter.finish());
    seen
}
