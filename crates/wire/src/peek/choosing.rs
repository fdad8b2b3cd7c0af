//! What a client may not choose in a body: it would use what nobody judged, or what costs more than
//! is charged.

use super::members::{Deciding, Members, string};
use super::{PeekError, agents, reasoning};

/// The tiers of service at or below the prices of a list, by what vendors call them in any case.
/// `auto` is what the operator agreed on with the vendor.
const TIERS: [&str; 7] = [
    "auto",
    "default",
    "flex",
    "on_demand",
    "standard",
    "standard_only",
    "unspecified",
];

/// Refuses further models, further agents, further runs, and other prices.
pub(super) fn check(members: &Members<'_>) -> Result<(), PeekError> {
    for key in [Deciding::Models, Deciding::Fallbacks] {
        if members.get(key).is_some_and(names_any) {
            return Err(PeekError::MoreModels(key.name()));
        }
    }
    if members.get(Deciding::MultiAgent).is_some_and(agents::asks) {
        return Err(PeekError::ManyAgents);
    }
    if members
        .get(Deciding::Reasoning)
        .is_some_and(reasoning::asks_for_runs)
    {
        return Err(PeekError::ManyRuns);
    }
    for (key, is_usual) in [
        (Deciding::ServiceTier, is_usual_tier as fn(&str) -> bool),
        (Deciding::Speed, is_usual_speed),
        (Deciding::InferenceGeo, is_anywhere),
    ] {
        let said = members.get(key).and_then(string);
        if said.is_some_and(|said| !is_usual(&said)) {
            return Err(PeekError::OtherPrice(key.name()));
        }
    }
    Ok(())
}

fn is_usual_tier(said: &str) -> bool {
    TIERS.iter().any(|one| one.eq_ignore_ascii_case(said))
}

/// Of speech, `speed` is a number, which some write as a text.
fn is_usual_speed(said: &str) -> bool {
    said.eq_ignore_ascii_case("standard") || said.parse::<f64>().is_ok()
}

/// Whether a list, or what stands in place of one, has anything in it.
fn names_any(raw: &str) -> bool {
    let inner = raw.strip_prefix('[').and_then(|raw| raw.strip_suffix(']'));
    raw != "null" && inner.is_none_or(|inner| !inner.trim().is_empty())
}

/// Anthropic asks more for an answer from one country.
fn is_anywhere(said: &str) -> bool {
    said.eq_ignore_ascii_case("global")
}

#[cfg(test)]
mod tests {
    use super::super::peek;
    use super::*;

    fn seen(member: &str) -> Result<(), PeekError> {
        let body = format!(r#"{{"model":"m",{member}}}"#);
        peek(body.as_bytes()).map(drop)
    }

    #[test]
    fn a_body_names_one_model() {
        for member in [r#""models":[]"#, r#""models":[ ]"#, r#""fallbacks":null"#] {
            assert_eq!(seen(member), Ok(()), "{member}");
        }
        for (member, name) in [
            (r#""models":["dear"]"#, "models"),
            (r#""models":"dear""#, "models"),
            (r#""fallbacks":[{"model":"dear"}]"#, "fallbacks"),
            (r#""fallbacks":{}"#, "fallbacks"),
        ] {
            assert_eq!(seen(member), Err(PeekError::MoreModels(name)), "{member}");
        }
        assert_eq!(seen(r#""Models":[]"#), Err(PeekError::Lookalike("models")));
    }

    #[test]
    fn a_body_asks_for_one_agent() {
        for said in [
            "null",
            "false",
            r#"{"enabled":false}"#,
            r#"{ "enabled" : false , "max_concurrent_subagents" : 3 }"#,
            r#"{"x":{"enabled":true},"enabled":false}"#,
        ] {
            assert_eq!(seen(&format!(r#""multi_agent":{said}"#)), Ok(()), "{said}");
        }
        for said in [
            r#"{"enabled":true}"#,
            "true",
            "{}",
            "[]",
            "0",
            r#""false""#,
            r#"[{"enabled":false}]"#,
            r#"{"enabled":null}"#,
            r#"{"enabled":0}"#,
            r#"{"enabled":"false"}"#,
            r#"{"x":{"enabled":false}}"#,
            r#"{"enabled":true,"enabled":false}"#,
            r#"{"enabled":false,"enabled":false}"#,
            r#"{"enabled":false,"en\u0061bled":true}"#,
            r#"{"enabled":false,"Enabled":true}"#,
            r#"{"\u0065nabled":true}"#,
            r#"{"Enabled":false}"#,
        ] {
            let refused = Err(PeekError::ManyAgents);
            assert_eq!(seen(&format!(r#""multi_agent":{said}"#)), refused, "{said}");
        }
        let alike = Err(PeekError::Lookalike("multi_agent"));
        assert_eq!(seen(r#""Multi_Agent":null"#), alike);
        let twice = Err(PeekError::Duplicate("multi_agent"));
        assert_eq!(seen(r#""multi_agent":null,"multi_agent":null"#), twice);
        assert_eq!(seen(r#""metadata":{"multi_agent":true}"#), Ok(()));
    }

    #[test]
    fn a_body_asks_for_one_run_of_the_model() {
        for said in [
            "null",
            "true",
            r#""high""#,
            "{}",
            r#"{"effort":"high"}"#,
            r#"{"mode":null}"#,
            r#"{ "effort" : "high" , "mode" : "standard" }"#,
            r#"{"mode":"st\u0061ndard"}"#,
            r#"{"x":{"mode":"pro"}}"#,
        ] {
            assert_eq!(seen(&format!(r#""reasoning":{said}"#)), Ok(()), "{said}");
        }
        for said in [
            r#"{"mode":"pro"}"#,
            r#"{"mode":"Standard"}"#,
            r#"{"mode":true}"#,
            r#"{"mode":{}}"#,
            r#"{"mode":"standard","mode":"pro"}"#,
            r#"{"mode":"standard","m\u006fde":"pro"}"#,
            r#"{"mode":"standard","Mode":"pro"}"#,
            r#"{"effort":"low","m\u006fde":"pro"}"#,
        ] {
            let refused = Err(PeekError::ManyRuns);
            assert_eq!(seen(&format!(r#""reasoning":{said}"#)), refused, "{said}");
        }
        let alike = Err(PeekError::Lookalike("reasoning"));
        assert_eq!(seen(r#""Reasoning":null"#), alike);
        let twice = Err(PeekError::Duplicate("reasoning"));
        assert_eq!(seen(r#""reasoning":null,"reasoning":null"#), twice);
        assert_eq!(seen(r#""metadata":{"reasoning":{"mode":"pro"}}"#), Ok(()));
    }

    #[test]
    fn a_body_asks_for_no_dearer_service() {
        for member in [
            r#""service_tier":"auto""#,
            r#""service_tier":"FLEX""#,
            r#""service_tier":null"#,
            r#""serviceTier":"standard""#,
            r#""speed":"standard""#,
            r#""speed":1.25"#,
            r#""speed":"1.0""#,
            r#""inference_geo":"global""#,
            r#""inference_geo":null"#,
        ] {
            assert_eq!(seen(member), Ok(()), "{member}");
        }
        for (member, name) in [
            (r#""service_tier":"priority""#, "service_tier"),
            (r#""service_tier":"pr\u0069ority""#, "service_tier"),
            (r#""serviceTier":"PRIORITY""#, "service_tier"),
            (r#""service_tier":"1""#, "service_tier"),
            (r#""speed":"fast""#, "speed"),
            (r#""inference_geo":"us""#, "inference_geo"),
        ] {
            assert_eq!(seen(member), Err(PeekError::OtherPrice(name)), "{member}");
        }
    }
}
