//! One tool of a request: whether the client runs it or the provider does, and how often.

use tollgate_policy::bound::Uses;

use super::keys::Key;

/// What is known of the tool that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool {
    run: Run,
    /// Whether it runs code as well, as often as it likes.
    runs_code: bool,
    /// The largest `max_uses`, in case there are several.
    most: Option<u64>,
    /// Whether somebody may read another `max_uses`, or none.
    is_unclear: bool,
    /// Whether its `execution` says that the client runs it, each time that it says anything.
    by_client: Option<bool>,
    /// How many keys it has.
    keys: usize,
    /// Whether it has a name or a type.
    is_named: bool,
    /// Whether it has functions of Gemini's form.
    declares: bool,
}

/// Who runs a tool. The greater one wins where a tool says two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// The client, as the provider asks it to.
    Client,
    /// The provider, unless it says that the client does.
    ToolSearch,
    /// The provider, by itself.
    Provider,
    /// The provider, and it may search.
    Search,
}

/// What comes before the date in the types of Anthropic's tools that clients run. All others run at
/// the provider.
const CLIENT_PREFIXES: [&[u8]; 4] = [b"bash_", b"text_editor_", b"computer_", b"memory_"];
/// The same of tools that the provider runs and that search nothing.
const NO_SEARCH_PREFIXES: [&[u8]; 2] = [b"code_execution_", b"web_fetch_"];
/// The same of tools that run code to look through what they found, from a date on.
const CODE_PREFIXES: [&[u8]; 2] = [b"web_search_", b"web_fetch_"];
const CODE_SINCE: u64 = 20_260_209;

impl Run {
    /// By the value of `type`, as it stands between its quotes.
    fn of(kind: &[u8]) -> Self {
        let begins = |prefixes: &[&[u8]]| {
            let mut rests = prefixes.iter().filter_map(|one| kind.strip_prefix(*one));
            rests.any(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
        };
        match kind {
            b"function"
            | b"custom"
            // Tools stand in it, each of which is judged.
            | b"namespace"
            | b"apply_patch"
            | b"local_shell"
            | b"computer"
            | b"computer_use_preview" => Self::Client,
            b"tool_search" => Self::ToolSearch,
            b"code_interpreter" | b"image_generation" | b"mcp" => Self::Provider,
            _ if begins(&CLIENT_PREFIXES) => Self::Client,
            _ if begins(&NO_SEARCH_PREFIXES) => Self::Provider,
            // They search among the tools of the request.
            _ if kind.starts_with(b"tool_search_tool_") => Self::Provider,
            // Also what is not known yet.
            _ => Self::Search,
        }
    }
}

/// Whether a tool of this `type` runs code by itself. What comes after its prefix is a date; one that
/// is written with escapes may be any.
fn runs_code(kind: &[u8]) -> bool {
    if kind.contains(&b'\\') {
        return true;
    }
    let mut dates = CODE_PREFIXES
        .iter()
        .filter_map(|prefix| kind.strip_prefix(*prefix));
    let date = dates.next().and_then(|date| str::from_utf8(date).ok());
    date.and_then(|date| date.parse::<u64>().ok())
        .is_some_and(|date| date >= CODE_SINCE)
}

impl Tool {
    /// One of which nothing was read.
    pub(super) const NONE: Self = Self {
        run: Run::Client,
        runs_code: false,
        most: None,
        is_unclear: false,
        by_client: None,
        keys: 0,
        is_named: false,
        declares: false,
    };

    /// It has this key.
    pub(super) fn key(&mut self, key: Key) {
        self.keys = self.keys.saturating_add(1);
        self.is_named |= matches!(key, Key::Type | Key::ToolName);
        self.declares |= key == Key::Declarations;
    }

    /// Whether a key of it names a tool that Gemini runs: all but that of functions do, also those
    /// that are not known yet.
    pub(super) fn is_named_by_key(&self) -> bool {
        !(self.is_named || self.declares && self.keys == 1)
    }

    /// It has this `type`.
    pub(super) fn kind(&mut self, kind: &[u8]) {
        self.run = self.run.max(Run::of(kind));
        self.runs_code |= runs_code(kind);
    }

    /// It has an `execution`, or a key that some read so; the text goes from its value on.
    pub(super) fn execution(&mut self, is_exact: bool, value: &[u8]) {
        let says_client = is_exact && value.starts_with(br#""client""#);
        self.by_client = Some(says_client && self.by_client.unwrap_or(true));
    }

    /// Whether it searches among tools that are not in the body, or are described there only in part.
    pub(super) fn is_search_for_tools(self) -> bool {
        self.run == Run::ToolSearch && !self.is_of_client()
    }

    fn is_of_client(self) -> bool {
        match self.run {
            Run::Client => true,
            Run::ToolSearch => self.by_client == Some(true),
            Run::Provider | Run::Search => false,
        }
    }

    /// The provider runs it, and it may search.
    pub(super) fn runs_and_searches(&mut self) {
        self.run = Run::Search;
    }

    /// It has a `max_uses`, or a key that some read so; the text goes from its value on.
    pub(super) fn max_uses(&mut self, is_exact: bool, value: &[u8]) {
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit());
        let (number, rest) = value.split_at(digits.count());
        let ends = matches!(
            rest.first(),
            Some(b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n')
        );
        let number = str::from_utf8(number).ok().and_then(|n| n.parse().ok());
        // Relays that leave zeros out make of them a tool without a cap.
        match number.filter(|number| is_exact && ends && *number > 0) {
            Some(number) => self.most = self.most.max(Some(number)),
            None => self.is_unclear = true,
        }
    }

    /// How often the provider can run it, and the code that it runs.
    pub(super) fn uses(self) -> Uses {
        match self.capped() {
            Uses::AtMost(_) if self.runs_code => Uses::Unbounded,
            uses => uses,
        }
    }

    /// How often it can be used itself.
    fn capped(self) -> Uses {
        match self.most {
            _ if self.is_of_client() => Uses::None,
            Some(most) if !self.is_unclear => Uses::AtMost(most),
            _ => Uses::Unbounded,
        }
    }

    /// How often it can search.
    pub(super) fn searches(self) -> Uses {
        match self.run {
            Run::Search => self.capped(),
            Run::Client | Run::ToolSearch | Run::Provider => Uses::None,
        }
    }
}
