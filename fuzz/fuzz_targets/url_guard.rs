//! No address of an upstream leads to this machine or its network unless private networks were opted
//! in, or to a cloud's metadata at all, however it is spelled.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tollgate_connect::{Destination, Options, address, url};

fuzz_target!(|data: (&str, [u8; 16])| {
    let (text, bytes) = data;
    let v6 = Ipv6Addr::from(bytes);
    let [a, b, c, d, ..] = bytes;
    let v4 = Ipv4Addr::new(a, b, c, d);
    for found in [IpAddr::from(v4), IpAddr::from(v6), v6.to_canonical()] {
        judged(found);
    }
    // An address inside another one is judged alike.
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    for carrier in [
        v4.to_ipv6_mapped(),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
    ] {
        for private in [false, true] {
            let inner = address::allowed(v4.into(), private);
            assert_eq!(
                address::allowed(carrier.into(), private),
                inner,
                "{carrier}"
            );
        }
    }
    let Ok(parsed) = ::url::Url::parse(text) else {
        return;
    };
    for private in [false, true] {
        if url::check(&parsed, private).is_err() {
            continue;
        }
        assert!(matches!(parsed.scheme(), "http" | "https"), "{parsed}");
        assert!(parsed.username().is_empty() && parsed.password().is_none());
        // What passes without the opt-in passes with it.
        assert_eq!(url::check(&parsed, true), Ok(()), "{parsed}");
        match parsed.host() {
            Some(::url::Host::Ipv4(found)) => assert!(address::allowed(found.into(), private)),
            Some(::url::Host::Ipv6(found)) => assert!(address::allowed(found.into(), private)),
            Some(::url::Host::Domain(name)) => assert!(private || name != "localhost"),
            None => panic!("{parsed} has no host"),
        }
        let options = Options {
            private,
            ..Options::default()
        };
        // A destination may refuse more, but never panics.
        let _ = Destination::new(&parsed, options);
    }
});

fn judged(found: IpAddr) {
    let is_local = match found {
        IpAddr::V4(found) => {
            found.is_private()
                || found.is_loopback()
                || found.is_link_local()
                || found.is_broadcast()
        }
        IpAddr::V6(found) => {
            found.is_loopback() || found.is_unique_local() || found.is_unicast_link_local()
        }
    };
    let is_no_host = found.is_unspecified() || found.is_multicast();
    if is_local || is_no_host {
        assert!(!address::allowed(found, false), "{found}");
    }
    if is_no_host {
        assert!(!address::allowed(found, true), "{found}");
    }
    assert!(
        !address::allowed(found, false) || address::allowed(found, true),
        "{found}"
    );
}
