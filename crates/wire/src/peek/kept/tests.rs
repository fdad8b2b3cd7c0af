use super::*;
use crate::peek::{PeekError, peek};

fn seen(members: &str) -> Result<Kept<'static>, PeekError> {
    let body = format!(r#"{{"model":"m",{members}}}"#);
    peek(body.as_bytes()).map(|seen| seen.kept.into_owned())
}

#[test]
fn an_answer_in_the_background_is_noticed() {
    for (members, background) in [
        (r#""background":true"#, true),
        (r#" "background" : false "#, false),
        (r#""background":null"#, false),
        (r#""background":"yes""#, true),
        (r#""b\u0061ckground":true"#, true),
        (r#""input":"a \"background\": true""#, false),
        (r#""metadata":{"background":true}"#, false),
    ] {
        let seen = seen(members).map(|kept| kept.background);
        assert_eq!(seen, Ok(background), "{members}");
    }
}

#[test]
fn the_response_before_is_read() {
    let id = |id: &'static str| Previous::Id(Cow::Borrowed(id));
    for (members, previous) in [
        (r#""previous_response_id":"resp_1""#, id("resp_1")),
        (r#""previous_response\u005fid":"resp_1""#, id("resp_1")),
        (r#""previous_response_id":"resp\u005f1""#, id("resp_1")),
        (r#""previous_response_id":null"#, Previous::None),
        (r#""previous_response_id":["resp_1"]"#, Previous::Unreadable),
        (
            r#""metadata":{"previous_response_id":"resp_1"}"#,
            Previous::None,
        ),
    ] {
        assert_eq!(
            seen(members).map(|kept| kept.previous),
            Ok(previous),
            "{members}"
        );
    }
}

#[test]
fn what_is_not_to_be_kept_is_known() {
    for (members, unkept) in [
        (r#""store":false"#, true),
        (r#""store":true"#, false),
        (r#""store":null"#, false),
        (r#""tools":[{"store":false}]"#, false),
    ] {
        assert_eq!(
            seen(members).map(|kept| kept.unkept),
            Ok(unkept),
            "{members}"
        );
    }
}

#[test]
fn two_readers_see_the_same() {
    for (members, error) in [
        (
            r#""background":false,"background":true"#,
            PeekError::Duplicate("background"),
        ),
        (r#""Background":true"#, PeekError::Lookalike("background")),
        (
            r#""Previous_Response_Id":"a""#,
            PeekError::Lookalike("previous_response_id"),
        ),
    ] {
        assert_eq!(seen(members), Err(error), "{members}");
    }
}
