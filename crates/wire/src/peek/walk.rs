//! One pass over a body: whether it is JSON, the members of its outermost object that decide
//! something, and its features.

use super::features::{Features, Scan};
use super::members::{Deciding, Members, string};
use super::tokens::{self, Quoted};
use crate::body::Gap;

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A member of an object, which may also end.
    FirstMember,
    Member,
    /// An item of an array, which may also end.
    FirstItem,
    Value,
    /// A comma, or the end of what is open.
    Comma,
}

/// What a body says. None where it is not one JSON object, or nests too deep: why not, is found out
/// elsewhere. None, too, where one of the gaps is not in a string, or in one that says something.
pub(super) fn walk<'a>(text: &'a str, gaps: &[Gap]) -> Option<(Members<'a>, Features)> {
    let body = text.as_bytes();
    let mut walk = Walk {
        text,
        rest: tokens::past_space(body).strip_prefix(b"{")?,
        scan: Scan::new(),
        members: Members::default(),
        deciding: None,
        gaps,
    };
    walk.scan.open(true)?;
    let mut next = Next::FirstMember;
    while walk.scan.depth() > 0 {
        next = walk.step(next)?;
    }
    let is_end = tokens::past_space(walk.rest).is_empty() && walk.gaps.is_empty();
    is_end.then_some((walk.members, walk.scan.features()))
}

struct Walk<'a, 'g> {
    text: &'a str,
    rest: &'a [u8],
    scan: Scan,
    members: Members<'a>,
    /// The member of the outermost object that is being read, and where its value begins.
    deciding: Option<(Deciding, usize)>,
    /// The gaps that are still to come.
    gaps: &'g [Gap],
}

impl<'a> Walk<'a, '_> {
    fn step(&mut self, next: Next) -> Option<Next> {
        self.rest = tokens::past_space(self.rest);
        let (byte, after) = self.rest.split_first()?;
        match (next, byte) {
            (Next::FirstMember | Next::Member, b'"') => {
                self.rest = after;
                self.key()?;
                Some(Next::Value)
            }
            (Next::Comma, b',') => {
                self.rest = after;
                let in_object = self.scan.in_object();
                Some(if in_object { Next::Member } else { Next::Value })
            }
            (Next::FirstMember, b'}') | (Next::FirstItem, b']') => Some(self.close(after)),
            (Next::Comma, b'}' | b']') if self.scan.in_object() == (*byte == b'}') => {
                Some(self.close(after))
            }
            (Next::FirstItem | Next::Value, _) => self.value(*byte, after),
            _ => None,
        }
    }

    fn key(&mut self) -> Option<()> {
        let start = self.offset();
        let (key, after) = tokens::string(self.rest)?;
        self.rest = tokens::past_space(tokens::past_space(after).strip_prefix(b":")?);
        self.scan.key(key, self.rest);
        if self.scan.depth() == 1 {
            let end = start.checked_add(key.text.len())?;
            let known = if key.is_plain {
                self.members.key(self.text.get(start..end)?)
            } else {
                let quoted = self.text.get(start.checked_sub(1)?..end.checked_add(1)?)?;
                self.members.key(&string(quoted)?)
            };
            self.deciding = known.map(|known| (known, self.offset()));
        }
        Some(())
    }

    fn value(&mut self, byte: u8, after: &'a [u8]) -> Option<Next> {
        match byte {
            b'{' | b'[' => {
                self.rest = after;
                self.scan.open(byte == b'{')?;
                let is_object = byte == b'{';
                return Some(if is_object {
                    Next::FirstMember
                } else {
                    Next::FirstItem
                });
            }
            b'"' => {
                let (value, after) = tokens::string(after)?;
                self.rest = after;
                self.pass_gaps(value)?;
                self.scan.value(value);
            }
            _ => self.rest = tokens::scalar(self.rest)?,
        }
        self.ended();
        Some(Next::Comma)
    }

    /// The gaps up to the end of a string that was just read; none where one of them is elsewhere.
    fn pass_gaps(&mut self, value: Quoted<'_>) -> Option<()> {
        while let Some((gap, others)) = self.gaps.split_first() {
            let end = self.offset();
            if gap.at >= end {
                break;
            }
            // The quote that closes it has its place as well.
            let start = end.checked_sub(value.text.len())?.checked_sub(1)?;
            let says_something = self.deciding.is_some() || self.scan.heeds_string();
            if gap.at < start || says_something {
                return None;
            }
            self.gaps = others;
        }
        Some(())
    }

    fn close(&mut self, after: &'a [u8]) -> Next {
        self.rest = after;
        self.scan.close();
        self.ended();
        Next::Comma
    }

    /// A value has ended.
    fn ended(&mut self) {
        if self.scan.depth() == 1
            && let Some((known, start)) = self.deciding.take()
            && let Some(value) = self.text.get(start..self.offset())
        {
            self.members.set(known, value);
        }
    }

    fn offset(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }
}

#[cfg(test)]
mod tests;
