//! Which addresses an upstream may have, so that nobody reaches what only this machine can see.
//!
//! Sources: the IANA special-purpose registries of IPv4 and IPv6 addresses, RFC 6052 (NAT64), RFC 3056
//! (6to4), RFC 4380 (Teredo), and the metadata addresses that cloud providers document.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an address reaches, and so who may be sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Global unicast.
    Global,
    /// This machine or a private network; only where an operator opted in.
    Private,
    /// Never: no host, many hosts, the link, or a cloud's metadata.
    Never,
}

/// Whether an upstream may have this address: a global one, or one of a private network (loopback
/// among them) where `private` networks are opted in.
///
/// Addresses that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo) are judged by it.
pub fn allowed(address: IpAddr, private: bool) -> bool {
    let reach = match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    };
    match reach {
        Reach::Global => true,
        Reach::Private => private,
        Reach::Never => false,
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Metadata of Alibaba Cloud and of Azure, inside ranges that are otherwise usable.
        [100, 100, 100, 200] | [168, 63, 129, 16] => Reach::Never,
        // This network, link-local with the metadata of most clouds, protocol assignments,
        // documentation, the old 6to4 relays, multicast, reserved and broadcast.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Reach::Never,
        // Loopback, private use, carriers' shared space, benchmarking.
        [10 | 127, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        | [100, 64..=127, ..]
        | [198, 18..=19, ..] => Reach::Private,
        _ => Reach::Global,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return reach_v4(mapped);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // NAT64 with the well-known prefix.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => reach_v4(v4(high, low)),
        // 6to4.
        [0x2002, high, low, ..] => reach_v4(v4(high, low)),
        // Teredo: the server, and the client with its bits inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            reach_v4(v4(server_high, server_low)).max(reach_v4(v4(!high, !low)))
        }
        // Protocol assignments, documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Never,
        // Metadata of AWS, Google Cloud, Oracle, Scaleway, Akamai and Alibaba, inside unique local
        // addresses.
        [0xfd00, 0xec2, ..]
        | [0xfd20, 0xce, ..]
        | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42]
        | [0xfd00, 0xa9fe, 0xa9fe, ..]
        | [0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200] => Reach::Never,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        [0x2000..=0x3fff, ..] => Reach::Global,
        // Unspecified, link-local, site-local, multicast, local NAT64, and what nobody assigned.
        _ => Reach::Never,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests;
