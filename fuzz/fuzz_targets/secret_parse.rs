//! What a client presents as a secret never panics, and is never given away by its hint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_policy::secret::{HashKey, PREFIX, Scheme, Secret};

fuzz_target!(|data: &[u8]| {
    // A secret from the data itself: the fuzzer would hardly find one with a good checksum.
    if let Some(entropy) = data.first_chunk::<32>() {
        let secret = Secret::native(entropy);
        assert_eq!(look(&secret), Scheme::Native);
        let read = Secret::parse(secret.reveal()).expect("a native secret reads back");
        let key = HashKey::new(*entropy);
        assert_eq!(read.hash(&key), secret.hash(&key));
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(secret) = Secret::parse(text) {
        assert_eq!(secret.reveal(), text);
        let native = look(&secret) == Scheme::Native;
        assert_eq!(native, text.starts_with(PREFIX));
    }
});

/// Does all that is done to a secret, and looks for it in what is shown.
fn look(secret: &Secret) -> Scheme {
    let hash = secret.hash(&HashKey::new([7; 32]));
    let text = secret.reveal();
    let hint = secret.hint();
    let body = text.strip_prefix(PREFIX).unwrap_or(text);
    // Any eight characters in a row are enough to search for, and too many to show.
    for part in body.as_bytes().windows(8) {
        let part = std::str::from_utf8(part).expect("secrets are ASCII");
        assert!(!hint.contains(part), "{part} is shown");
    }
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    assert_eq!(hash.scheme(), secret.scheme());
    hash.scheme()
}
