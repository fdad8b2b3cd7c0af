//! The two languages: texts by name, from the files below `text/`.

mod said;

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

pub(crate) use self::said::Part;

type Bundle = FluentBundle<FluentResource>;

const ENGLISH: &str = include_str!("../text/en.ftl");
const CHINESE: &str = include_str!("../text/zh.ftl");

static ENGLISH_TEXTS: LazyLock<Bundle> = LazyLock::new(|| bundle(langid!("en"), ENGLISH));
static CHINESE_TEXTS: LazyLock<Bundle> = LazyLock::new(|| bundle(langid!("zh-CN"), CHINESE));

/// A language, to say things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    English,
    Chinese,
}

impl Say {
    /// What somebody chose, or else the first that their browser accepts and we know.
    pub(crate) fn choose(chosen: Option<&str>, accepted: &str) -> Self {
        let named = |tag: &str| {
            let tag = tag.trim().to_ascii_lowercase();
            let language = tag.split(['-', ';']).next().unwrap_or_default().to_owned();
            match language.as_str() {
                "en" => Some(Self::English),
                "zh" => Some(Self::Chinese),
                _ => None,
            }
        };
        let first = || accepted.split(',').find_map(named);
        chosen
            .and_then(named)
            .or_else(first)
            .unwrap_or(Self::English)
    }

    /// The tag of the language.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The text of this name.
    pub(crate) fn t(self, id: &str) -> String {
        self.format(id, None)
    }

    /// The text of this name, with one value in it.
    pub(crate) fn with<'a>(
        self,
        id: &str,
        name: &'a str,
        value: impl Into<FluentValue<'a>>,
    ) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value);
        self.format(id, Some(&arguments))
    }

    /// The text of something that has a stable name elsewhere, such as a status; the name itself
    /// where nobody wrote a text.
    pub(crate) fn name_of(self, kind: &str, name: &str) -> String {
        self.named(kind, name).unwrap_or_else(|| name.to_owned())
    }

    fn named(self, kind: &str, name: &str) -> Option<String> {
        let id = format!("{kind}-{}", name.replace(['_', '.', ' '], "-"));
        self.bundle().has_message(&id).then(|| self.t(&id))
    }

    fn format(self, id: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let pattern = bundle.get_message(id).and_then(|one| one.value());
        let Some(pattern) = pattern else {
            return id.to_owned();
        };
        let mut errors = Vec::new();
        bundle
            .format_pattern(pattern, arguments, &mut errors)
            .into_owned()
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::English => &ENGLISH_TEXTS,
            Self::Chinese => &CHINESE_TEXTS,
        }
    }
}

fn bundle(language: LanguageIdentifier, text: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Pages say by themselves which way a foreign text runs.
    bundle.set_use_isolating(false);
    // What cannot be read is left out; a test holds that there is no such line.
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests;
