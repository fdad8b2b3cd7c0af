//! A body that is read twice by different readers names the same model, and editing it changes
//! nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::{CapField, Edits, peek, replace_model};

fuzz_target!(|body: &[u8]| {
    let Ok(seen) = peek(body) else {
        return;
    };
    let span = seen.model_span.clone().expect("the body names its model");
    let before = body.get(..span.start).expect("the span lies in the body");
    let after = body.get(span.end..).expect("the span lies in the body");
    let replaced = replace_model(body, span, "other\"model");
    assert!(replaced.starts_with(before) && replaced.ends_with(after));
    let again = peek(&replaced).expect("a body with another model is still a body");
    assert_eq!(again.model, "other\"model");
    assert_eq!(again.stream, seen.stream);
    let span = again.model_span.expect("and still does");
    let back = replace_model(&replaced, span, &seen.model);
    let back = peek(&back).expect("and back again");
    assert_eq!((&back.model, back.stream), (&seen.model, seen.stream));

    let endpoint = Endpoint::ChatCompletions;
    let edits = Edits::new(&seen, endpoint)
        .model("other\"model")
        .cap(CapField::MaxTokens, 17)
        .ask_for_usage();
    let edited = edits.apply(body);
    let again = peek(&edited).expect("an edited body is still a body");
    assert_eq!(again.model, "other\"model");
    assert!(again.caps.bound(endpoint).is_some_and(|bound| bound <= 17));
    assert!(again.include_usage.is_asked());
    assert_eq!((again.choices, again.features), (seen.choices, seen.features));
});
