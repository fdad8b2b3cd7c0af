//! The head of a part: which field it is, and whether everybody reads it alike.

use super::FormError;
use super::fields::Known;

/// What a head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) field: Field,
    /// It has the name of a file.
    pub(super) is_file: bool,
    /// The character set that it names is not UTF-8.
    pub(super) is_foreign: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// One whose value decides something.
    Read(Known),
    Other,
}

const MOST_LINES: usize = 16;

impl Head {
    /// Reads the lines of a head, without the empty one.
    pub(super) fn read(lines: &[u8]) -> Result<Self, FormError> {
        let text = str::from_utf8(lines).map_err(|_| FormError::Head)?;
        if text.split("\r\n").count() > MOST_LINES {
            return Err(FormError::HeadTooLong);
        }
        let (mut disposition, mut kind) = (None, None);
        for line in text.split("\r\n") {
            let (name, value) = header(line).ok_or(FormError::Head)?;
            let slot = match name.to_ascii_lowercase().as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut kind,
                "content-transfer-encoding" if is_plain(value) => continue,
                "content-transfer-encoding" => return Err(FormError::Head),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(FormError::Head);
            }
        }
        let disposition = disposition.and_then(Disposition::read);
        let disposition = disposition.ok_or(FormError::Head)?;
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        // A form in a form is a list of files to some readers. The field `_charset_` changes how
        // some read all others.
        if kind.starts_with("multipart/") || disposition.name.eq_ignore_ascii_case("_charset_") {
            return Err(FormError::Head);
        }
        let field = match Known::find(disposition.name)? {
            Some(known) if disposition.is_file => return Err(FormError::File(known.name())),
            Some(known) => Field::Read(known),
            None => Field::Other,
        };
        Ok(Self {
            field,
            is_file: disposition.is_file,
            is_foreign: kind
                .split_once("charset=")
                .is_some_and(|(_, set)| !set.trim_matches('"').starts_with("utf-8")),
        })
    }
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_text = |c: char| !c.is_control() || c == '\t';
    let fits = !name.is_empty() && name.bytes().all(is_name) && value.chars().all(is_text);
    fits.then(|| (name, value.trim()))
}

/// Whether the encoding leaves the bytes as they are.
fn is_plain(encoding: &str) -> bool {
    ["7bit", "8bit", "binary"]
        .iter()
        .any(|plain| plain.eq_ignore_ascii_case(encoding))
}

struct Disposition<'a> {
    name: &'a str,
    is_file: bool,
}

impl<'a> Disposition<'a> {
    fn read(value: &'a str) -> Option<Self> {
        let (kind, mut rest) = value.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return None;
        }
        let (mut name, mut file, mut long_file) = (None, false, false);
        while !rest.trim().is_empty() {
            let (key, text, after) = parameter(rest)?;
            match key.to_ascii_lowercase().as_str() {
                "name" if name.replace(text).is_none() => {}
                "filename" if !std::mem::replace(&mut file, true) => {}
                "filename*" if !std::mem::replace(&mut long_file, true) => {}
                "name" | "name*" | "filename" | "filename*" => return None,
                _ => {}
            }
            rest = after;
        }
        // Names with escapes are other names to those who decode them.
        let name = name.filter(|name| !name.is_empty() && name.bytes().all(is_name))?;
        Some(Self {
            name,
            is_file: file || long_file,
        })
    }
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'%' | b'"')
}

/// A parameter, and what follows its semicolon. None where readers that know escapes see another
/// end of a quoted value than those that do not.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (key, value) = text.split_once('=')?;
    let key = key.trim();
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => {
            let (inner, rest) = quoted.split_once('"')?;
            let slashes = inner
                .bytes()
                .rev()
                .take_while(|byte| *byte == b'\\')
                .count();
            if !slashes.is_multiple_of(2) {
                return None;
            }
            (inner, rest.trim_start())
        }
        None => {
            let end = value.find(';').unwrap_or(value.len());
            let (value, rest) = value.split_at_checked(end)?;
            let value = value.trim_end();
            let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '\\');
            if value.is_empty() || value.contains(odd) {
                return None;
            }
            (value, rest)
        }
    };
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'*' || byte == b'-');
    let after = match rest.strip_prefix(';') {
        Some(after) => after,
        None if rest.is_empty() => rest,
        None => return None,
    };
    is_key.then_some((key, value, after))
}
