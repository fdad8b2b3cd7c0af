//! Looking for a text in tokens: what is meant literally is taken literally.

use tollgate_store::token::{TokenEdit, TokenQuery};

use super::fixture::{Fixture, at, name};

on_both! {
    a_keyword_is_found_anywhere_and_in_any_case
    a_keyword_of_one_or_two_characters_is_found_wherever_it_stands
    wildcards_quotes_and_operators_are_literal
    a_keyword_never_spans_two_fields
    a_changed_or_deleted_token_is_found_by_what_it_is_now
    a_blank_keyword_does_not_filter_and_an_endless_one_finds_nothing
}

async fn found(fixture: &Fixture, keyword: &str) -> Vec<String> {
    let query = TokenQuery {
        keyword: Some(keyword.to_owned()),
        ..TokenQuery::new(at(0))
    };
    let page = fixture.store.token_list(&query).await.unwrap();
    let mut names: Vec<_> = page
        .items
        .iter()
        .map(|one| one.token.name.to_string())
        .collect();
    names.sort();
    names
}

async fn fill(fixture: &Fixture, names: &[&str]) {
    let token = fixture.token("base").await.token;
    for text in names {
        let mut new = fixture.new_token(text, token.account, token.group);
        new.note = format!("note of {text}");
        fixture.insert(new, 1).await;
    }
}

async fn a_keyword_is_found_anywhere_and_in_any_case(fixture: &Fixture) {
    fill(fixture, &["Alpha One", "beta", "ÄÖÜ Straße", "日本語の鍵"]).await;
    assert_eq!(found(fixture, "alp").await, ["Alpha One"]);
    assert_eq!(found(fixture, "ALPHA ONE").await, ["Alpha One"]);
    assert_eq!(found(fixture, "a on").await, ["Alpha One"]);
    assert_eq!(found(fixture, "äöü").await, ["ÄÖÜ Straße"]);
    assert_eq!(found(fixture, "STRAßE").await, ["ÄÖÜ Straße"]);
    assert_eq!(found(fixture, "本語の").await, ["日本語の鍵"]);
    assert_eq!(found(fixture, "語").await, ["日本語の鍵"]);
    assert_eq!(found(fixture, "be").await, ["beta"]);
    assert_eq!(found(fixture, "ada").await.len(), 5, "the creator");
    assert_eq!(found(fixture, "note of").await.len(), 4);
    assert_eq!(found(fixture, "nothing like it").await.len(), 0);
    let query = TokenQuery::new(at(0));
    let beta = fixture.store.token_list(&query).await.unwrap().items;
    let beta = beta
        .iter()
        .find(|one| one.token.name == name("beta"))
        .unwrap();
    assert_eq!(found(fixture, &beta.token.id.to_string()).await, ["beta"]);
}

async fn a_keyword_of_one_or_two_characters_is_found_wherever_it_stands(fixture: &Fixture) {
    fill(fixture, &["Ünï 日本", "q%_x"]).await;
    let list = fixture.store.token_list(&TokenQuery::new(at(0))).await;
    for one in list.unwrap().items {
        let name = one.token.name.to_string();
        let note = format!("note of {name}");
        let id = one.token.id.to_string();
        for field in [&name, &note, &id] {
            let letters: Vec<char> = field.chars().collect();
            let words = letters.windows(1).chain(letters.windows(2));
            for word in words.map(|letters| letters.iter().collect::<String>()) {
                let expected = word.trim().is_empty() || note == "note of base";
                let seen = found(fixture, &word).await;
                assert!(expected || seen.contains(&name), "{word} of {field}");
            }
        }
    }
    for word in ["uu", "本日", "__", "%%", "\u{10ffff}"] {
        assert_eq!(found(fixture, word).await, [""; 0], "{word}");
    }
}

async fn wildcards_quotes_and_operators_are_literal(fixture: &Fixture) {
    let names = [
        "100%_sure",
        "100xysure",
        r"back\slash",
        "a'b''c",
        "say \"hello\" now",
        "alpha OR beta",
        "alpha AND beta",
        "near(x y)",
        "col:umn",
        "star*",
        "-minus",
        "^caret",
        "semi;colon--",
    ];
    fill(fixture, &names).await;
    let cases: [(&str, &[&str]); 18] = [
        ("%", &["100%_sure"]),
        ("100%", &["100%_sure"]),
        ("0%_s", &["100%_sure"]),
        ("100_ysure", &[]),
        (r"\", &[r"back\slash"]),
        (r"k\s", &[r"back\slash"]),
        ("'", &["a'b''c"]),
        ("b''c", &["a'b''c"]),
        ("\"", &["say \"hello\" now"]),
        ("\"hello\"", &["say \"hello\" now"]),
        ("alpha or beta", &["alpha OR beta"]),
        ("alpha and", &["alpha AND beta"]),
        ("near(x y)", &["near(x y)"]),
        ("col:umn", &["col:umn"]),
        ("sta*", &[]),
        ("ar*", &["star*"]),
        ("-min", &["-minus"]),
        ("^car", &["^caret"]),
    ];
    for (keyword, expected) in cases {
        assert_eq!(found(fixture, keyword).await, expected, "{keyword}");
    }
    assert_eq!(found(fixture, ";colon--").await, ["semi;colon--"]);
}

async fn a_keyword_never_spans_two_fields(fixture: &Fixture) {
    fill(fixture, &["alpha"]).await;
    assert_eq!(found(fixture, "alpha note").await.len(), 0);
    assert_eq!(found(fixture, "alphanote").await.len(), 0);
}

async fn a_changed_or_deleted_token_is_found_by_what_it_is_now(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let id = fixture.token("before").await.token.id;
    let edit = TokenEdit {
        name: Some(name("afterwards")),
        ..TokenEdit::default()
    };
    store.token_edit(who, id, edit, at(1)).await.unwrap();
    assert_eq!(found(fixture, "before").await.len(), 0);
    assert_eq!(found(fixture, "afterw").await, ["afterwards"]);
    store.token_delete(who, id, at(2)).await.unwrap();
    assert_eq!(found(fixture, "afterw").await.len(), 0);
}

async fn a_blank_keyword_does_not_filter_and_an_endless_one_finds_nothing(fixture: &Fixture) {
    fill(fixture, &["alpha"]).await;
    assert_eq!(found(fixture, " \t").await.len(), 2);
    assert_eq!(found(fixture, &"a".repeat(100_000)).await.len(), 0);
    assert_eq!(found(fixture, "al\0pha").await.len(), 0);
}
