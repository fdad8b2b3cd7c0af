use std::net::IpAddr;

use super::allowed;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn global_addresses_are_allowed() {
    for text in [
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::1",
        // Teredo, server 65.54.227.120, client 192.0.1.1 inverted.
        "2001:0:4136:e378:8000:63bf:3fff:fefe",
    ] {
        assert!(allowed(address(text), false), "{text}");
        assert!(allowed(address(text), true), "{text}");
    }
}

#[test]
fn private_addresses_need_the_opt_in() {
    for text in [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "198.18.0.1",
        "::1",
        "fc00::1",
        "fdff::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::192.168.0.1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ] {
        assert!(!allowed(address(text), false), "{text}");
        assert!(allowed(address(text), true), "{text}");
    }
}

#[test]
fn some_addresses_are_never_allowed() {
    for text in [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::169.254.169.254",
        "::1.1.1.1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fd00:42::42",
        "fd00:a9fe:a9fe::1",
        "fd00:100::100:200",
        "100::1",
        "2001:db8::1",
        "2001:2::1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "64:ff9b:1::1.1.1.1",
        "::ffff:169.254.169.254",
        "::ffff:0:169.254.169.254",
        "::ffff:0.0.0.0",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::",
        // Teredo by a link-local server, and to a link-local client.
        "2001:0:a9fe:a9fe:8000:63bf:3fff:fefe",
        "2001:0:4136:e378:8000:63bf:5601:5601",
    ] {
        assert!(!allowed(address(text), false), "{text}");
        assert!(!allowed(address(text), true), "{text}");
    }
}
