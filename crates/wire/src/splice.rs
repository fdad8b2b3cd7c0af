//! Edits of a request body: values are spliced into the client's own text, and not a byte of it is
//! changed besides. Which edits a call needs is decided elsewhere.

use std::ops::Range;

use tollgate_policy::endpoint::{Dialect, Endpoint};

use crate::body::{Gap, SplitBody};
use crate::peek::{Cap, CapField, GEMINI_PREFIX, IncludeUsage, ObjectPlace, Peek};

mod edited;
mod member;
mod unread;

use edited::Edited;

/// The edits of one body, of which the peek was taken.
#[derive(Debug, Clone)]
pub struct Edits<'a> {
    peek: &'a Peek<'a>,
    endpoint: Endpoint,
    model: Option<&'a str>,
    cap: Option<(CapField, u64)>,
    /// The field in which the upstream looks for a cap.
    reads: Option<CapField>,
    asks_for_usage: bool,
    extra: Vec<(&'a str, &'a str)>,
}

/// A text that takes the place of a part of the body; of an empty part, where something is put in.
struct Splice {
    span: Range<usize>,
    text: String,
}

impl<'a> Edits<'a> {
    /// No edits yet of the body of that peek, which goes to the endpoint.
    pub const fn new(peek: &'a Peek<'a>, endpoint: Endpoint) -> Self {
        Self {
            peek,
            endpoint,
            model: None,
            cap: None,
            reads: None,
            asks_for_usage: false,
            extra: Vec::new(),
        }
    }

    /// Names another model.
    #[must_use]
    pub const fn model(mut self, name: &'a str) -> Self {
        self.model = Some(name);
        self
    }

    /// Caps each choice of the answer: every cap of the endpoint that is above so many tokens is
    /// lowered to them. Where the endpoint finds no cap, it is set in the given field.
    #[must_use]
    pub const fn cap(mut self, field: CapField, tokens: u64) -> Self {
        self.cap = Some((field, tokens));
        self
    }

    /// Has the upstream, which looks for a cap in this field, find the client's: one that stands in a
    /// field which the upstream passes over gets this one's name.
    #[must_use]
    pub const fn cap_is_read_in(mut self, field: CapField) -> Self {
        self.reads = Some(field);
        self
    }

    /// Asks for the usage of the stream, if the client does not. Only for a body that asks for a
    /// stream: others must not have stream options.
    #[must_use]
    pub const fn ask_for_usage(mut self) -> Self {
        self.asks_for_usage = true;
        self
    }

    /// Puts a member into the body, if it has none of this name; `json` is the text of its value. A
    /// `service_tier`, which decides what the operator pays, takes the place of the client's. A
    /// name that policy reads ([`crate::peek::is_deciding`]), or that is put in already, is left out.
    #[must_use]
    pub fn member(mut self, name: &'a str, json: &'a str) -> Self {
        let is_there = self.extra.iter().any(|(known, _)| *known == name);
        if !is_there && !crate::peek::is_deciding(name) {
            self.extra.push((name, json));
        }
        self
    }

    /// Whether the edits leave the body as it is. Members that may be there already count as edits.
    pub fn is_empty(&self) -> bool {
        let (splices, members) = self.splices();
        let is_read = self.unread().is_none();
        splices.is_empty() && members.is_empty() && self.extra.is_empty() && is_read
    }

    /// The body with the edits. With another body than that of the peek, edits whose place is not in
    /// it are left out.
    pub fn apply(&self, body: &[u8]) -> Vec<u8> {
        self.edit(body, &[]).0
    }

    /// The same of a body in pieces.
    pub fn apply_to(&self, body: &SplitBody) -> SplitBody {
        let (text, gaps) = self.edit(body.text(), body.gaps());
        SplitBody::new(text.into(), gaps)
    }

    fn edit(&self, text: &[u8], gaps: &[Gap]) -> (Vec<u8>, Vec<Gap>) {
        let (mut splices, mut members) = self.splices();
        members.extend(member::missing(text, &self.extra));
        splices.extend(first_members(text, &members));
        splices.extend(self.renamed_caps(text));
        splices.sort_by_key(|splice| splice.span.start);
        let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
        let mut edited = Edited::new(text, gaps, added);
        for Splice { span, text } in splices {
            edited.replace(span, &text);
        }
        edited.finish()
    }

    /// The edits in place, and the members that are to be added.
    fn splices(&self) -> (Vec<Splice>, Vec<String>) {
        let (mut splices, mut members) = (Vec::new(), Vec::new());
        self.set_model(&mut splices, &mut members);
        if let Some((field, tokens)) = self.cap {
            self.set_cap(field, tokens, &mut splices, &mut members);
        }
        if self.asks_for_usage {
            self.set_usage(&mut splices, &mut members);
        }
        let is_tier = |name: &str| matches!(name, "service_tier" | "serviceTier");
        let tier = self.extra.iter().find(|(name, _)| is_tier(name));
        if let (Some((_, json)), Some(span)) = (tier, &self.peek.service_tier) {
            splices.push(Splice {
                span: span.clone(),
                text: (*json).to_owned(),
            });
        }
        (splices, members)
    }

    fn set_model(&self, splices: &mut Vec<Splice>, members: &mut Vec<String>) {
        let peek = self.peek;
        let name = self.model.unwrap_or(&peek.model);
        if name == peek.model && !peek.must_name_model {
            return;
        }
        let is_gemini = self.endpoint.dialect() == Dialect::Gemini;
        let text = if is_gemini {
            serde_json::Value::from(format!("{GEMINI_PREFIX}{name}")).to_string()
        } else {
            serde_json::Value::from(name).to_string()
        };
        if peek.model_span.is_none() && !is_gemini {
            members.push(format!(r#""model":{text}"#));
        }
        let spans = peek.model_span.iter().chain(&peek.nested_models);
        splices.extend(spans.map(|span| Splice {
            span: span.clone(),
            text: text.clone(),
        }));
    }

    fn set_cap(
        &self,
        field: CapField,
        tokens: u64,
        splices: &mut Vec<Splice>,
        members: &mut Vec<String>,
    ) {
        let replace = |cap: &Cap| Splice {
            span: cap.span.clone(),
            text: tokens.to_string(),
        };
        let caps = &self.peek.caps;
        if caps.bound(self.endpoint).is_some() {
            let known = CapField::of(self.endpoint).iter();
            let present = known.filter_map(|field| caps.get(*field));
            let above = present.filter(|cap| cap.value.is_some_and(|value| value > tokens));
            splices.extend(above.map(replace));
        } else if let Some(unset) = caps.get(field) {
            splices.push(replace(unset));
        } else if field == CapField::GenerationConfig {
            let (splice, member) = generation_cap(&self.peek.generation_config, tokens);
            splices.extend(splice);
            members.extend(member);
        } else {
            members.push(format!(r#""{field}":{tokens}"#));
        }
    }

    fn set_usage(&self, splices: &mut Vec<Splice>, members: &mut Vec<String>) {
        const MEMBER: &str = r#""include_usage":true"#;
        let (span, text) = match &self.peek.include_usage {
            IncludeUsage::Asked => return,
            IncludeUsage::NoOptions => {
                members.push(format!(r#""stream_options":{{{MEMBER}}}"#));
                return;
            }
            IncludeUsage::NullOptions(span) => (span.clone(), format!("{{{MEMBER}}}")),
            IncludeUsage::Declined(span) => (span.clone(), "true".to_owned()),
            IncludeUsage::Missing { inside, is_empty } => {
                let comma = if *is_empty { "" } else { "," };
                (*inside..*inside, format!("{MEMBER}{comma}"))
            }
        };
        splices.push(Splice { span, text });
    }
}

/// Gemini's cap: a member of an object, which may not be there.
fn generation_cap(place: &ObjectPlace, tokens: u64) -> (Option<Splice>, Option<String>) {
    let member = format!(r#""maxOutputTokens":{tokens}"#);
    let (span, text) = match place {
        ObjectPlace::Absent => {
            let object = format!(r#""generationConfig":{{{member}}}"#);
            return (None, Some(object));
        }
        ObjectPlace::Null(span) => (span.clone(), format!("{{{member}}}")),
        ObjectPlace::Object { inside, is_empty } => {
            let comma = if *is_empty { "" } else { "," };
            (*inside..*inside, format!("{member}{comma}"))
        }
    };
    (Some(Splice { span, text }), None)
}

/// Puts members right after the brace that opens the body.
fn first_members(body: &[u8], members: &[String]) -> Option<Splice> {
    if members.is_empty() {
        return None;
    }
    let brace = body.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let inner = body.get(brace..)?.strip_prefix(b"{")?;
    let is_empty = inner.trim_ascii_start().first() == Some(&b'}');
    let mut text = members.join(",");
    if !is_empty {
        text.push(',');
    }
    let inside = brace.checked_add(1)?;
    Some(Splice {
        span: inside..inside,
        text,
    })
}

#[cfg(test)]
mod tests;
