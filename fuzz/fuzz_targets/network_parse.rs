//! Reading a network never panics, reads back from its text, and contains its own address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use tollgate_policy::network::{Network, NetworkError, canonical};

fuzz_target!(|data: (&str, [u8; 16], bool)| {
    let (text, bytes, short) = data;
    let [a, b, c, d, ..] = bytes;
    let address = if short {
        IpAddr::from([a, b, c, d])
    } else {
        IpAddr::from(bytes)
    };
    let address = canonical(address);
    match Network::parse(text) {
        Ok(network) => {
            let shown = network.to_string();
            assert_eq!(Network::parse(&shown), Ok(network), "{shown}");
            let (own, _) = shown
                .split_once('/')
                .expect("a network shows its prefix length");
            let own: IpAddr = own.parse().expect("a network shows its address");
            assert!(network.contains(own), "{shown}");
            if network.contains(address) {
                assert_eq!(address.is_ipv4(), own.is_ipv4(), "{shown} {address}");
            }
        }
        // What the message proposes must be accepted.
        Err(NetworkError::HostBits { network, .. }) => {
            assert_eq!(Network::parse(&network.to_string()), Ok(network));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let single: Network = address
        .to_string()
        .parse()
        .expect("an address is a network of one");
    assert!(single.contains(address));
});
