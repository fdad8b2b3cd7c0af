//! A sentence with places for values.

/// A sentence with places for values, and fixed text around them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What is before the first place.
    pub(super) head: &'static str,
    /// Each place with what follows it.
    pub(super) places: Vec<(Place, &'static str)>,
}

/// A place for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) take: Take,
}

/// How a value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Take {
    /// `{name}`: as the section of this name says it, or as it is where there is no such section.
    Plain,
    /// `{name?}`: as the section of this name says it if it does, and else as it is.
    Perhaps,
    /// `{name-}`: by the text of `zh.ftl` whose name begins so and ends with the value.
    Name,
}

impl Pattern {
    /// Reads a pattern; `None` where a place is not closed.
    pub(super) fn read(text: &'static str) -> Option<Self> {
        let (head, mut rest) = text.split_once('{').unwrap_or((text, ""));
        let mut places = Vec::new();
        while !rest.is_empty() {
            let (name, more) = rest.split_once('}')?;
            let (after, next) = more.split_once('{').unwrap_or((more, ""));
            places.push((Place::read(name)?, after));
            rest = next;
        }
        Some(Self { head, places })
    }

    /// The values that make this text of the pattern. The time that it takes grows with the length
    /// of the text alone: each fixed part is looked for once, from where the last one ended.
    pub(super) fn values<'t>(&self, text: &'t str) -> Option<Vec<(&Place, &'t str)>> {
        let mut rest = text.strip_prefix(self.head)?;
        let Some(((last, end), before)) = self.places.split_last() else {
            return rest.is_empty().then(Vec::new);
        };
        rest = rest.strip_suffix(end)?;
        let mut values = Vec::with_capacity(self.places.len());
        for (place, after) in before {
            let (value, more) = rest.split_once(after)?;
            values.push((place, value));
            rest = more;
        }
        values.push((last, rest));
        Some(values)
    }

    /// Whether these values leave pairs of backticks as they are: what the pattern has between two
    /// has none itself, and elsewhere they are even. Only what people wrote can be otherwise.
    pub(super) fn is_plain(&self, values: &[(&Place, &str)]) -> bool {
        let before = std::iter::once(self.head).chain(self.places.iter().map(|(_, after)| *after));
        before.zip(values).all(|(before, (_, value))| {
            let quoted = before.ends_with('`');
            let marks = value.matches('`').count();
            marks == 0 || (!quoted && marks.is_multiple_of(2))
        })
    }

    /// How much of it is fixed, in bytes: of two patterns of a text, the longer one says more.
    pub(super) fn fixed(&self) -> usize {
        let after = self.places.iter().map(|(_, after)| after.len());
        self.head.len() + after.sum::<usize>()
    }
}

impl Place {
    fn read(text: &'static str) -> Option<Self> {
        let (name, take) = match (text.strip_suffix('?'), text.strip_suffix('-')) {
            (Some(name), _) => (name, Take::Perhaps),
            (_, Some(name)) => (name, Take::Name),
            _ => (text, Take::Plain),
        };
        let plain = !name.is_empty() && name.bytes().all(|one| one.is_ascii_lowercase());
        plain.then_some(Self { name, take })
    }
}
