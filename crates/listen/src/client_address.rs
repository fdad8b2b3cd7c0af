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
    let forwarded_for = hops(headers, &X_FORWARDED_FOR, parse_hop);
    let forwarded = hops(headers, &FORWARDED, |element| {
        parse_hop(forwarded_for_parameter(element)?)
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

/// The hops that a header names, in the order in which they were passed; `None` where one cannot be
/// read, and for the whole where there is no such header.
fn hops(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: impl Fn(&str) -> Option<IpAddr>,
) -> Option<Vec<Option<IpAddr>>> {
    let mut hops = Vec::new();
    for value in headers.get_all(name) {
        match value.to_str() {
            Ok(line) => hops.extend(line.split(',').map(&parse)),
            Err(_) => hops.push(None),
        }
    }
    headers.contains_key(name).then_some(hops)
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239).
fn forwarded_for_parameter(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then(|| value.trim().trim_matches('"'))
    })
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
    use super::*;

    fn seen(peer: &str, headers: &[(&str, &str)], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
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
