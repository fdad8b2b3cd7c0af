use super::*;

/// The entries of a file: the price list or why it is skipped, with the notes.
fn all(text: &str) -> Vec<(String, String, usize)> {
    let read = read(text).unwrap();
    let said = read.entries.into_iter().map(|one| match one.found {
        Ok(found) => (one.name, found.price.to_string(), found.notes.len()),
        Err(why) => (one.name, why, 0),
    });
    said.collect()
}

fn entry(name: &str, said: &str, notes: usize) -> (String, String, usize) {
    (name.to_owned(), said.to_owned(), notes)
}

#[test]
fn a_ratio_of_1_is_2_credits_per_million_and_all_others_multiply_it() {
    let text = r#"{
        "ModelRatio": { "chat": 1.25, "claude": 1.5, "voice": 1.25, "drawing": 2.5, "vector": 0.01 },
        "CompletionRatio": { "chat": 4, "claude": 5, "voice": 4, "drawing": 8 },
        "CacheRatio": { "chat": 0.5, "claude": 0.1 },
        "CreateCacheRatio": { "claude": 1.25 },
        "ImageRatio": { "drawing": 2 },
        "AudioRatio": { "voice": 16 },
        "AudioCompletionRatio": { "voice": 2 },
        "ModelPrice": { "song": 0.1, "chat-fixed": 1e-2 }
    }"#;
    assert_eq!(
        all(text),
        [
            entry("chat", "input=2.5,cached-input=1.25,output=10", 0),
            entry("chat-fixed", "request=0.01", 0),
            entry(
                "claude",
                "input=3,cached-input=0.3,cache-write-5m=3.75,cache-write-1h=6,output=15",
                0
            ),
            entry("drawing", "input=5,input-image=10,output=40", 0),
            entry("song", "request=0.1", 0),
            entry("vector", "input=0.02", 1),
            entry(
                "voice",
                "input=2.5,input-audio=40,output=10,output-audio=80",
                0
            ),
        ]
    );
}

#[test]
fn maps_are_found_in_every_form_in_which_they_are_exported() {
    let expected = [entry("m", "input=2,output=6", 0)];
    for text in [
        r#"{ "ModelRatio": { "m": 1 }, "CompletionRatio": { "m": 3 } }"#,
        r#"{ "ModelRatio": "{\"m\": 1}", "CompletionRatio": "{\"m\": 3}" }"#,
        r#"{ "success": true, "data": { "model_ratio": { "m": 1 }, "completion_ratio": { "m": 3 } } }"#,
        r#"{ "data": [ { "key": "ModelRatio", "value": "{\"m\": 1}" }, { "key": "Theme", "value": "dark" },
            { "key": "CompletionRatio", "value": "{\"m\": 3}" } ] }"#,
    ] {
        assert_eq!(all(text), expected, "{text}");
    }
}

#[test]
fn the_price_of_a_request_goes_before_ratios() {
    let text = r#"{ "ModelRatio": { "m": 1 }, "CompletionRatio": { "m": 3 }, "ModelPrice": { "m": 0.5 } }"#;
    assert_eq!(all(text), [entry("m", "request=0.5", 0)]);
}

#[test]
fn what_cannot_be_used_is_skipped_and_says_which_number() {
    let text = r#"{
        "ModelRatio": {
            "far": 1e99999999999, "free": 0, "less": -1, "long": 1, "none": null, "text": "1",
            "twice": 1, "twice": 2
        },
        "CompletionRatio": { "long": 0.12345678901234567890123456789012345678, "free": 1 },
        "CacheRatio": { "long": 1.234567890123456789 }
    }"#;
    let broken = |problem: &str| format!("its number in `ModelRatio` cannot be used: {problem}");
    assert_eq!(
        all(text),
        [
            entry("far", &broken("it is larger than any price"), 0),
            entry(
                "free",
                "every price of it is 0: if that is so, add it by hand with the price `free`",
                0
            ),
            entry("less", &broken("it is negative"), 0),
            entry("long", "input=2,cached-input=2.469136,output=0.246914", 2),
            entry("none", &broken("it is no number"), 0),
            entry("text", &broken("it is no number"), 0),
            entry("twice", "`ModelRatio` has it twice", 0),
        ]
    );
}

#[test]
fn options_that_are_not_prices_of_models_are_told() {
    let text = r#"{ "ModelRatio": { "m": 1 }, "OtherRatio": 1, "Theme": 1 }"#;
    assert_eq!(
        read(text).unwrap().remarks,
        ["`OtherRatio` is not imported"]
    );
}

#[test]
fn the_multipliers_of_groups_are_read_exactly_or_rounded_up() {
    let text = r#"{ "GroupRatio": { "default": 1, "vip": 0.8, "fine": 0.3333333, "free": 0,
        "less": -1, "huge": 4000.000001, "text": "1", "twice": 1, "twice": 2 } }"#;
    let groups = read(text).unwrap().groups.into_iter();
    let said: Vec<_> = groups
        .map(|one| match one.found {
            Ok(found) => (one.name, found.multiplier.to_string(), found.exact),
            Err(why) => (one.name, why, false),
        })
        .collect();
    let cannot = "its number in `GroupRatio` cannot be used: ";
    let expected = [
        ("default", "1".to_owned(), true),
        ("fine", "0.333334".to_owned(), false),
        (
            "free",
            "its ratio is 0: if its calls cost nothing, say so by `group edit --multiplier 0`"
                .to_owned(),
            false,
        ),
        ("huge", format!("{cannot}it is larger than 4000"), false),
        ("less", format!("{cannot}it is negative"), false),
        ("text", format!("{cannot}it is no number"), false),
        ("twice", "`GroupRatio` has it twice".to_owned(), false),
        ("vip", "0.8".to_owned(), true),
    ];
    assert_eq!(
        said,
        expected.map(|(name, said, exact)| (name.to_owned(), said, exact))
    );
}

#[test]
fn a_file_without_maps_is_refused_with_the_place() {
    for (text, start) in [
        ("{}", "invalid file: it has none of the options"),
        ("3", "invalid file: it is no JSON object of options"),
        (
            r#"{ "ModelRatio": 3 }"#,
            "invalid file: `ModelRatio` is not what it should be",
        ),
        (
            r#"{ "ModelRatio": {}, "model_ratio": {} }"#,
            "invalid file: it has the option `model_ratio` twice",
        ),
    ] {
        let error = read(text).err().unwrap().to_string();
        assert!(error.starts_with(start), "{error}");
    }
}
