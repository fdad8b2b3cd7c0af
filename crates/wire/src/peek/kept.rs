//! What upstreams keep of responses: whether this one is kept, and which one it goes on from.

use std::borrow::Cow;

use super::members::{Deciding, Members, string};

/// What a body asks to be kept, or refers to as kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Whether the answer may be made in the background, so that the call ends before it is known
    /// what it used. What cannot be told for sure counts as yes.
    pub background: bool,
    /// Whether the client wants nothing kept of the response. It is kept unless it says so.
    pub unkept: bool,
    /// The response that this one goes on from.
    pub previous: Previous<'a>,
}

/// The response that another one goes on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Previous<'a> {
    /// None is named.
    #[default]
    None,
    /// This one.
    Id(Cow<'a, str>),
    /// What is there is no text.
    Unreadable,
}

impl<'a> Kept<'a> {
    pub(super) fn read(members: &Members<'a>) -> Self {
        let background = members.get(Deciding::Background);
        let previous = match members.get(Deciding::PreviousResponse) {
            None | Some("null") => Previous::None,
            Some(raw) => string(raw).map_or(Previous::Unreadable, Previous::Id),
        };
        Self {
            background: !matches!(background, None | Some("false" | "null")),
            unkept: members.get(Deciding::Store) == Some("false"),
            previous,
        }
    }

    pub(super) fn into_owned(self) -> Kept<'static> {
        Kept {
            background: self.background,
            unkept: self.unkept,
            previous: match self.previous {
                Previous::None => Previous::None,
                Previous::Id(id) => Previous::Id(Cow::Owned(id.into_owned())),
                Previous::Unreadable => Previous::Unreadable,
            },
        }
    }
}

#[cfg(test)]
mod tests;
