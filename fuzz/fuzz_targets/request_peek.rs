//! A body that is read twice by different readers names the same model, and replacing the model
//! changes nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::{peek, replace_model};

fuzz_target!(|body: &[u8]| {
    let Ok(seen) = peek(body) else {
        return;
    };
    let span = seen.model_span.clone();
    let before = body.get(..span.start).expect("the span lies in the body");
    let after = body.get(span.end..).expect("the span lies in the body");
    let replaced = replace_model(body, span, "other\"model");
    assert!(replaced.starts_with(before) && replaced.ends_with(after));
    let again = peek(&replaced).expect("a body with another model is still a body");
    assert_eq!(again.model, "other\"model");
    assert_eq!(again.stream, seen.stream);
    let back = replace_model(&replaced, again.model_span, &seen.model);
    let back = peek(&back).expect("and back again");
    assert_eq!((back.model, back.stream), (seen.model, seen.stream));
});
