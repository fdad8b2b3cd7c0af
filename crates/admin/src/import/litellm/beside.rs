//! Prices of an entry that a price list has no place for, in words.

use std::collections::BTreeSet;

/// So many fields are named one by one.
const NAMED: usize = 6;
/// Prices for calls that ask for a service tier.
const TIERS: [&str; 5] = ["balanced", "decisions", "flex", "priority", "ultrafast"];

/// What is not kept, from the names of the fields; nothing where all is.
pub(super) fn notes(fields: &[&str]) -> Vec<String> {
    let (mut long, mut tiers) = (BTreeSet::new(), BTreeSet::new());
    let mut others = Vec::new();
    for field in fields {
        let tier = TIERS.into_iter().find(|tier| field.ends_with(*tier));
        match (prompt(field), tier) {
            (Some(length), _) => _ = long.insert(length),
            (None, Some(tier)) => _ = tiers.insert(tier),
            (None, None) => others.push(*field),
        }
    }
    let long = list(&long).map(|lengths| format!("prices of prompts above {lengths} tokens"));
    let tiers = list(&tiers).map(|tiers| format!("prices of the service tiers {tiers}"));
    let kinds = [long, tiers, named(&others)].into_iter().flatten();
    kinds.map(|what| format!("not kept: {what}")).collect()
}

/// Above which length of the prompt a price applies, such as `200k`.
fn prompt(field: &str) -> Option<&str> {
    let (_, length) = field.rsplit_once("_above_")?;
    length.split_once("_tokens").map(|(length, _)| length)
}

fn list(words: &BTreeSet<&str>) -> Option<String> {
    let words: Vec<_> = words.iter().copied().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn named(fields: &[&str]) -> Option<String> {
    let named = fields.iter().take(NAMED).map(|field| format!("`{field}`"));
    let named = named.collect::<Vec<_>>().join(", ");
    match fields.len().checked_sub(NAMED) {
        None | Some(0) => (!named.is_empty()).then_some(named),
        Some(more) => Some(format!("{named} and {more} more")),
    }
}
