//! The first line of a request: `METHOD SP target SP HTTP/1.x`.

use memchr::{memchr, memchr2};

use super::bytes::{METHOD, TARGET, all};
use crate::rejected::Reason;

/// What the head needs to know of its first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestLine {
    /// HTTP/1.0.
    pub(super) old: bool,
    /// Where the host of an absolute target stands in the line.
    pub(super) authority: Option<(usize, usize)>,
}

/// Methods are short; this is far more than any that is registered.
const LONGEST_METHOD: usize = 32;

impl RequestLine {
    /// Reads a line without its end.
    pub(super) fn read(line: &[u8]) -> Result<Self, Reason> {
        let malformed =
            Reason::Malformed("the request line must be a method, a target and HTTP/1.1");
        let space = memchr(b' ', line).ok_or(malformed)?;
        let (method, rest) = line.split_at(space);
        check_method(method)?;
        let rest = rest.get(1..).unwrap_or_default();
        let (target, version) = rest.split_at(memchr(b' ', rest).ok_or(malformed)?);
        let old = match version {
            b" HTTP/1.1" => false,
            b" HTTP/1.0" => true,
            _ => return Err(malformed),
        };
        let authority = check_target(method, target)?;
        let behind = space + 1;
        Ok(Self {
            old,
            authority: authority.map(|(from, to)| (from + behind, to + behind)),
        })
    }
}

/// Refuses a line that is not complete as soon as it cannot become one.
pub(super) fn check_beginning(line: &[u8]) -> Result<(), Reason> {
    let method = memchr2(b' ', b'\r', line).and_then(|end| line.get(..end));
    check_method_so_far(method.unwrap_or(line))
}

/// The path in the first line of a head that may be anything, without its query.
pub fn path(head: &[u8]) -> Option<&str> {
    let head = head.strip_prefix(b"\r\n").unwrap_or(head);
    let line = head.get(..memchr2(b'\r', b'\n', head)?)?;
    let mut parts = line.split(|byte| *byte == b' ');
    let target = parts.nth(1)?;
    let target = match scheme(target) {
        0 => target,
        length => {
            let rest = target.get(length..)?;
            rest.get(memchr(b'/', rest)?..)?
        }
    };
    let path = target.get(..memchr(b'?', target).unwrap_or(target.len()))?;
    let visible = path.starts_with(b"/") && path.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(path).ok().filter(|_| visible)
}

fn check_method(method: &[u8]) -> Result<(), Reason> {
    if method.is_empty() {
        return Err(Reason::Malformed("the method is missing"));
    }
    check_method_so_far(method)?;
    if method == b"TRACE" || method == b"CONNECT" {
        return Err(Reason::Method);
    }
    Ok(())
}

fn check_method_so_far(method: &[u8]) -> Result<(), Reason> {
    if method.len() > LONGEST_METHOD || !all(method, METHOD) {
        return Err(Reason::Malformed("the method must be a word in upper case"));
    }
    Ok(())
}

/// The place of the authority, where the target has one.
fn check_target(method: &[u8], target: &[u8]) -> Result<Option<(usize, usize)>, Reason> {
    if !all(target, TARGET) {
        return Err(Reason::Malformed(
            "the request target has a byte that must be percent-encoded",
        ));
    }
    if target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") {
        return Ok(None);
    }
    let from = scheme(target);
    if from == 0 {
        return Err(Reason::Malformed("the request target must be a path"));
    }
    let rest = target.get(from..).unwrap_or_default();
    let length = memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    Ok(Some((from, from + length)))
}

/// The length of `http://` or `https://` in front of the target, in any case; else zero.
fn scheme(target: &[u8]) -> usize {
    let begins = |with: &[u8]| {
        let front = target.get(..with.len());
        front.is_some_and(|front| front.eq_ignore_ascii_case(with))
    };
    match target.first() {
        Some(b'h' | b'H') if begins(b"http://") => 7,
        Some(b'h' | b'H') if begins(b"https://") => 8,
        _ => 0,
    }
}
