//! Files with one key: 64 hexadecimal digits, for their owner alone. What a key is for is not known.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::{KeyError, fill};

/// 64 hexadecimal digits and a line end; anything much longer is another file.
const LONGEST: u64 = 80;

/// Reads a key.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |source| failure(path, source);
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(KeyError::Exposed { path, mode });
    }
    let mut text = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut text).map_err(failed)?;
    from_hex(text.trim_ascii_end()).ok_or_else(|| KeyError::Form {
        path: path.to_owned(),
    })
}

/// Writes a new random key with mode 0600; never in place of another file.
pub(crate) fn create(path: &Path) -> Result<(), KeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    fill(&mut *bytes)?;
    let failed = |source| failure(path, source);
    // The key appears under its name only when it is whole, so that no reader sees a part of it.
    let mut number = [0; 8];
    fill(&mut number)?;
    let draft = path.with_extension(format!("draft-{:x}", u64::from_ne_bytes(number)));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    let written = writeln!(file, "{}", *to_hex(&bytes)).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft).map_err(failed)?;
    linked.map_err(failed)
}

fn failure(path: &Path, source: std::io::Error) -> KeyError {
    let path = path.to_owned();
    KeyError::File { path, source }
}

fn to_hex(bytes: &[u8; 32]) -> Zeroizing<String> {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let pair = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    let mut text = Zeroizing::new(String::with_capacity(64));
    text.extend(bytes.iter().flat_map(pair));
    text
}

fn from_hex(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != key.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(nibble(*high)? * 16 + nibble(*low)?).ok()?;
    }
    Some(key)
}
