use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn ids(text: &str) -> BTreeSet<&str> {
    let ids = text.lines().filter_map(|line| line.split_once(" ="));
    ids.map(|(id, _)| id)
        .filter(|id| !id.starts_with([' ', '#']))
        .collect()
}

pub(in crate::text) fn sources(below: &Path, found: &mut String) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|one| one == "rs") {
            found.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn both_languages_can_be_read_and_have_the_same_texts() {
    for text in [ENGLISH, CHINESE] {
        assert!(FluentResource::try_new(text.to_owned()).is_ok());
    }
    let (english, chinese) = (ids(ENGLISH), ids(CHINESE));
    let alone: Vec<_> = english.symmetric_difference(&chinese).collect();
    assert!(alone.is_empty(), "in one language alone: {alone:?}");
}

#[test]
fn every_text_that_is_asked_for_is_there() {
    let mut all = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let known = ids(ENGLISH);
    let marks = [".t(\"", ".with(\"", ".label(\"", ".help(\"", ".blank(\""];
    for mark in marks {
        for piece in all.split(mark).skip(1) {
            let id = piece.split('"').next().unwrap();
            if id.is_empty() {
                continue;
            }
            assert!(known.contains(id), "nobody wrote a text for `{id}`");
        }
    }
}

#[test]
fn the_first_language_that_we_know_is_chosen() {
    assert_eq!(Say::choose(None, "de, zh-TW;q=0.8, en"), Say::Chinese);
    assert_eq!(Say::choose(Some("en"), "zh"), Say::English);
    assert_eq!(Say::choose(Some("xx"), ""), Say::English);
}
