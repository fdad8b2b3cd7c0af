//! Where an answer is cut does not change what is read from it; little of it is held back; and no
//! count is larger than any that is believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::usage::{Metered, Surface, UsageScanner};

fuzz_target!(|data: (u8, bool, u8, &[u8])| {
    let (surface, streamed, cut, answer) = data;
    let surface = Surface::ALL[usize::from(surface) % Surface::ALL.len()];
    let make = || {
        if streamed {
            UsageScanner::events(surface)
        } else {
            UsageScanner::body(surface)
        }
    };

    let whole = read(make(), answer, answer.len().max(1));
    assert_eq!(read(make(), answer, 1), whole);
    assert_eq!(read(make(), answer, usize::from(cut) + 1), whole);

    assert!(whole.output_bytes <= answer.len() as u64);
    if let Some(usage) = whole.usage {
        // Two counts of the input may add up: tool use, or what is counted apart.
        assert!(usage.input_tokens() <= 8 << 53 && usage.output_tokens() <= 8 << 53);
    }
    let (_, estimated) = whole.settled(answer.len() as u64);
    assert_eq!(estimated, whole.usage.is_none() || whole.provisional);
});

fn read(mut scanner: UsageScanner, answer: &[u8], size: usize) -> Metered {
    for chunk in answer.chunks(size) {
        scanner.push(chunk);
        assert!(scanner.held() <= UsageScanner::MOST_HELD);
    }
    scanner.finish()
}
