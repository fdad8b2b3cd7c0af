//! The header of the PROXY protocol, versions 1 and 2, as a load balancer sends it before all else.
//!
//! Format: <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>. Pure: bytes in, an address
//! out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memchr;
use tollgate_policy::network::canonical;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const TEXT: &[u8] = b"PROXY ";
/// The longest line of version 1, its end included.
const LONGEST_LINE: usize = 107;
/// Version 2 allows 64 KiB of notes that nobody here reads.
const LONGEST: usize = 2048;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The beginning of a header: all of these bytes belong to it, and more.
    Partial,
    /// A header of this many bytes.
    Complete {
        /// Its length.
        bytes: usize,
        /// Who connected to the sender, in canonical form; `None` where the sender speaks for itself
        /// (`LOCAL`), or does not know (`UNKNOWN`, `UNSPEC`).
        source: Option<IpAddr>,
    },
}

/// The bytes do not begin with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no header of the PROXY protocol")]
pub struct NoHeader;

/// Reads a header at the beginning of the bytes.
///
/// # Errors
/// Where no header begins like this, or its length is out of bounds.
pub fn parse(bytes: &[u8]) -> Result<Header, NoHeader> {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
    if begins(SIGNATURE) {
        binary(bytes)
    } else if begins(TEXT) {
        text(bytes)
    } else {
        Err(NoHeader)
    }
}

fn text(bytes: &[u8]) -> Result<Header, NoHeader> {
    let Some(end) = memchr(b'\n', bytes) else {
        let room = bytes.len() < LONGEST_LINE;
        return room.then_some(Header::Partial).ok_or(NoHeader);
    };
    let line = bytes.get(..end).and_then(|line| line.strip_suffix(b"\r"));
    let line = line.filter(|_| end < LONGEST_LINE).ok_or(NoHeader)?;
    let line = std::str::from_utf8(line).map_err(|_| NoHeader)?;
    Ok(Header::Complete {
        bytes: end + 1,
        source: source_of(line)?,
    })
}

fn source_of(line: &str) -> Result<Option<IpAddr>, NoHeader> {
    let words: Vec<&str> = line.split(' ').collect();
    let port = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let unpadded = text == "0" || !text.starts_with('0');
        plain && unpadded && text.parse::<u16>().is_ok()
    };
    match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family, from, to, near, far] if port(near) && port(far) => {
            let both = match *family {
                "TCP4" => both::<Ipv4Addr>(from, to),
                "TCP6" => both::<Ipv6Addr>(from, to),
                _ => None,
            };
            both.map(|source| Some(canonical(source))).ok_or(NoHeader)
        }
        _ => Err(NoHeader),
    }
}

/// The first of two addresses, if both are.
fn both<A: std::str::FromStr + Into<IpAddr>>(from: &str, to: &str) -> Option<IpAddr> {
    let to: Option<A> = to.parse().ok();
    let from: A = from.parse().ok()?;
    to.map(|_| from.into())
}

fn binary(bytes: &[u8]) -> Result<Header, NoHeader> {
    let Some((head, rest)) = bytes.split_at_checked(16) else {
        return Ok(Header::Partial);
    };
    let [.., command, family, high, low] = head else {
        return Err(NoHeader);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > LONGEST {
        return Err(NoHeader);
    }
    let local = match command {
        0x20 => true,
        0x21 => false,
        _ => return Err(NoHeader),
    };
    let Some(content) = rest.get(..length) else {
        return Ok(Header::Partial);
    };
    let source = match (local, *family) {
        (true, _) | (false, 0x00 | 0x31) => None,
        (false, 0x11) => Some(address::<4, 12>(content)?),
        (false, 0x21) => Some(address::<16, 36>(content)?),
        (false, _) => return Err(NoHeader),
    };
    Ok(Header::Complete {
        bytes: 16 + length,
        source,
    })
}

/// The source in front of the destination and the ports, which have to be there.
fn address<const LENGTH: usize, const ALL: usize>(content: &[u8]) -> Result<IpAddr, NoHeader>
where
    [u8; LENGTH]: Into<IpAddr>,
{
    let all = content.first_chunk::<ALL>().ok_or(NoHeader)?;
    let source = all.first_chunk::<LENGTH>().ok_or(NoHeader)?;
    Ok(canonical((*source).into()))
}

#[cfg(test)]
mod tests;
