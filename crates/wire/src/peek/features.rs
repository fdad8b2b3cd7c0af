//! What in a body makes a call cost more than its bytes tell, and how deep the body nests. It knows
//! keys of all dialects, and no endpoint; the tokens are read by [`super::walk`].

use frame::{
    AUDIO, CONTENT, DOCUMENT, DOCUMENTS, ENCRYPTED, FILE, Frame, ID, INPUT, ITEM, MANAGEMENT,
    MODALITIES, NAMED, OBJECT, PROMPTS, QUERY, REASONING, REQUESTS, SILENT, SOUND, TOOL, TOOLS,
};
use keys::Key;
use tollgate_policy::bound::Uses;
use tool::Tool;
use value::{is_address, is_empty, is_silent};

use super::tokens::Quoted;

mod frame;
mod keys;
mod tool;
mod value;

/// The most levels that are let through: as many as serde_json itself reads.
pub(super) const MOST: usize = 127;

/// What a body has in it. Where it cannot be told for sure, the answer is yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// The input can hold more tokens than the body has bytes: it names files, images (also inline
    /// ones, whose tokens follow from their size), earlier responses, conversations, stored prompts
    /// or items, or tools that the provider runs or describes itself.
    pub referenced: bool,
    /// What is not in the body, or is charged by its size, may be sound.
    pub may_sound: bool,
    /// The input or the output has sound in it.
    pub audio: bool,
    /// The client asks for parts of the input to be cached, which some providers charge.
    pub cache: bool,
    /// The model may call tools.
    pub tools: bool,
    /// The client asks for the conversation to be made shorter where it is long: the provider reads
    /// all of it first.
    pub compacts: bool,
    /// A tool asks another model than the one that is named, or its type is written so that only
    /// some readers know it.
    pub advised: bool,
    /// How often the provider may run tools by itself, as each of them says with `max_uses`. Clients
    /// run functions and the tools that act on their machines, whoever describes them.
    pub provider_runs: Uses,
    /// How often those of them may be used that search, or are not known.
    pub provider_searches: Uses,
    /// How many prompts there are that are read apart from each other: items of the input, requests of
    /// a batch, documents to be ranked.
    pub prompts: u64,
    /// How long the texts are that documents are ranked by, in bytes.
    pub query: u64,
}

/// How many tools can be open around another one, each in `tools` of the one before. More of them
/// may do anything.
const MOST_AROUND: usize = 3;

/// Told of each token of a valid JSON text, in order.
pub(super) struct Scan {
    /// The frames around this one, the outermost first.
    outer: [Frame; MOST],
    depth: usize,
    here: Frame,
    /// The key of the value that comes next.
    key: Key,
    /// The tool that is open, if one is.
    tool: Tool,
    /// Those that were open when it began, the outermost first.
    around: [Tool; MOST_AROUND],
    /// How many tools are open.
    tools_open: usize,
    features: Features,
}

impl Scan {
    pub(super) const fn new() -> Self {
        Self {
            outer: [0; MOST],
            depth: 0,
            here: 0,
            key: Key::Other,
            tool: Tool::NONE,
            around: [Tool::NONE; MOST_AROUND],
            tools_open: 0,
            features: Features {
                referenced: false,
                may_sound: false,
                audio: false,
                cache: false,
                tools: false,
                compacts: false,
                advised: false,
                provider_runs: Uses::None,
                provider_searches: Uses::None,
                prompts: 0,
                query: 0,
            },
        }
    }

    /// How many arrays and objects are open.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) const fn in_object(&self) -> bool {
        self.here & OBJECT != 0
    }

    pub(super) const fn features(&self) -> Features {
        self.features
    }

    /// An array or an object begins; none where [`MOST`] are open.
    pub(super) fn open(&mut self, is_object: bool) -> Option<()> {
        *self.outer.get_mut(self.depth)? = self.here;
        self.depth = self.depth.saturating_add(1);
        self.item();
        let kind = match (self.key, is_object) {
            (Key::Input, false) => INPUT,
            (Key::Input, true) => ITEM,
            (Key::Tools, false) => TOOLS,
            // Google takes one tool for a list of one.
            (Key::Tools, true) => TOOL,
            (Key::Modalities, false) => MODALITIES,
            (Key::Audio, true) => AUDIO,
            (Key::Management, _) => MANAGEMENT,
            (Key::File, true) => FILE,
            (Key::InputAudio, true) => SOUND,
            (Key::Documents, false) => DOCUMENTS,
            (Key::Requests, false) => REQUESTS,
            (Key::Query, _) => QUERY,
            (_, true) if self.here & INPUT != 0 => ITEM,
            (_, true) if self.here & TOOLS != 0 => TOOL,
            (_, true) if self.here & DOCUMENTS != 0 => DOCUMENT,
            _ => self.here & (MANAGEMENT | QUERY),
        };
        if kind == TOOL {
            self.open_tool();
        }
        self.here = if is_object { kind | OBJECT } else { kind };
        self.key = Key::Other;
        Some(())
    }

    /// A value begins, which is an item of a list of prompts, if it is in one.
    const fn item(&mut self) {
        if self.here & PROMPTS != 0 {
            self.features.prompts = self.features.prompts.saturating_add(1);
        }
    }

    /// An array or an object ends.
    pub(super) fn close(&mut self) {
        let has = |frame| self.here & frame == frame;
        let is_reference =
            has(AUDIO | ID) || has(ITEM | ID) && !has(NAMED) || has(REASONING) && !has(ENCRYPTED);
        self.features.referenced |= is_reference;
        self.features.may_sound |= is_reference || has(FILE) && !has(SILENT);
        if has(TOOL) {
            self.close_tool();
        }
        self.depth = self.depth.saturating_sub(1);
        self.here = self.outer.get(self.depth).copied().unwrap_or_default();
        self.key = Key::Other;
    }

    fn open_tool(&mut self) {
        if let Some(outer) = self.tools_open.checked_sub(1) {
            match self.around.get_mut(outer) {
                Some(slot) => *slot = self.tool,
                // What is not kept of it could be anything.
                None => self.any_tool(),
            }
        }
        self.tools_open = self.tools_open.saturating_add(1);
        self.tool = Tool::NONE;
    }

    fn close_tool(&mut self) {
        if self.tool.is_named_by_key() {
            self.name_by_key();
        }
        self.features.referenced |= self.tool.is_search_for_tools();
        self.runs(self.tool.uses(), self.tool.searches());
        self.tools_open = self.tools_open.saturating_sub(1);
        if let Some(outer) = self.tools_open.checked_sub(1) {
            self.tool = self.around.get(outer).copied().unwrap_or(Tool::NONE);
        }
    }

    /// A key, and the text from its value on.
    pub(super) fn key(&mut self, key: Quoted<'_>, value: &[u8]) {
        self.key = if key.is_plain && key.text.is_ascii() {
            Key::of(key.text)
        } else {
            Key::decoded(key.text)
        };
        if self.here & TOOL != 0 {
            self.tool.key(self.key);
        }
        match self.key {
            Key::Other => {}
            Key::MaxUses if self.here & TOOL != 0 => {
                let is_exact = key.text == b"max_uses";
                self.tool.max_uses(is_exact, value);
            }
            Key::Execution if self.here & TOOL != 0 => {
                let is_exact = key.text == b"execution";
                self.tool.execution(is_exact, value);
            }
            Key::GeminiTool if self.here & TOOL != 0 => self.name_by_key(),
            _ => self.known_key(value),
        }
    }

    /// Something that is not in the body could be anything.
    const fn refers(&mut self) {
        self.features.referenced = true;
        self.features.may_sound = true;
    }

    /// A key whose value is a file.
    fn file(&mut self, value: &[u8]) {
        self.features.referenced = true;
        // An object says it in itself.
        self.features.may_sound |= value.first() != Some(&b'{') && !is_silent(value);
    }

    fn name_by_key(&mut self) {
        self.tool.runs_and_searches();
        self.features.referenced = true;
    }

    /// A tool that may be any.
    fn any_tool(&mut self) {
        self.features.referenced = true;
        self.runs(Uses::Unbounded, Uses::Unbounded);
    }

    fn runs(&mut self, uses: Uses, searches: Uses) {
        let features = &mut self.features;
        features.provider_runs = features.provider_runs.and(uses);
        features.provider_searches = features.provider_searches.and(searches);
    }

    fn known_key(&mut self, value: &[u8]) {
        let is_top = self.depth == 1;
        let is_there = value.first() != Some(&b'n');
        let is_on = is_there && value.first() != Some(&b'f');
        match self.key {
            Key::Type | Key::Role => self.here |= NAMED,
            Key::Id if is_there => self.here |= ID,
            Key::Encrypted if is_there => self.here |= ENCRYPTED,
            // A file says in itself what it is.
            Key::Referring if is_there && self.here & FILE == 0 => self.refers(),
            Key::File if is_there => self.file(value),
            Key::Silent if is_there => self.features.referenced = true,
            Key::Picture if is_there && (is_top || self.here & CONTENT != 0) => {
                self.features.referenced = true;
            }
            Key::Video | Key::Audio if is_there && self.here & CONTENT != 0 => self.refers(),
            Key::Media if self.here & FILE != 0 => {
                self.features.may_sound |= !is_silent(value);
                self.here |= SILENT;
            }
            Key::TopReferring if is_there && is_top => self.refers(),
            Key::TopServers if is_on && is_top => {
                self.features.referenced = true;
                if !is_empty(value) {
                    self.runs(Uses::Unbounded, Uses::None);
                }
            }
            Key::TopSearching if is_on && is_top => {
                self.features.referenced = true;
                if !is_empty(value) {
                    self.any_tool();
                }
            }
            // A stored prompt may have tools with it.
            Key::Prompt if is_top && value.first() == Some(&b'{') => {
                self.refers();
                self.any_tool();
            }
            Key::Cache if is_there => self.features.cache = true,
            Key::InputAudio if is_there => {
                self.features.audio = true;
                self.features.referenced |= is_address(value);
            }
            Key::Data if self.here & SOUND != 0 => {
                self.features.referenced |= is_address(value);
            }
            Key::Audio if is_there && is_top => self.features.audio = true,
            // OpenAI's clients also add tools by items of the input, and put some into others.
            Key::Tools if is_top || self.here & (ITEM | TOOL) != 0 => {
                self.features.tools |= is_there && !is_empty(value);
            }
            // Deeper, these are names of other things.
            Key::Input
            | Key::Tools
            | Key::Management
            | Key::Documents
            | Key::Requests
            | Key::Query
                if !is_top =>
            {
                self.key = Key::Other;
            }
            _ => {}
        }
    }

    /// Whether it matters what stands in a string that comes next and is no key. Such strings are never
    /// read with a gap in them.
    pub(super) fn heeds_string(&self) -> bool {
        matches!(self.key, Key::Type | Key::Modalities | Key::Query)
            || self.here & (MODALITIES | QUERY) != 0
    }

    /// A string that is no key.
    pub(super) fn value(&mut self, value: Quoted<'_>) {
        let Quoted { text, is_plain } = value;
        self.item();
        let is_heeded = self.heeds_string();
        let key = std::mem::replace(&mut self.key, Key::Other);
        if !is_heeded {
            return;
        }
        if key == Key::Query || self.here & QUERY != 0 {
            // With its quotes, in whose place others separate it from the document.
            let length = (text.len() as u64).saturating_add(2);
            self.features.query = self.features.query.saturating_add(length);
        }
        if key == Key::Modalities || self.here & MODALITIES != 0 {
            self.features.audio |= !is_plain || text.eq_ignore_ascii_case(b"audio");
        }
        if key == Key::Type {
            self.kind(text, is_plain);
        }
    }

    /// The value of `type`.
    fn kind(&mut self, text: &[u8], is_plain: bool) {
        if self.here & TOOL != 0 {
            // All others have a description, or do something, that is not in the body. Of a search
            // for tools, this is known at its end.
            self.features.referenced |= !matches!(
                text,
                b"function" | b"custom" | b"namespace" | b"tool_search"
            );
            self.features.advised |= !is_plain || text.starts_with(b"advisor_");
            self.tool.kind(text);
            return;
        }
        match text {
            b"input_audio" => self.features.audio = true,
            b"audio_url" | b"audio" => {
                self.features.audio = true;
                self.refers();
            }
            b"video_url" | b"video" | b"input_video" => self.refers(),
            b"reasoning" => self.here |= REASONING,
            b"item_reference" => self.refers(),
            b"input_image"
            | b"image"
            | b"image_url"
            | b"document"
            | b"document_url"
            | b"input_file"
            | b"file"
            | b"url"
            | b"container_upload"
            | b"computer_screenshot" => {
                self.features.referenced = true;
            }
            _ if text.starts_with(b"compact_") => self.features.compacts = true,
            // Elsewhere, this is what came of it earlier.
            b"compaction" if self.here & MANAGEMENT != 0 => self.features.compacts = true,
            _ if !is_plain => {
                self.features.audio = true;
                self.features.compacts = true;
                self.refers();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
