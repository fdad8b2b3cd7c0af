use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use tollgate_journal::{MOST_BEGUN, MOST_SETTLED};
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::name::Prefix;

use super::*;
use crate::meter::Windows;
use crate::receipt::MOST_ENDPOINT;

fn grip(payer: Payer, amount: i64, strict: bool) -> Grip {
    Grip {
        payer,
        amount: Credits::from_micros(amount),
        pots: [None; 4],
        strict,
        shares_group: false,
        tokens: 0,
        rates: [None; 3],
        windows: Windows::default(),
    }
}

fn bytes(record: &impl Serialize) -> Vec<u8> {
    Record::of(record).unwrap().as_bytes().to_vec()
}

/// A call, its grip and its end, from a few numbers that say what is in them.
struct Case {
    call: Call,
    grip: Grip,
    done: Done<'static>,
}

fn case(n: u64, model: &str, served_as: Option<&'static str>) -> Case {
    let signed = |n: u64| (n & i64::MAX.cast_unsigned()).cast_signed();
    let id = signed(n);
    let moment = |n: u64| (n.is_multiple_of(2)).then_some(Timestamp::from_micros(n.cast_signed()));
    let price = Part::ALL.into_iter().fold(Price::EMPTY, |price, part| {
        price.with(part, UnitPrice::from_picos(n.rotate_left(part as u32)))
    });
    let quote = Quote {
        price,
        multiplier: Multiplier::from_millionths(n as u32),
    };
    let payer = Payer {
        token: TokenId::from_raw(id).unwrap(),
        account: AccountId::from_raw(id).unwrap(),
        token_period: moment(n),
        account_period: moment(n / 2),
    };
    let ask = crate::ledger::Ask {
        request: RequestId::from_bytes([n as u8; 16]),
        principal: &crate::fixture::principal(),
        group: &crate::fixture::group(tollgate_policy::group::Enforcement::Strict),
        endpoint: "chat.completions",
        model: (!model.is_empty()).then_some(model),
        client: if n.is_multiple_of(3) {
            Ipv4Addr::from(n as u32).into()
        } else {
            Ipv6Addr::from(u128::from(n) << 64).into()
        },
        input_tokens: n,
        quote,
        full: Credits::ZERO,
        least: Credits::ZERO,
        tokens: 0,
        arrived: Timestamp::from_micros(n.cast_signed()),
        now: Timestamp::from_micros(n.cast_signed()),
    };
    let mut usage = Usage::NONE;
    for part in Part::ALL {
        if let Some(slot) = part.slot(&mut usage) {
            *slot = n.rotate_right(part as u32);
        }
    }
    let done = Done {
        upstream: (n.is_multiple_of(2)).then(|| UpstreamId::from_raw(id).unwrap()),
        served_as,
        status: (!n.is_multiple_of(5)).then_some(n as u16),
        streamed: n.is_multiple_of(2),
        ending: Ending::ALL[n as usize % Ending::ALL.len()],
        usage,
        requests: n % 2,
        estimated: n.is_multiple_of(3),
        quote,
        first_byte: (n.is_multiple_of(2)).then_some(Duration::from_micros(n)),
        total: Duration::from_micros(n),
    };
    Case {
        call: Call::new(&ask),
        grip: grip(payer, id, true),
        done,
    }
}

/// Wide enough to need the most bytes.
const WIDEST: u64 = u64::MAX - 1;

proptest! {
    #[test]
    fn a_receipt_reads_back_from_its_two_records(
        n: u64,
        model in ".{0,40}",
        cost: i64,
        uncovered: i64,
    ) {
        let Case { call, grip, done } = case(n, &model, Some("gpt-4o-2024"));
        let begun = bytes(&Begun::new(&call, &grip));
        let (cost, uncovered) = (Credits::from_micros(cost), Credits::from_micros(uncovered));
        let ended = bytes(&Ended::new(&done, cost, uncovered));
        let receipt = Begun::settled(&begun, &ended).unwrap();
        prop_assert_eq!(&receipt, &Receipt {
            request: call.request,
            payer: grip.payer,
            group: call.group,
            endpoint: call.endpoint,
            model: call.model,
            upstream: done.upstream,
            served_as: done.served_as.map(str::to_owned),
            client: call.client,
            status: done.status,
            streamed: done.streamed,
            ending: done.ending,
            usage: done.usage,
            estimated: done.estimated,
            quote: done.quote,
            cost,
            uncovered,
            started: call.started,
            first_byte: done.first_byte,
            total: done.total,
        });
        let again = bytes(&Ended::again(&receipt));
        prop_assert_eq!(again, ended, "a recovered receipt is recovered once more");
    }

    #[test]
    fn a_killed_call_is_charged_by_its_estimate_and_no_more_than_was_held(
        n in 0..1_000_000_u64,
        output: u32,
        held in 0..1_000_000_i64,
        strict: bool,
    ) {
        let mut case = case(n, "m", None);
        case.call.quote = Quote {
            price: Price::EMPTY.with(Part::Input, UnitPrice::from_picos(2_000_000)),
            multiplier: Multiplier::ONE,
        };
        (case.grip.amount, case.grip.strict) = (Credits::from_micros(held), strict);
        let begun = bytes(&Begun::new(&case.call, &case.grip));
        let killed = Begun::killed(&begun, u64::from(output)).unwrap();
        let tokens = n;
        prop_assert_eq!(killed.usage.input, tokens);
        prop_assert_eq!(killed.usage.output, u64::from(output).div_ceil(4));
        prop_assert_eq!(killed.ending, Ending::Killed);
        prop_assert!(killed.estimated);
        let cost = 2 * tokens.cast_signed();
        prop_assert_eq!(killed.cost.as_micros(), cost);
        let charged = if strict { cost.min(held) } else { cost };
        prop_assert_eq!(killed.charged().as_micros(), charged);
        let again = bytes(&Ended::again(&killed));
        prop_assert_eq!(Begun::settled(&begun, &again).unwrap(), killed);
    }

    #[test]
    fn a_garbled_record_is_an_error_or_a_receipt_and_never_a_panic(
        n: u64,
        at: prop::sample::Index,
        byte: u8,
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let Case { call, grip, done } = case(n, "gpt-4o", None);
        let begun = bytes(&Begun::new(&call, &grip));
        let ended = bytes(&Ended::new(&done, Credits::ZERO, Credits::ZERO));
        for record in [&begun, &ended] {
            let cut = at.index(record.len());
            let mut garbled = record.clone();
            garbled[cut] = byte;
            for bad in [&garbled, &noise] {
                let _ = Begun::killed(bad, n);
                let _ = Begun::settled(bad, &ended);
                let _ = Begun::settled(&begun, bad);
            }
            let short = &record[..cut];
            prop_assert!(Begun::killed(short, n).is_err());
            prop_assert!(Begun::settled(&begun, short).is_err());
        }
    }
}

#[test]
fn a_record_of_another_version_or_with_more_in_it_is_refused() {
    let Case { call, grip, .. } = case(7, "m", None);
    let begun = bytes(&Begun::new(&call, &grip));
    assert!(Begun::killed(&begun, 0).is_ok());
    let mut other = begun.clone();
    other[0] = VERSION + 1;
    assert!(Begun::killed(&other, 0).is_err());
    let mut longer = begun;
    longer.push(0);
    assert!(Begun::killed(&longer, 0).is_err());
    assert!(Begun::killed(&[], 0).is_err());
}

#[test]
fn what_the_version_before_wrote_is_read_with_its_input_in_bytes() {
    let Case { call, grip, done } = case(7, "m", None);
    let mut begun = bytes(&Begun::new(&call, &grip));
    let mut ended = bytes(&Ended::new(&done, Credits::ZERO, Credits::ZERO));
    assert_eq!(Begun::killed(&begun, 0).unwrap().usage.input, 7);
    let now = Begun::settled(&begun, &ended).unwrap();
    (begun[0], ended[0]) = (VERSION_OF_BYTES, VERSION_OF_BYTES);
    assert_eq!(Begun::killed(&begun, 0).unwrap().usage.input, 2);
    assert_eq!(Begun::settled(&begun, &ended).unwrap(), now);
}

#[test]
fn the_largest_records_fit_into_the_journal() {
    // Four bytes each; an operator may give a model 200 of them.
    let name: &'static str = "🦀".repeat(200).leak();
    let mut widest = case(WIDEST, name, Some(name));
    widest.call.endpoint = "e".repeat(MOST_ENDPOINT);
    widest.call.client = Ipv6Addr::from(u128::MAX).into();
    let far = Some(Timestamp::from_micros(i64::MIN));
    (
        widest.grip.payer.token_period,
        widest.grip.payer.account_period,
    ) = (far, far);
    (widest.done.status, widest.done.first_byte) = (Some(u16::MAX), Some(Duration::MAX));
    widest.done.total = Duration::MAX;
    widest.done.upstream = UpstreamId::from_raw(i64::MAX);
    let begun = bytes(&Begun::new(&widest.call, &widest.grip));
    // It may be written again, where what is settled comes later.
    assert!(
        begun.len() <= MOST_BEGUN.min(MOST_SETTLED),
        "{}",
        begun.len()
    );
    let least = Credits::from_micros(i64::MIN);
    let ended = bytes(&Ended::new(&widest.done, least, least));
    assert!(ended.len() <= MOST_SETTLED, "{}", ended.len());
    let receipt = Begun::settled(&begun, &ended).unwrap();
    assert_eq!(receipt.model.as_deref(), Some(start(name, MOST_NAME)));
    assert_eq!(receipt.served_as, receipt.model);
}

#[test]
fn a_name_of_any_length_is_cut_to_whole_characters() {
    let long = "é".repeat(100_000);
    let Case { call, .. } = case(7, &long, None);
    let model = call.model.unwrap();
    assert!(model.len() <= MOST_NAME && model.len() + 2 > MOST_NAME);
    assert!(long.starts_with(&model));
    assert_eq!(start("", 10), "");
    assert_eq!(start("äöü", 3), "ä");
}

#[test]
fn the_names_of_endpoints_are_kept_whole() {
    let longest = Prefix::parse(&"p".repeat(50)).unwrap();
    assert!(longest.as_str().len() + "mount:/".len() <= MOST_ENDPOINT);
    for endpoint in Endpoint::ALL {
        assert!(endpoint.name().len() <= MOST_ENDPOINT);
    }
}

#[test]
fn every_ending_has_a_place_and_a_name_of_its_own() {
    for ending in Ending::ALL {
        assert_eq!(Ending::from_name(ending.name()), Some(ending));
        let Case {
            call,
            grip,
            mut done,
        } = case(7, "m", None);
        done.ending = ending;
        let begun = bytes(&Begun::new(&call, &grip));
        let ended = bytes(&Ended::new(&done, Credits::ZERO, Credits::ZERO));
        assert_eq!(Begun::settled(&begun, &ended).unwrap().ending, ending);
    }
    assert_eq!(Ending::from_name("ended"), None);
}
