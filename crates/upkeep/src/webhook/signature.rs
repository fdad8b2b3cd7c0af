//! The signature of a delivery: HMAC-SHA256 over the moment of sending and the body.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Signs with one secret.
pub(super) struct Signer(Hmac<Sha256>);

impl Signer {
    /// `None` where the secret cannot be a key.
    pub(super) fn new(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// `t=<seconds>,v1=<hex>`, where the hex is the code of `<seconds>.<body>`.
    pub(super) fn header(&self, seconds: i64, body: &[u8]) -> String {
        let mut text = format!("t={seconds},v1=");
        let moment = format!("{seconds}.");
        for byte in self.code(&[moment.as_bytes(), body]) {
            // Writing into a text does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn code(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Test cases 1, 2, 6 and 7 of RFC 4231: keys shorter and longer than a block.
    #[test]
    fn codes_are_those_of_rfc_4231() {
        let long = [0xaa; 131];
        let cases: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &long,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &long,
                b"This is a test using a larger than block-size key and a larger than \
                  block-size data. The key needs to be hashed before being used by the HMAC \
                  algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, code) in cases {
            assert_eq!(hex(&Signer::new(key).unwrap().code(&[data])), code);
        }
    }

    #[test]
    fn the_moment_and_the_body_are_signed_with_a_dot_between_them() {
        let signer = Signer::new(b"0123456789abcdef").unwrap();
        let code = hex(&signer.code(&[b"1700000000.{}"]));
        let header = signer.header(1_700_000_000, b"{}");
        assert_eq!(header, format!("t=1700000000,v1={code}"));
    }
}
