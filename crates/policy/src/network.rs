//! Networks from which a token may be used. An IPv4 address mapped into IPv6 is that IPv4 address.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::{IpNetwork, Ipv4Network};

/// Why a text is not accepted as a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Neither an address nor an address and a prefix length.
    #[error("`{0}` is no address or network: write `203.0.113.7`, `10.0.0.0/8` or `2001:db8::/32`")]
    Form(String),
    /// Bits beyond the prefix length are set, so it is unclear what was meant.
    #[error(
        "`{seen}` has bits set beyond its prefix length: write `{network}` for the whole network"
    )]
    HostBits {
        /// The text as it was written.
        seen: String,
        /// The network that the prefix length describes.
        network: Network,
    },
}

/// One network of addresses, IPv4 or IPv6; a single address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNetwork);

impl Network {
    /// Reads `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32` or the mapped form `::ffff:10.0.0.0/104`.
    ///
    /// # Errors
    /// Where the text is no network, or has bits set beyond its prefix length.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let form = || NetworkError::Form(text.chars().take(60).collect());
        // A netmask such as `/255.0.0.0` is accepted by the library, and by nobody else.
        if let Some((_, length)) = text.split_once('/')
            && (length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(form());
        }
        let written: IpNetwork = text.parse().map_err(|_| form())?;
        let network = Self(unmapped(written));
        if written.ip() != written.network() {
            let network = Self(unmapped(
                IpNetwork::new(written.network(), written.prefix()).map_err(|_| form())?,
            ));
            let seen = text.chars().take(60).collect();
            return Err(NetworkError::HostBits { seen, network });
        }
        Ok(network)
    }

    /// Whether the address belongs to the network. Pass an address through [`canonical`] first.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(address)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        Self::parse(text)
    }
}

/// The address itself, or the IPv4 address that is mapped into it (`::ffff:a.b.c.d`).
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// A network of mapped addresses as the IPv4 network that it stands for.
fn unmapped(network: IpNetwork) -> IpNetwork {
    let IpNetwork::V6(v6) = network else {
        return network;
    };
    let [.., a, b] = v6.network().segments();
    let mapped = v6.prefix() >= 96 && v6.network().to_ipv4_mapped().is_some();
    let [w, x] = a.to_be_bytes();
    let [y, z] = b.to_be_bytes();
    let v4 = Ipv4Network::new(Ipv4Addr::new(w, x, y, z), v6.prefix().saturating_sub(96));
    match (mapped, v4) {
        (true, Ok(v4)) => IpNetwork::V4(v4),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv6Addr;

    fn contains(network: &str, address: &str) -> bool {
        let address = canonical(address.parse().unwrap());
        Network::parse(network).unwrap().contains(address)
    }

    proptest! {
        #[test]
        fn ipv4_matching_agrees_with_comparing_bits(net: u32, length in 0u32..=32, address: u32, near: bool) {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let address = if near { (net & mask) | (address & !mask) } else { address };
            let network = format!("{}/{length}", Ipv4Addr::from(net & mask));
            let expected = address & mask == net & mask;
            let plain = Ipv4Addr::from(address);
            prop_assert_eq!(contains(&network, &plain.to_string()), expected);
            prop_assert_eq!(contains(&network, &plain.to_ipv6_mapped().to_string()), expected);
            let mapped = format!("{}/{}", Ipv4Addr::from(net & mask).to_ipv6_mapped(), length + 96);
            prop_assert_eq!(Network::parse(&mapped), Network::parse(&network));
        }

        #[test]
        fn ipv6_matching_agrees_with_comparing_bits(net: u128, length in 0u32..=128, address: u128, near: bool) {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            let address = if near { (net & mask) | (address & !mask) } else { address };
            let ip = Ipv6Addr::from(address);
            prop_assume!(ip.to_ipv4_mapped().is_none());
            prop_assume!(Ipv6Addr::from(net & mask).to_ipv4_mapped().is_none());
            let network = format!("{}/{length}", Ipv6Addr::from(net & mask));
            prop_assert_eq!(contains(&network, &ip.to_string()), address & mask == net & mask);
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = Network::parse(&text);
        }
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        assert!(contains("203.0.113.7", "203.0.113.7"));
        assert!(!contains("203.0.113.7", "203.0.113.8"));
        assert!(contains("203.0.113.7", "::ffff:203.0.113.7"));
    }

    #[test]
    fn all_of_ipv6_does_not_mean_ipv4() {
        assert!(contains("::/0", "2001:db8::1"));
        assert!(!contains("::/0", "203.0.113.7") && !contains("::/0", "::ffff:203.0.113.7"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
    }

    #[test]
    fn what_is_unclear_is_refused_with_what_was_probably_meant() {
        let error = Network::parse("192.168.1.5/24").unwrap_err().to_string();
        assert!(error.contains("write `192.168.1.0/24`"), "{error}");
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/255.0.0.0",
            "010.0.0.1",
            "fe80::1%eth0",
            "host",
            "1.2.3.4/",
        ] {
            assert!(
                matches!(Network::parse(text), Err(NetworkError::Form(_))),
                "{text}"
            );
        }
    }
}
