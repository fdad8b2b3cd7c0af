//! A body that comes in pieces says the same as in one, and is edited to the same bytes. A `~`, `^` or
//! `#` stands for a run of letters, spaces or digits, long enough to be left where it came in.
#![no_main]

use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::route::RouteTarget;
use tollgate_wire::{BodyReader, CapField, Edits, Peek, PeekError, SplitBody, peek_for, route};

/// The bytes of a run, and how many there may be.
const RUN: usize = 40_000;
const MOST_RUNS: usize = 12;

const PATHS: [&str; 4] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1beta/models/m:generateContent",
    "/v1beta/models/m:batchEmbedContents",
];

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, size, written) = input;
    let path = PATHS[usize::from(choice) % PATHS.len()];
    let Ok(RouteTarget::Model(route)) = route("POST", path).map(|route| route.target) else {
        panic!("{path} is a model's route");
    };
    let (mut whole, mut runs) = (Vec::new(), 0);
    for byte in written {
        let letter: fn(usize) -> u8 = match byte {
            // Never the same for long, so that no part can take the place of another.
            b'~' => |at| b'A' + ((at / 26 + at) % 26) as u8,
            b'^' => |_| b' ',
            b'#' => |at| b'0' + (at % 10) as u8,
            other => {
                whole.push(*other);
                continue;
            }
        };
        runs += 1;
        if runs <= MOST_RUNS {
            whole.extend((0..RUN).map(letter));
        }
    }
    // Not so small that nothing else is done than to cut it.
    let size = usize::from(size).max(1 + whole.len() / 5_000);
    let read = || -> Result<(Peek<'static>, SplitBody), PeekError> {
        let mut reader = BodyReader::new(Vec::new());
        for piece in whole.chunks(size) {
            reader.push(piece.to_vec().into())?;
        }
        let mut outline = reader.finish()?;
        let seen = outline.peek_for(&route)?;
        Ok((seen, outline.into_body(|buffer| buffer.into())))
    };
    match (read(), peek_for(&route, &whole)) {
        (Ok((seen, body)), Ok(expected)) => {
            assert_eq!(seen.model, expected.model);
            assert_eq!(seen.features, expected.features);
            assert_eq!(seen.kept, expected.kept);
            assert_eq!((seen.stream, seen.choices), (expected.stream, expected.choices));
            assert_eq!(body.len(), whole.len());
            let edited = edits(&seen, route.endpoint).apply_to(&body);
            assert!(joined(edited) == edits(&expected, route.endpoint).apply(&whole), "edited");
            assert!(joined(body) == whole, "as it came");
        }
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (seen, expected) => panic!("{seen:?} is not {expected:?}"),
    }
});

fn joined(body: SplitBody) -> Vec<u8> {
    let mut pieces = body.into_pieces();
    pieces.copy_to_bytes(pieces.remaining()).into()
}

fn edits<'a>(of: &'a Peek<'a>, endpoint: Endpoint) -> Edits<'a> {
    let edits = Edits::new(of, endpoint).model("other\"model").ask_for_usage();
    match CapField::of(endpoint).first() {
        Some(field) => edits.cap(*field, 17),
        None => edits,
    }
}
