//! The price options of new-api and one-api: maps from models, and groups, to ratios. A model's ratio of 1 is 2 credits
//! per million tokens; all others multiply it.

use std::collections::{BTreeMap, BTreeSet};

use tollgate_policy::price::Part;

use super::decimal::{Decimal, DecimalError};
use super::document::{Object, string};
use super::entry::{Entry, Found, Read};
use super::group::{FoundMultiplier, GroupEntry};
use crate::error::AdminError;

/// The maps that hold prices, by their names without case and underscores.
const KNOWN: [&str; 9] = [
    "modelratio",
    "completionratio",
    "cacheratio",
    "createcacheratio",
    "imageratio",
    "audioratio",
    "audiocompletionratio",
    "modelprice",
    "groupratio",
];
/// What a cache write of an hour costs in relation to one of five minutes.
const HOUR: &str = "1.6";
const NO_COMPLETION: &str = "the file has no completion ratio of it, and new-api's own are not in the file: calls that give text are refused until `output` has a price";

/// Reads the file: an object of the maps, or of their texts, or what `/api/option/` answers.
pub(super) fn read(text: &str) -> Result<Read, AdminError> {
    let invalid = |problem: String| AdminError::invalid("file", problem);
    let top: Object<'_> = serde_json::from_str(text)
        .map_err(|error| invalid(format!("it is no JSON object of options: {error}")))?;
    let mut options = Options::default();
    options.take(&top).map_err(invalid)?;
    if options.maps.is_empty() {
        return Err(invalid(
            "it has none of the options `ModelRatio`, `CompletionRatio`, `ModelPrice` and so on"
                .to_owned(),
        ));
    }
    let priced = ["modelratio", "modelprice"];
    let names = priced.iter().filter_map(|map| options.maps.get(*map));
    let names: BTreeSet<&String> = names.flat_map(BTreeMap::keys).collect();
    let entries = names.into_iter().map(|name| Entry {
        name: name.clone(),
        found: options.found(name),
    });
    let groups = options.maps.get("groupratio").into_iter().flatten();
    let groups = groups.map(|(name, ratio)| GroupEntry {
        name: name.clone(),
        found: ratio
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|text| FoundMultiplier::read(text)),
    });
    Ok(Read {
        entries: entries.collect(),
        groups: groups.collect(),
        remarks: options.remarks.clone(),
    })
}

/// The maps of the file: a number's text for each model, or why there is none.
#[derive(Default)]
struct Options {
    maps: BTreeMap<&'static str, BTreeMap<String, Result<String, String>>>,
    remarks: Vec<String>,
}

impl Options {
    fn take(&mut self, object: &Object<'_>) -> Result<(), String> {
        for (key, raw) in &object.0 {
            match (key.as_str(), raw.get()) {
                ("data", raw) if raw.starts_with('{') => {
                    let data: Object<'_> = serde_json::from_str(raw).map_err(said("data"))?;
                    self.take(&data)?;
                }
                ("data", raw) if raw.starts_with('[') => self.list(raw)?,
                (key, raw) => self.option(key, raw)?,
            }
        }
        Ok(())
    }

    /// A list of `{"key": …, "value": …}`.
    fn list(&mut self, raw: &str) -> Result<(), String> {
        let rows: Vec<Object<'_>> = serde_json::from_str(raw).map_err(said("data"))?;
        for row in rows {
            let (row, _) = row.unique();
            let text = |field| row.get(field).and_then(|raw| string(raw));
            if let (Some(key), Some(raw)) = (text("key"), row.get("value")) {
                self.option(&key, raw)?;
            }
        }
        Ok(())
    }

    fn option(&mut self, key: &str, raw: &str) -> Result<(), String> {
        let plain = key.replace('_', "").to_ascii_lowercase();
        let Some(known) = KNOWN.into_iter().find(|known| *known == plain) else {
            if plain.ends_with("ratio") || plain.ends_with("price") {
                let shown: String = key.chars().take(60).collect();
                self.remarks.push(format!("`{shown}` is not imported"));
            }
            return Ok(());
        };
        // A map is kept as a text in the table of options.
        let inner = string(raw);
        let inner = inner.as_deref().unwrap_or(raw);
        let map: Object<'_> = serde_json::from_str(inner).map_err(said(key))?;
        if self.maps.contains_key(known) {
            return Err(format!("it has the option `{key}` twice"));
        }
        let mut numbers = BTreeMap::new();
        for (model, number) in map.0 {
            let number = Ok(number.get().to_owned());
            if numbers.insert(model.clone(), number).is_some() {
                let why = format!("`{key}` has it twice");
                numbers.insert(model, Err(why));
            }
        }
        self.maps.insert(known, numbers);
        Ok(())
    }

    fn number(&self, map: &'static str, model: &str) -> Result<Option<Decimal>, String> {
        let number = self.maps.get(map).and_then(|map| map.get(model));
        let Some(number) = number else {
            return Ok(None);
        };
        let text = number.as_ref().map_err(Clone::clone)?;
        let read = Decimal::parse(text);
        read.map(Some).map_err(|problem| broken(map, problem))
    }

    fn found(&self, model: &str) -> Result<Found, String> {
        let mut found = Found::new();
        // Where both are there, the price of a request is what new-api charges.
        if let Some(price) = self.number("modelprice", model)? {
            set(&mut found, Part::Request, price, "modelprice")?;
        } else if let Some(ratio) = self.number("modelratio", model)? {
            self.ratios(&mut found, model, ratio)?;
        }
        if found.is_free() {
            return Err(
                "every price of it is 0: if that is so, add it by hand with the price `free`"
                    .to_owned(),
            );
        }
        Ok(found)
    }

    fn ratios(&self, found: &mut Found, model: &str, ratio: Decimal) -> Result<(), String> {
        let times = |map, base: Decimal| -> Result<Option<Decimal>, String> {
            let factor = self.number(map, model)?;
            let product = factor.map(|factor| base.times(factor)).transpose();
            product.map_err(|problem| broken(map, problem))
        };
        let two_per_million = Decimal::parse("2e-6").map_err(|e| broken("modelratio", e))?;
        let input = ratio.times(two_per_million);
        let input = input.map_err(|problem| broken("modelratio", problem))?;
        set(found, Part::Input, input, "modelratio")?;
        match times("completionratio", input)? {
            Some(output) => set(found, Part::Output, output, "completionratio")?,
            None => found.notes.push(NO_COMPLETION.to_owned()),
        }
        if let Some(cached) = times("cacheratio", input)? {
            set(found, Part::CachedInput, cached, "cacheratio")?;
        }
        if let Some(write) = times("createcacheratio", input)? {
            let hour = Decimal::parse(HOUR).and_then(|hour| write.times(hour));
            let hour = hour.map_err(|problem| broken("createcacheratio", problem))?;
            set(found, Part::CacheWrite5m, write, "createcacheratio")?;
            set(found, Part::CacheWrite1h, hour, "createcacheratio")?;
        }
        if let Some(image) = times("imageratio", input)? {
            set(found, Part::InputImage, image, "imageratio")?;
        }
        if let Some(audio) = times("audioratio", input)? {
            set(found, Part::InputAudio, audio, "audioratio")?;
            if let Some(output) = times("audiocompletionratio", audio)? {
                set(found, Part::OutputAudio, output, "audiocompletionratio")?;
            }
        }
        Ok(())
    }
}

fn set(found: &mut Found, part: Part, credits: Decimal, map: &'static str) -> Result<(), String> {
    let what = format!("`{}`", part.name());
    found
        .set(part, credits, &what)
        .map_err(|problem| broken(map, problem))
}

fn broken(map: &'static str, problem: DecimalError) -> String {
    let name = match map {
        "modelratio" => "ModelRatio",
        "completionratio" => "CompletionRatio",
        "cacheratio" => "CacheRatio",
        "createcacheratio" => "CreateCacheRatio",
        "imageratio" => "ImageRatio",
        "audioratio" => "AudioRatio",
        "audiocompletionratio" => "AudioCompletionRatio",
        _ => "ModelPrice",
    };
    format!("its number in `{name}` cannot be used: {problem}")
}

fn said(key: &str) -> impl FnOnce(serde_json::Error) -> String {
    let key: String = key.chars().take(60).collect();
    move |error| format!("`{key}` is not what it should be: {error}")
}

#[cfg(test)]
mod tests;
