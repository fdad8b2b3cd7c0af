//! A body that comes in pieces says the same as in one, and is edited to the same bytes. A `~` stands
//! for a long run of letters, which stays where it came in.
#![no_main]

use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::route::RouteTarget;
use tollgate_wire::{BodyReader, CapField, Edits, Peek, PeekError, SplitBody, peek_for, route};

const RUN: [u8; 20_000] = [b'A'; 20_000];

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
    let mut whole = Vec::new();
    for byte in written {
        match byte {
            b'~' => whole.extend_from_slice(&RUN),
            other => whole.push(*other),
        }
    }
    let size = usize::from(size).max(1);
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
