use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::text::tests::sources;

mod real;

const SMALL: &str = "\
[deed]
there is no {kind} `{name}`
= 没有{kind} `{name}`
`{one}` is before `{two}`
= `{two}` 在 `{one}` 之后
{deed}, or `none`
= {deed}，或 `none`
not {other?}
= 并非{other?}
`{layer}` is named
= 有 `{layer}`
the {layer-} says so
= {layer-}如此说
it is `{name}`
= 它是 `{name}`
it is `{name}` again
= 它又是 `{name}`

[kind]
token
= 令牌

[all] \"; \" = \"；\"
{deed}
= {deed}
";

fn said(text: &str) -> Option<Vec<Part>> {
    let (table, odd) = Table::read(SMALL);
    assert!(odd.is_empty(), "{odd:?}");
    table.say("all", text, 0).map(|found| found.0)
}

fn own(text: &str) -> Option<Vec<Part>> {
    Some(vec![Part::Own(text.to_owned())])
}

/// What a Chinese page says, if all of it is in Chinese.
fn chinese(section: &str, text: &str) -> Option<String> {
    match Say::Chinese.said(section, text).as_slice() {
        [Part::Own(said)] if said != text => Some(said.clone()),
        _ => None,
    }
}

#[test]
fn values_stand_where_the_other_language_has_their_places() {
    assert_eq!(said("`a` is before `b`"), own("`b` 在 `a` 之后"));
    assert_eq!(said("there is no token `x`"), own("没有令牌 `x`"));
    assert_eq!(said("the token says so"), own("令牌如此说"));
}

#[test]
fn a_value_that_is_a_sentence_is_said_too_but_not_without_end() {
    let nested = "there is no token `x`, or `none`, or `none`";
    assert_eq!(said(nested), own("没有令牌 `x`，或 `none`，或 `none`"));
    let deep = format!("the token says so{}", ", or `none`".repeat(700));
    assert!(said(&deep).is_none());
}

#[test]
fn several_sentences_are_said_one_by_one() {
    assert_eq!(
        said("it is `a; b`; the token says so"),
        own("它是 `a; b`；令牌如此说")
    );
    assert_eq!(said("it is `a`; it is what it is"), None);
    assert_eq!(said("it is `a`; "), None);
}

#[test]
fn what_has_no_entry_is_not_said() {
    for text in [
        "",
        "it is",
        "there is no thing `x`",
        "there is no token `x`!",
        "the moon says so",
        "And the token says so",
    ] {
        assert_eq!(said(text), None, "{text}");
    }
}

#[test]
fn a_value_that_may_stay_english_does_and_is_told_apart() {
    let english = |text: &str| Part::English(text.to_owned());
    let parts = said("not what we know").unwrap();
    assert_eq!(
        parts,
        [Part::Own("并非".to_owned()), english("what we know")]
    );
    assert_eq!(said("not 10.0.0.1"), own("并非10.0.0.1"), "no language");
    assert_eq!(
        Say::Chinese.said("problem", "words of nobody"),
        [english("words of nobody")]
    );
    let list = "10.0.0.0/8, 192.168.0.0/16";
    assert_eq!(
        Say::Chinese.said("wanted", list),
        [Part::Own(list.to_owned())]
    );
}

#[test]
fn of_two_entries_the_one_that_says_more_counts() {
    assert_eq!(said("it is `x` again"), own("它又是 `x`"));
    assert_eq!(said("it is `x`"), own("它是 `x`"));
    // But not where what somebody wrote would have to have backticks, if another one fits.
    let two = "it is `x`, or `none`";
    assert_eq!(said(two), own("它是 `x`，或 `none`"));
}

#[test]
fn what_people_wrote_is_kept_as_it_is_whatever_it_looks_like() {
    for text in [
        "{name}",
        "`",
        "` is before `",
        "there is no token `x`",
        "= 没有",
        "<b>",
        "\u{202e}",
        "",
        "it is `y` again",
    ] {
        let one = said(&format!("it is `{text}`"));
        assert_eq!(one, own(&format!("它是 `{text}`")), "{text}");
    }
    let layer = said("`layer-token` is named");
    assert_eq!(layer, own("有 `layer-token`"));
}

#[test]
fn hostile_texts_are_left_alone_quickly() {
    let many = [
        "`".repeat(LONGEST),
        "there is no ".repeat(LONGEST / 12),
        "; ".repeat(LONGEST / 2),
        ", or `unlimited`".repeat(LONGEST / 16),
        "`a` is disabled, ".repeat(LONGEST / 17),
        "x".repeat(LONGEST * 100),
    ];
    for text in &many {
        for (section, _) in CHINESE_TABLE.sections() {
            let said = Say::Chinese.said(section, text);
            assert!(!said.is_empty(), "{section}");
        }
    }
    let quoted = format!(
        "`{}` is no address: write `203.0.113.7` or `2001:db8::1`",
        "`".repeat(99)
    );
    assert!(chinese("problem", &quoted).is_some());
}

#[test]
fn sentences_that_few_can_bring_about_are_said() {
    for (section, text) in [
        ("problem", "the role `auditor` may not change settings"),
        (
            "problem",
            "an API credential of scope `read` and role `owner` may not change members",
        ),
        (
            "problem",
            "group `standard` is still used by 2 tokens and upstream `a, b`: change or delete them first",
        ),
        (
            "problem",
            "model `gpt-4o` is still used by main, 主要: change or delete them first",
        ),
        ("log", "it was modified"),
        (
            "saw",
            "`a` is of `b`, which the account does not allow, `c, d` may be used, and 3 more",
        ),
        (
            "reasons",
            "the upstream has no usable address: the address 10.0.0.1 is not allowed",
        ),
        (
            "reasons",
            "price_unknown: catalog saw no price, wants a price for what such a call uses: see `model edit --price` or `upstream edit --price`",
        ),
    ] {
        assert!(chinese(section, text).is_some(), "{text}");
    }
}

#[test]
fn english_is_left_as_it_is() {
    let text = "there is no token `x`";
    assert_eq!(
        Say::English.said("problem", text),
        [Part::Own(text.to_owned())]
    );
}

#[test]
fn every_line_of_the_table_can_be_read() {
    let (table, odd) = Table::read(CHINESE);
    assert!(odd.is_empty(), "{odd:#?}");
    let entries = table.sections().map(|(_, section)| section.entries.len());
    assert!(entries.sum::<usize>() > 250);
    // A side without the places of the other one cannot be read.
    let odd = "[a]\nx {one} {two}\n= {one}\n[b]\n= 无\nx {one\n= {one\nno more\n";
    let (_, odd) = Table::read(odd);
    assert_eq!(odd, ["= {one}", "= 无", "= {one", "no more"]);
}

/// No place.
const NONE: (Place, &str) = (
    Place {
        name: "",
        take: Take::Plain,
    },
    "",
);

#[test]
fn no_entry_is_there_twice_or_empty_or_without_a_way_to_tell_its_values_apart() {
    for (name, section) in CHINESE_TABLE.sections() {
        assert!(!section.entries.is_empty(), "{name}");
        let mut seen = BTreeSet::new();
        for Entry { english, chinese } in &section.entries {
            let mut shape = english.head.to_owned();
            for (place, after) in &english.places {
                let closed =
                    place.take == Take::Name || CHINESE_TABLE.section(place.name).is_some();
                shape += &format!("{{{}}}{after}", if closed { place.name } else { "" });
            }
            let (_, before) = english.places.split_last().unwrap_or((&NONE, &[]));
            assert!(before.iter().all(|(_, after)| !after.is_empty()), "{shape}");
            assert!(chinese.fixed() > 0 || english.fixed() == 0, "{shape}");
            assert!(seen.insert(shape.clone()), "{name}: {shape}");
        }
    }
}

#[test]
fn every_section_is_asked_for() {
    let mut all = String::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    sources(Path::new(folder), &mut all);
    let asked = ["(visit.say(), \"", "(say, \""].into_iter();
    let asked = asked.flat_map(|mark| {
        all.split("said")
            .filter_map(move |one| one.strip_prefix(mark))
    });
    let asked: BTreeSet<_> = asked.filter_map(|one| one.split('"').next()).collect();
    assert!(asked.len() >= 9, "{asked:?}");
    let mut used = asked.clone();
    for (_, section) in CHINESE_TABLE.sections() {
        let places = section.entries.iter().flat_map(|one| &one.english.places);
        used.extend(places.map(|(place, _)| place.name));
    }
    for (name, _) in CHINESE_TABLE.sections() {
        assert!(used.contains(name), "{name}");
    }
    for name in asked {
        assert!(CHINESE_TABLE.section(name).is_some(), "{name}");
    }
}
