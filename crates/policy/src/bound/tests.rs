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
