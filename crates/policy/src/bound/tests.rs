use proptest::prelude::*;

use super::*;
use crate::price::UnitPrice;

fn quote(list: &str) -> Quote {
    Quote {
        price: list.parse().unwrap(),
        multiplier: Multiplier::ONE,
    }
}

fn demand(bytes: u64, cap: Option<u64>) -> Demand {
    Demand {
        bytes,
        cap,
        generates: true,
        ..Demand::default()
    }
}

const WINDOW: Window = Window {
    context: Some(8_000),
    output: Some(4_000),
    cap_field: None,
};

#[test]
fn the_prompt_is_bounded_by_its_bytes_and_by_the_context() {
    assert_eq!(demand(300, None).input_bound(&WINDOW), 300);
    assert_eq!(demand(300_000, None).input_bound(&WINDOW), 8_000);
    let two = Demand {
        choices: 2,
        ..demand(300_000, None)
    };
    assert_eq!(two.input_bound(&WINDOW), 16_000, "two prompts");
    let batch = Demand {
        generates: false,
        ..demand(300_000, None)
    };
    assert_eq!(batch.input_bound(&WINDOW), 300_000, "many texts at once");
    assert_eq!(
        demand(3_000_000, None).input_bound(&Window::default()),
        3_000_000
    );
    let tools = Demand {
        tools: true,
        ..demand(300, None)
    };
    assert_eq!(tools.input_bound(&WINDOW), 300 + TOOLS_OVERHEAD);
}

#[test]
fn what_a_request_refers_to_is_bounded_by_the_context_alone() {
    let referring = Demand {
        referenced: true,
        ..demand(300, None)
    };
    assert_eq!(referring.input_bound(&WINDOW), 8_000);
    assert_eq!(referring.input_bound(&Window::default()), UNKNOWN_CONTEXT);
    let large = Demand {
        bytes: 3_000_000,
        ..referring
    };
    assert_eq!(large.input_bound(&WINDOW), 8_000);
    assert_eq!(large.input_bound(&Window::default()), 3_000_000);
}

#[test]
fn each_of_many_prompts_may_refer_to_as_much_as_the_context() {
    let batch = |prompts| Demand {
        generates: false,
        referenced: true,
        prompts,
        ..demand(30_000, None)
    };
    for (prompts, known, unknown) in [
        (0, 30_000, UNKNOWN_CONTEXT),
        (1, 30_000, UNKNOWN_CONTEXT),
        (100, 800_000, 100 * UNKNOWN_CONTEXT),
        (u64::MAX, u64::MAX, u64::MAX),
    ] {
        assert_eq!(batch(prompts).input_bound(&WINDOW), known);
        assert_eq!(batch(prompts).input_bound(&Window::default()), unknown);
    }
}

#[test]
fn what_is_read_with_each_of_many_prompts_counts_with_each() {
    let ranked = Demand {
        generates: false,
        prompts: 10,
        repeated: 1_000,
        ..demand(3_000, None)
    };
    let unknown = Window::default();
    assert_eq!(ranked.input_bound(&unknown), 3_000 + 9 * 1_000);
    assert_eq!(ranked.estimate(&unknown), (12_000 / 4, 0));
    let small = Window {
        context: Some(500),
        ..unknown
    };
    assert_eq!(ranked.input_bound(&small), 10 * 500);
    let long = Demand {
        bytes: 6_000,
        ..ranked
    };
    assert_eq!(long.input_bound(&small), 6_000, "never below the bytes");
    for prompts in [0, 1] {
        let alone = Demand { prompts, ..ranked };
        assert_eq!(alone.input_bound(&unknown), 3_000);
    }
    let endless = Demand {
        prompts: u64::MAX,
        ..ranked
    };
    assert_eq!(endless.input_bound(&unknown), u64::MAX);
}

#[test]
fn the_answer_is_bounded_by_the_clients_cap_and_by_the_ceiling() {
    assert_eq!(demand(1, Some(50)).output_bound(&WINDOW), 50);
    assert_eq!(demand(1, Some(50_000)).output_bound(&WINDOW), 4_000);
    assert_eq!(demand(1, None).output_bound(&WINDOW), 4_000);
    assert_eq!(
        demand(1, None).output_bound(&Window::default()),
        UNKNOWN_OUTPUT
    );
    // A cap that is sent as it is may be used in full, where no ceiling is known.
    let large = demand(1, Some(2 * UNKNOWN_OUTPUT));
    assert_eq!(large.output_bound(&Window::default()), 2 * UNKNOWN_OUTPUT);
    let context = Window {
        context: Some(8_000),
        ..Window::default()
    };
    assert_eq!(large.output_bound(&context), 8_000);
    let silent = Demand {
        generates: false,
        ..demand(1, Some(50))
    };
    assert_eq!(silent.output_bound(&WINDOW), 0);
}

#[test]
fn each_answer_and_the_dearest_price_count() {
    let quote = quote("input=1,cache-write-1h=2,output=4,reasoning=5,output-audio=40");
    let two = Demand {
        choices: 2,
        ..demand(100, Some(10))
    };
    let micros = |demand: &Demand| quote.cost_of(&quote.bound(demand, &WINDOW)).as_micros();
    assert_eq!(micros(&two), 100 + 2 * 10 * 5);
    let cached = Demand { cache: true, ..two };
    assert_eq!(micros(&cached), 2 * 100 + 2 * 10 * 5);
    let spoken = Demand { audio: true, ..two };
    assert_eq!(micros(&spoken), 100 + 2 * 10 * 40);
}

#[test]
fn what_is_not_in_the_body_may_be_sound() {
    let quote = quote("input=1,input-audio=3,output=4,output-audio=40");
    let image = Demand {
        referenced: true,
        ..demand(100, Some(10))
    };
    let any = Demand {
        may_sound: true,
        ..image
    };
    for (demand, input) in [(image, 1), (any, 3)] {
        let bound = quote.bound(&demand, &WINDOW);
        assert_eq!(quote.cost_of(&bound).as_micros(), input * 8_000 + 10 * 4);
        let estimate = quote.estimate(&demand, &WINDOW);
        assert_eq!(quote.cost_of(&estimate).as_micros(), input * 25 + 10 * 4);
    }
}

#[test]
fn images_sound_and_searches_count_apiece() {
    let quote = quote("image=0.04,second=0.0001,search=0.002");
    let demand = Demand {
        images: 2,
        sound_micros: 3_000_000,
        searches: 4,
        ..Demand::default()
    };
    let bound = quote.bound(&demand, &WINDOW);
    assert_eq!(quote.cost_of(&bound).as_micros(), 80_000 + 300 + 8_000);
}

#[test]
fn a_prompt_is_read_in_each_round_of_tools_that_the_provider_runs() {
    let with = |tool_uses| Demand {
        tool_uses,
        ..demand(300, None)
    };
    for (uses, rounds) in [
        (Uses::AtMost(1), 2),
        (Uses::AtMost(5), 6),
        (Uses::AtMost(50), 51),
        (Uses::Unbounded, UNKNOWN_ROUNDS),
    ] {
        assert_eq!(with(uses).input_bound(&WINDOW), rounds * 8_000, "{uses:?}");
        let unknown = with(uses).input_bound(&Window::default());
        assert_eq!(unknown, rounds * UNKNOWN_CONTEXT, "{uses:?}");
    }
    for uses in [Uses::None, Uses::AtMost(0)] {
        assert_eq!(with(uses).input_bound(&WINDOW), 300, "{uses:?}");
    }
    let compacted = Demand {
        compacts: true,
        ..demand(300, None)
    };
    assert_eq!(compacted.input_bound(&WINDOW), 600, "once more, as it is");
    let endless = with(Uses::AtMost(u64::MAX));
    assert_eq!(endless.input_bound(&WINDOW), u64::MAX);
    let two = Demand {
        choices: 2,
        ..with(Uses::AtMost(1))
    };
    assert_eq!(two.input_bound(&WINDOW), 2 * 2 * 8_000, "each answer");
    let silent = Demand {
        generates: false,
        ..with(Uses::Unbounded)
    };
    assert_eq!(silent.input_bound(&WINDOW), 300, "nobody calls a tool");
}

#[test]
fn searches_of_the_provider_are_held_for_where_they_have_a_price() {
    let with = |search_uses| Demand {
        search_uses,
        ..demand(100, Some(10))
    };
    let micros = |quote: &Quote, demand: &Demand| {
        let bound = quote.bound(demand, &WINDOW);
        quote.cost_of(&bound).as_micros()
    };
    let (priced, unpriced) = (
        quote("input=1,output=1,search=0.01"),
        quote("input=1,output=1"),
    );
    for (uses, searches) in [
        (Uses::None, 0),
        (Uses::AtMost(0), 0),
        (Uses::AtMost(3), 3),
        (Uses::Unbounded, 20),
    ] {
        let held = micros(&priced, &with(uses));
        assert_eq!(held, 110 + searches * 10_000, "{uses:?}");
        assert_eq!(micros(&unpriced, &with(uses)), 110, "{uses:?}");
    }
    let two = Demand {
        choices: 2,
        ..with(Uses::AtMost(3))
    };
    assert_eq!(micros(&priced, &two), 120 + 6 * 10_000, "each answer");
}

#[test]
fn what_does_not_cover_the_searches_covers_no_answer() {
    let quote = quote("input=1,output=1,search=0.01");
    let searching = Demand {
        search_uses: Uses::AtMost(2),
        ..demand(100, Some(10))
    };
    let bound = quote.bound(&searching, &WINDOW);
    let least = 100 + 20_000 + 1;
    let affordable = |micros| quote.affordable(&bound, Credits::from_micros(micros));
    assert_eq!(affordable(least - 1), None);
    assert_eq!(affordable(least), Some(1));
    assert_eq!(quote.cost_of(&bound.least()).as_micros(), least);
}

#[test]
fn what_does_not_cover_the_least_that_a_provider_takes_covers_no_answer() {
    let quote = quote("input=1,output=1");
    let bound = |cap| {
        let asking = Demand {
            least_output: 16,
            ..demand(100, cap)
        };
        quote.bound(&asking, &WINDOW)
    };
    let affordable = |cap, micros| quote.affordable(&bound(cap), Credits::from_micros(micros));
    assert_eq!(affordable(None, 115), None);
    assert_eq!(affordable(None, 116), Some(16));
    assert_eq!(affordable(Some(50), 130), Some(30));
    assert_eq!(quote.cost_of(&bound(None).least()).as_micros(), 116);
    // What the client sets itself is not raised.
    assert_eq!(affordable(Some(5), 104), None);
    assert_eq!(affordable(Some(5), 105), Some(5));
    assert_eq!(quote.cost_of(&bound(Some(5)).least()).as_micros(), 105);
}

#[test]
fn a_trusted_user_is_taken_to_search_once() {
    let quote = quote("search=0.01");
    let micros = |demand: &Demand| {
        let bound = quote.estimate(demand, &WINDOW);
        quote.cost_of(&bound).as_micros()
    };
    let searching = Demand {
        search_uses: Uses::Unbounded,
        ..demand(100, None)
    };
    assert_eq!(micros(&searching), 10_000);
    assert_eq!(micros(&demand(100, None)), 0);
}

#[test]
fn uses_add_up_and_a_cap_of_the_request_holds_for_all_of_them() {
    use Uses::{AtMost, None, Unbounded};
    for (one, other, both) in [
        (None, None, None),
        (None, AtMost(2), AtMost(2)),
        (AtMost(1), AtMost(2), AtMost(3)),
        (AtMost(u64::MAX), AtMost(2), AtMost(u64::MAX)),
        (AtMost(1), Unbounded, Unbounded),
        (Unbounded, None, Unbounded),
    ] {
        assert_eq!((one.and(other), other.and(one)), (both, both));
    }
    for (uses, cap, capped) in [
        (None, Some(5), None),
        (AtMost(3), Some(5), AtMost(3)),
        (AtMost(7), Some(5), AtMost(5)),
        (Unbounded, Some(5), AtMost(5)),
        (Unbounded, Option::None, Unbounded),
        (AtMost(7), Option::None, AtMost(7)),
    ] {
        assert_eq!(uses.capped(cap), capped);
    }
}

proptest! {
    /// The cap is the largest one that the amount covers: one token more would cost more.
    #[test]
    fn the_affordable_output_is_exact(
        input in 0u64..1 << 40, output in 0u64..1 << 40, choices in 0u64..5,
        bytes in 0u64..100_000, ceiling in 1u64..200_000, amount in 0i64..1 << 40,
        millionths in 0u32..3_000_000,
    ) {
        let price = Price::EMPTY
            .with(Part::Input, UnitPrice::from_picos(input))
            .with(Part::Output, UnitPrice::from_picos(output));
        let quote = Quote { price, multiplier: Multiplier::from_millionths(millionths) };
        let window = Window { output: Some(ceiling), ..Window::default() };
        let demand = Demand { choices, ..demand(bytes, None) };
        let bound = quote.bound(&demand, &window);
        let amount = Credits::from_micros(amount);
        match quote.affordable(&bound, amount) {
            Some(cap) => {
                prop_assert!(quote.cost_of(&bound.with_output(cap)) <= amount);
                prop_assert!(cap >= 1 && cap <= ceiling);
                prop_assert!(cap == ceiling || quote.cost_of(&bound.with_output(cap + 1)) > amount);
            }
            None => prop_assert!(quote.cost_of(&bound.least()) > amount),
        }
    }

    /// Whatever a provider counts within the bound costs no more than what was held.
    #[test]
    fn no_use_within_the_bound_costs_more(
        picos in prop::array::uniform10(0u64..1 << 40), bytes in 0u64..10_000,
        cap in 1u64..10_000, split in 0u64..100, thought in 0u64..100, choices in 1u64..4,
    ) {
        let priced = Part::ALL.into_iter().zip(picos);
        let price = priced.fold(Price::EMPTY, |price, (part, picos)| {
            price.with(part, UnitPrice::from_picos(picos))
        });
        let quote = Quote { price, multiplier: Multiplier::ONE };
        let demand = Demand { choices, cache: true, audio: true, ..demand(bytes, Some(cap)) };
        let bound = quote.bound(&demand, &WINDOW);
        let (input, output) = (demand.input_bound(&WINDOW), demand.output_bound(&WINDOW) * choices);
        let (cached, reasoning) = (input * split / 100, output * thought / 100);
        let usage = Usage {
            input: input - cached, cache_write_1h: cached,
            output: output - reasoning, reasoning, ..Usage::NONE
        };
        prop_assert!(quote.cost(&usage, 1).unwrap() <= quote.cost_of(&bound));
    }
}
