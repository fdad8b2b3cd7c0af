//! LiteLLM's `model_prices_and_context_window.json`: an entry for each model, prices in dollars
//! apiece. A credit is taken for a dollar.

mod beside;

use std::collections::BTreeMap;

use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::name::Provider;
use tollgate_policy::price::Part;

use super::decimal::Decimal;
use super::document::{Object, string};
use super::entry::{Entry, Found, Read};
use crate::error::AdminError;

/// The entry that only explains the file.
const SAMPLE: &str = "sample_spec";

/// The fields that are the price of a part.
const PRICES: [(&str, Part); 12] = [
    ("input_cost_per_token", Part::Input),
    ("input_cost_per_token_cache_hit", Part::CachedInput),
    ("cache_read_input_token_cost", Part::CachedInput),
    ("cache_creation_input_token_cost", Part::CacheWrite5m),
    (
        "cache_creation_input_token_cost_above_1hr",
        Part::CacheWrite1h,
    ),
    ("input_cost_per_audio_token", Part::InputAudio),
    ("input_cost_per_image_token", Part::InputImage),
    ("output_cost_per_token", Part::Output),
    ("output_cost_per_reasoning_token", Part::Reasoning),
    ("output_cost_per_audio_token", Part::OutputAudio),
    ("output_cost_per_image_token", Part::OutputImage),
    ("output_cost_per_image", Part::Image),
];
const REQUEST: &str = "input_cost_per_request";
const QUERY: &str = "input_cost_per_query";
const INPUT_IMAGE: &str = "input_cost_per_image";
const SECONDS: [&str; 3] = [
    "input_cost_per_second",
    "output_cost_per_second",
    "cost_per_second",
];
const SEARCH: &str = "search_context_cost_per_query";

/// Reads the file.
pub(super) fn read(text: &str) -> Result<Read, AdminError> {
    let Object(members) = serde_json::from_str(text).map_err(|error| {
        let problem = format!("it is no JSON object with an entry for each model: {error}");
        AdminError::invalid("file", problem)
    })?;
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in &members {
        *count.entry(name).or_default() += 1;
    }
    let once = |name: &str| count.get(name) == Some(&1);
    let read = members.iter().filter(|(name, _)| name != SAMPLE);
    let read = read.map(|(name, value)| Entry {
        name: name.clone(),
        found: match once(name) {
            true => found(value.get()),
            false => Err("the file has two entries of this name".to_owned()),
        },
    });
    Ok(Read {
        entries: read.collect(),
        groups: Vec::new(),
        remarks: Vec::new(),
    })
}

fn found(raw: &str) -> Result<Found, String> {
    let fields: Object<'_> =
        serde_json::from_str(raw).map_err(|_| "it is no JSON object".to_owned())?;
    let (fields, twice) = fields.unique();
    if let Some(twice) = twice {
        return Err(format!("it has `{twice}` twice"));
    }
    let mode = fields.get("mode").and_then(|raw| string(raw));
    let mode = Mode::of(mode.as_deref())?;
    let fields = Fields(fields);
    let mut found = Found::new();
    found.provider = fields
        .text("litellm_provider")
        .and_then(|name| Provider::parse(&name).ok());
    let mut kept = fields.prices(&mut found)?;
    kept.extend(fields.by_mode(mode, &mut found)?);
    kept.extend(fields.search(&mut found)?);
    fields.window(mode, &mut found);
    let others = fields.not_kept(&kept);
    refuse(mode, &found, &others)?;
    found.notes.extend(beside::notes(&others));
    Ok(found)
}

/// What is known to be of no use, with the reason.
fn refuse(mode: Mode, found: &Found, others: &[&str]) -> Result<(), String> {
    if found.is_free() && others.is_empty() {
        return Err(
            "every price of it is 0: if that is so, add it by hand with the price `free`".into(),
        );
    }
    let known = match mode {
        Mode::Endpoint(endpoint) => found.price.covers(Some(endpoint)),
        Mode::Sound => !found.price.is_empty(),
    };
    if known && !found.is_free() {
        return Ok(());
    }
    let others = beside::notes(others);
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(": {}", others.join("; ")),
    };
    Err(format!(
        "it states no price by which calls could be charged{others}"
    ))
}

/// What a model is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Endpoint(Endpoint),
    /// Sound is read, and text comes back.
    Sound,
}

impl Mode {
    fn of(text: Option<&str>) -> Result<Self, String> {
        Ok(match text {
            Some("audio_transcription") => Self::Sound,
            None | Some("chat" | "realtime") => Self::Endpoint(Endpoint::ChatCompletions),
            Some("completion") => Self::Endpoint(Endpoint::Completions),
            Some("responses") => Self::Endpoint(Endpoint::Responses),
            Some("embedding") => Self::Endpoint(Endpoint::Embeddings),
            Some("moderation") => Self::Endpoint(Endpoint::Moderations),
            Some("rerank") => Self::Endpoint(Endpoint::Rerank),
            Some("image_generation" | "image_edit") => Self::Endpoint(Endpoint::ImageGenerations),
            Some("audio_speech") => Self::Endpoint(Endpoint::Speech),
            Some(other) => {
                let seen: String = other.chars().take(60).collect();
                return Err(format!("calls of the mode `{seen}` are not relayed"));
            }
        })
    }

    /// Whether the window of the model is that of one call: of embeddings and the like, it is that
    /// of each of many texts, and would bound a call too low.
    fn has_window(self) -> bool {
        let Self::Endpoint(endpoint) = self else {
            return false;
        };
        matches!(
            endpoint,
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses
        )
    }
}

/// The fields of an entry, each as it is written.
struct Fields<'a>(BTreeMap<String, &'a str>);

impl Fields<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(|raw| string(raw))
    }

    /// A price; `null` is none.
    fn price(&self, key: &str) -> Result<Option<Decimal>, String> {
        match self.0.get(key) {
            None | Some(&"null") => Ok(None),
            Some(raw) => Decimal::parse(raw)
                .map(Some)
                .map_err(|problem| format!("`{key}` cannot be used: {problem}")),
        }
    }

    fn take(&self, key: &'static str, part: Part, found: &mut Found) -> Result<bool, String> {
        let Some(price) = self.price(key)? else {
            return Ok(false);
        };
        let what = format!("`{key}`");
        found
            .set(part, price, &what)
            .map_err(|problem| format!("{what} cannot be used: {problem}"))?;
        Ok(true)
    }

    fn prices(&self, found: &mut Found) -> Result<Vec<&'static str>, String> {
        let mut kept = Vec::new();
        for (key, part) in PRICES {
            if self.take(key, part, found)? {
                kept.push(key);
            }
        }
        if self.take(REQUEST, Part::Request, found)? {
            kept.push(REQUEST);
        }
        Ok(kept)
    }

    /// Fields that mean one thing in one mode and another in the next.
    fn by_mode(&self, mode: Mode, found: &mut Found) -> Result<Vec<&'static str>, String> {
        let mut kept = Vec::new();
        match mode {
            Mode::Sound | Mode::Endpoint(Endpoint::Speech) => {
                kept.extend(self.seconds(found)?);
            }
            Mode::Endpoint(Endpoint::Rerank) => {
                if self.take(QUERY, Part::Search, found)? {
                    kept.push(QUERY);
                }
            }
            Mode::Endpoint(Endpoint::ImageGenerations)
                if found.price.stated(Part::Image).is_none() =>
            {
                // What older entries call the price of an image that is made.
                if self.take(INPUT_IMAGE, Part::Image, found)? {
                    kept.push(INPUT_IMAGE);
                }
            }
            Mode::Endpoint(_) => {}
        }
        Ok(kept)
    }

    /// Entries state a second of sound as input, as output, or as both and mean it once.
    fn seconds(&self, found: &mut Found) -> Result<Vec<&'static str>, String> {
        let mut kept = Vec::new();
        for key in SECONDS {
            let before = found.price.stated(Part::Second);
            if !self.take(key, Part::Second, found)? {
                continue;
            }
            kept.push(key);
            let now = found.price.stated(Part::Second);
            let (Some(before), Some(now)) = (before, now) else {
                continue;
            };
            if before != now && before.as_picos() > 0 && now.as_picos() > 0 {
                let note = "of several prices of a second, the highest was taken";
                found.notes.push(note.to_owned());
            }
            found.price = found.price.with(Part::Second, before.max(now));
        }
        Ok(kept)
    }

    /// A search has a price for each size of its context; here it has one.
    fn search(&self, found: &mut Found) -> Result<Option<&'static str>, String> {
        let Some(raw) = self.0.get(SEARCH).filter(|raw| raw.starts_with('{')) else {
            return Ok(None);
        };
        let sizes: Object<'_> = serde_json::from_str(raw)
            .map_err(|_| format!("`{SEARCH}` cannot be used: it is no object"))?;
        let (sizes, _) = sizes.unique();
        let sizes = Fields(sizes);
        let mut seen = Vec::new();
        for key in sizes.0.keys() {
            let Some(price) = sizes.price(key)? else {
                continue;
            };
            let mut one = Found::new();
            one.set(Part::Search, price, SEARCH)
                .map_err(|problem| format!("`{SEARCH}` cannot be used: {problem}"))?;
            seen.extend(one.price.stated(Part::Search));
            found.notes.extend(one.notes);
        }
        let (lowest, highest) = (seen.iter().min(), seen.iter().max());
        if let Some(highest) = highest {
            found.price = found.price.with(Part::Search, *highest);
        }
        if lowest != highest {
            let note = "of several prices of a search, the highest was taken";
            found.notes.push(note.to_owned());
        }
        Ok(Some(SEARCH))
    }

    fn window(&self, mode: Mode, found: &mut Found) {
        if !mode.has_window() {
            return;
        }
        let tokens = |key| {
            let read = self.price(key).ok().flatten()?;
            let (tokens, exact) = read.scaled(0).ok()?;
            (exact && (1..1 << 40).contains(&tokens)).then_some(tokens)
        };
        found.window.context = tokens("max_input_tokens");
        found.window.output = tokens("max_output_tokens");
    }

    /// Prices in the entry that the price list has no place for. Batches are not relayed, and a
    /// price of nothing changes nothing.
    fn not_kept(&self, kept: &[&str]) -> Vec<&str> {
        let others = self.0.iter().filter(|(key, raw)| {
            let price = ["cost", "pricing", "uplift"]
                .iter()
                .any(|word| key.contains(word));
            let beside = key.ends_with("_batches") || key.contains("_dbu_");
            let nothing = **raw == "null" || Decimal::parse(raw).is_ok_and(Decimal::is_zero);
            price && !beside && !nothing && !kept.contains(&key.as_str())
        });
        others.map(|(key, _)| key.as_str()).collect()
    }
}

#[cfg(test)]
mod tests;
