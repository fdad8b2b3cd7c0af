//! Where a client really is: the peer of the socket, unless it is a proxy that the operator trusts.

use std::net::{IpAddr, Ipv4Addr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use tollgate_policy::network::{Network, canonical};

/// The address of a client of which nothing is known: no allowlist has it but those that have all.
pub const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address in canonical form.
///
/// Behind trusted proxies it is the last address in `X-Forwarded-For`, or else in `Forwarded`, that
/// is not itself a trusted proxy: what stands further left may have been written by anybody.
/// An entry that is no address ends the search, and the proxy that wrote it stands for the client.
/// Where both headers are there and name different clients, it is [`NOBODY`]: a proxy writes one of
/// them, and may have let the other through as a stranger sent it.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let peer = canonical(peer);
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let client = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = hop else { break };
            client = address;
            if !is_trusted(client) {
                break;
            }
        }
        client
    };
    let forwarded_for = hops(headers, &X_FORWARDED_FOR, |line| {
        line.split(',').map(parse_hop).collect()
    });
    let forwarded = hops(headers, &FORWARDED, |line| {
        let elements = split_unquoted(line, ',').unwrap_or_default();
        let mut hops: Vec<_> = elements.into_iter().map(forwarded_for_parameter).collect();
        if hops.is_empty() {
            // What a stranger began to quote hides who passed it on.
            hops.push(Some(NOBODY));
        }
        hops
    });
    match (forwarded_for, forwarded) {
        (None, None) => peer,
        (Some(hops), None) | (None, Some(hops)) => client(hops),
        (Some(one), Some(other)) => {
            let (one, other) = (client(one), client(other));
            if one == other { one } else { NOBODY }
        }
    }
}

/// An address that a proxy wrote down; `None` where it cannot be read.
type Hop = Option<IpAddr>;

/// The hops that a header names, in the order in which they were passed; `None` where there is no
/// such header.
fn hops(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: impl Fn(&str) -> Vec<Hop>,
) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    for value in headers.get_all(name) {
        // A proxy may have appended to what a stranger wrote: only the entries with bytes that are
        // no text cannot be read.
        hops.extend(parse(&String::from_utf8_lossy(value.as_bytes())));
    }
    headers.contains_key(name).then_some(hops)
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239), which has it once.
fn forwarded_for_parameter(element: &str) -> Hop {
    let pairs = split_unquoted(element, ';')?;
    let mut named = pairs.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    });
    match (named.next(), named.next()) {
        (Some(value), None) => parse_hop(value.trim().trim_matches('"')),
        _ => None,
    }
}

/// The parts between separators that stand in no quoted string, which may have been written by a
/// stranger; `None` where such a string does not end.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c| {
        let is_literal = std::mem::take(&mut escaped);
        match c {
            '"' if !is_literal => quoted = !quoted,
            '\\' if quoted && !is_literal => escaped = true,
            _ => {}
        }
        c == separator && !quoted
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

/// `203.0.113.7`, `203.0.113.7:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(canonical(address));
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(canonical(address.ip()));
    }
    let bracketed = text.strip_prefix('[')?.strip_suffix(']')?;
    bracketed.parse().ok().map(canonical)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, headers: &[(&str, &str)], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            // As Latin-1, so that any byte can be sent.
            let bytes: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap()).collect();
            map.append(name, HeaderValue::from_bytes(&bytes).unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    const XFF: &str = "x-forwarded-for";

    #[test]
    fn nobody_is_believed_by_default() {
        for name in [XFF, "forwarded", "x-real-ip", "cf-connecting-ip"] {
            assert_eq!(
                seen("198.51.100.1", &[(name, "for=10.0.0.1")], &[]),
                "198.51.100.1"
            );
            assert_eq!(
                seen("198.51.100.1", &[(name, "10.0.0.1")], &["10.0.0.0/8"]),
                "198.51.100.1"
            );
        }
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_its_own_peer_only() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(
            seen(
                "10.0.0.1",
                &[(XFF, "1.1.1.1, 203.0.113.7, 10.0.0.2")],
                trusted
            ),
            "203.0.113.7"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &[(XFF, "1.1.1.1"), (XFF, "203.0.113.7")],
                trusted
            ),
            "203.0.113.7"
        );
        assert_eq!(
            seen("::ffff:10.0.0.1", &[(XFF, "::ffff:203.0.113.7")], trusted),
            "203.0.113.7"
        );
        assert_eq!(seen("10.0.0.1", &[], trusted), "10.0.0.1");
        assert_eq!(
            seen("10.0.0.1", &[("x-real-ip", "1.1.1.1")], trusted),
            "10.0.0.1"
        );
    }

    #[test]
    fn an_unreadable_hop_ends_the_search() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(
            seen("10.0.0.1", &[(XFF, "203.0.113.7, unknown")], trusted),
            "10.0.0.1"
        );
        assert_eq!(
            seen(
                "10.0.0.1",
                &[(XFF, "203.0.113.7, nonsense, 10.0.0.9")],
                trusted
            ),
            "10.0.0.9"
        );
    }

    #[test]
    fn two_headers_that_disagree_are_both_disbelieved() {
        let trusted = &["10.0.0.0/8"];
        let forged = [(XFF, "203.0.113.7"), ("forwarded", "for=198.51.100.1")];
        // Not even the proxy's own address, which an allowlist may have.
        assert_eq!(seen("10.0.0.1", &forged, trusted), "0.0.0.0");
        let agreed = [(XFF, "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(seen("10.0.0.1", &agreed, trusted), "198.51.100.1");
    }

    #[test]
    fn what_a_stranger_puts_in_quotes_names_no_hop() {
        let trusted = &["10.0.0.1"];
        for (value, expected) in [
            ("for=203.0.113.7;host=\"a,for=10.1.2.3\"", "203.0.113.7"),
            ("host=\"a;for=10.1.2.3\";for=203.0.113.7", "203.0.113.7"),
            ("host=\"a\\\",for=10.1.2.3\";for=203.0.113.7", "203.0.113.7"),
            // Nobody can tell what was meant.
            ("for=10.1.2.3;for=203.0.113.7", "10.0.0.1"),
            ("for=10.1.2.3;host=\"a, for=203.0.113.7", "0.0.0.0"),
            ("x=\", for=203.0.113.7", "0.0.0.0"),
            ("x=\", for=\"[2001:db8::1]\"", "0.0.0.0"),
        ] {
            assert_eq!(
                seen("10.0.0.1", &[("forwarded", value)], trusted),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_no_text_hides_no_other_hop() {
        let trusted = &["10.0.0.1"];
        for junk in ["\u{ff}", "\u{e2}", "\u{c2}\u{a0}", "caf\u{e9}"] {
            for (name, value, expected) in [
                (XFF, format!("{junk}, 203.0.113.7"), "203.0.113.7"),
                (XFF, format!("{junk},203.0.113.7"), "203.0.113.7"),
                (XFF, format!("10.1.2.3, 203.0.113.7{junk}x"), "10.0.0.1"),
                (
                    "forwarded",
                    format!("for={junk}, for=203.0.113.7"),
                    "203.0.113.7",
                ),
                (
                    "forwarded",
                    format!("host={junk};for=203.0.113.7"),
                    "203.0.113.7",
                ),
                ("forwarded", format!("for=\"{junk}, for=1.1.1.1"), "0.0.0.0"),
            ] {
                assert_eq!(
                    seen("10.0.0.1", &[(name, &value)], trusted),
                    expected,
                    "{value:?}"
                );
            }
        }
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        let trusted = &["10.0.0.0/8"];
        let value = "for=1.1.1.1, proto=https;For=\"[2001:db8::7]:4711\"";
        assert_eq!(
            seen("10.0.0.1", &[("forwarded", value)], trusted),
            "2001:db8::7"
        );
        assert_eq!(
            seen("10.0.0.1", &[("forwarded", "for=_hidden")], trusted),
            "10.0.0.1"
        );
        assert_eq!(
            seen("10.0.0.1", &[("forwarded", "for=203.0.113.7:80")], trusted),
            "203.0.113.7"
        );
    }
}
