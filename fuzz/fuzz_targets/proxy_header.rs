//! A PROXY protocol header is never read beyond its end, and does not depend on what follows it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_listen::proxy_header::{Header, parse};

fuzz_target!(|data: &[u8]| {
    match parse(data) {
        Ok(Header::Partial) => assert!(data.len() < 4096),
        Ok(Header::Complete { bytes, source }) => {
            let header = &data[..bytes];
            assert_eq!(parse(header), Ok(Header::Complete { bytes, source }));
            for end in 0..bytes {
                assert_eq!(parse(&data[..end]), Ok(Header::Partial));
            }
            if let Some(address) = source {
                assert_eq!(address, address.to_canonical());
            }
        }
        Err(_) => {
            let more = [data, b"\r\n"].concat();
            assert!(parse(&more).is_err());
        }
    }
});
