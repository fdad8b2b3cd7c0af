use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn micros(list: &str, usage: Usage, requests: u64, millionths: u32) -> Option<i64> {
    let multiplier = Multiplier::from_millionths(millionths);
    let cost = price(list).cost(&usage, requests, multiplier);
    cost.map(Credits::as_micros)
}

#[test]
fn the_worked_examples_of_the_documents_hold() {
    let chat = Usage {
        input: 1_200,
        cached_input: 800,
        output: 350,
        ..Usage::NONE
    };
    let list = "input=2.5,cached-input=1.25,output=10";
    // 1,200 × 2.5 + 800 × 1.25 + 350 × 10 = 7,500 micro-credits.
    assert_eq!(micros(list, chat, 1, 1_000_000), Some(7_500));
    assert_eq!(micros(list, chat, 1, 800_000), Some(6_000));
    // One token at 0.15 a million is 0.15 micro-credits, rounded up.
    let one = Usage {
        input: 1,
        ..Usage::NONE
    };
    assert_eq!(micros("input=0.15,output=0.6", one, 1, 1_000_000), Some(1));
    // 90.5 seconds at 0.0001 credits.
    let sound = Usage {
        audio_micros: 90_500_000,
        ..Usage::NONE
    };
    assert_eq!(micros("second=0.0001", sound, 1, 1_000_000), Some(9_050));
    assert_eq!(
        micros("request=0.002", Usage::NONE, 1, 1_500_000),
        Some(3_000)
    );
}

#[test]
fn a_part_without_a_price_takes_that_of_its_whole() {
    let list = price("input=1,cache-write-5m=1.25,output=4");
    for (part, same) in [
        (Part::CachedInput, Part::Input),
        (Part::CacheWrite1h, Part::CacheWrite5m),
        (Part::Reasoning, Part::Output),
        (Part::OutputAudio, Part::Output),
        (Part::InputImage, Part::Input),
    ] {
        assert_eq!(list.of(part), list.of(same), "{}", part.name());
    }
    assert_eq!(list.of(Part::Image), UnitPrice::FREE);
}

#[test]
fn what_is_no_price_list_is_refused_with_what_to_write() {
    for (text, said) in [
        ("", "at least one price"),
        (" , ", "at least one price"),
        ("input", "write `part=credits`"),
        ("tokens=1", "`tokens` is not one of `input`"),
        ("input=1,input=2", "`input` is priced twice"),
        ("input=-1", "at most 6 decimals"),
        ("input=1e3", "at most 6 decimals"),
        ("input=0.0000001", "at most 6 decimals"),
        ("request=0.0000000000001", "at most 12 decimals"),
        ("input=99999999999999999", "at most 6 decimals"),
    ] {
        let error = text.parse::<Price>().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_sum_that_no_amount_can_hold_is_no_cost() {
    let usage = Usage {
        input: u64::MAX,
        output: u64::MAX,
        ..Usage::NONE
    };
    assert_eq!(micros("input=1000000,output=1", usage, 1, u32::MAX), None);
}

fn any_price() -> impl Strategy<Value = Price> {
    prop::array::uniform14(prop::option::of(0u64..1 << 50)).prop_map(|picos| {
        let stated = Part::ALL.into_iter().zip(picos);
        stated.fold(Price::EMPTY, |price, (part, picos)| match picos {
            Some(picos) => price.with(part, UnitPrice::from_picos(picos)),
            None => price,
        })
    })
}

fn any_usage() -> impl Strategy<Value = Usage> {
    (0u64..1 << 30, 0u64..1 << 30, 0u64..1 << 30, 0u64..1 << 30).prop_map(
        |(input, cached_input, output, audio_micros)| Usage {
            input,
            cached_input,
            output,
            audio_micros,
            ..Usage::NONE
        },
    )
}

proptest! {
    #[test]
    fn a_list_reads_back_from_its_text(list in any_price()) {
        prop_assume!(!list.is_empty());
        prop_assert_eq!(list.to_string().parse::<Price>(), Ok(list));
    }

    #[test]
    fn reading_never_panics(text in ".*") {
        let _ = text.parse::<Price>();
    }

    /// The sum of the parts one by one, each rounded up, is never less than the whole and never
    /// more than a micro-credit per part above it: it is rounded once, and up.
    #[test]
    fn the_cost_is_rounded_up_once(list in any_price(), usage in any_usage(), millionths in 0u32..3_000_000) {
        let multiplier = Multiplier::from_millionths(millionths);
        let whole = list.cost(&usage, 0, multiplier).unwrap().as_micros();
        let alone = |usage: Usage| list.cost(&usage, 0, multiplier).unwrap().as_micros();
        let parts = [
            Usage { input: usage.input, ..Usage::NONE },
            Usage { cached_input: usage.cached_input, ..Usage::NONE },
            Usage { output: usage.output, ..Usage::NONE },
            Usage { audio_micros: usage.audio_micros, ..Usage::NONE },
        ];
        let sum: i64 = parts.into_iter().map(alone).sum();
        prop_assert!(whole <= sum && sum <= whole + 3, "{whole} {sum}");
    }

    /// A million small calls cost what their exact sum costs: nothing drifts but the rounding up.
    #[test]
    fn more_use_never_costs_less(list in any_price(), usage in any_usage(), more in 0u64..1 << 20) {
        let larger = Usage { output: usage.output + more, ..usage };
        let (small, large) = (
            list.cost(&usage, 1, Multiplier::ONE),
            list.cost(&larger, 1, Multiplier::ONE),
        );
        prop_assert!(large >= small);
    }
}

#[test]
fn a_price_is_known_only_where_the_list_has_what_the_endpoint_uses() {
    for (list, endpoint, known) in [
        ("input=1,output=2", Some(Endpoint::ChatCompletions), true),
        ("input=1", Some(Endpoint::ChatCompletions), false),
        ("input=1", Some(Endpoint::Embeddings), true),
        ("output=1", Some(Endpoint::Embeddings), false),
        ("search=0.002", Some(Endpoint::Rerank), true),
        ("input=1,output=2", Some(Endpoint::ImageGenerations), true),
        ("request=0.01", Some(Endpoint::Messages), true),
        ("request=0.01", None, true),
        ("input=1,output=2", None, false),
        ("free", None, true),
        ("free", Some(Endpoint::Responses), true),
        ("second=1", Some(Endpoint::CountTokens), true),
    ] {
        assert_eq!(price(list).covers(endpoint), known, "{list} {endpoint:?}");
    }
}
