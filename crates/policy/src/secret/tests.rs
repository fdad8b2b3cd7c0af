use super::*;
use proptest::prelude::*;

fn key() -> HashKey {
    HashKey::new([7; 32])
}

proptest! {
    #[test]
    fn parsing_never_panics(text in ".*") {
        let _ = Secret::parse(&text);
    }

    #[test]
    fn parsing_never_panics_past_the_prefix(text in "sk-tg-[0-9A-Za-zé]{0,60}") {
        let _ = Secret::parse(&text);
    }

    #[test]
    fn a_native_secret_reads_back(entropy: [u8; 32]) {
        let secret = Secret::native(&entropy);
        let read = Secret::parse(secret.reveal()).unwrap();
        prop_assert_eq!(read.scheme(), Scheme::Native);
        prop_assert_eq!(read.hash(&key()), secret.hash(&key()));
    }

    #[test]
    fn one_wrong_character_is_noticed(entropy: [u8; 32], at in 6usize..55, with in 0usize..62) {
        let secret = Secret::native(&entropy);
        let mut bytes = secret.reveal().as_bytes().to_vec();
        prop_assume!(bytes[at] != ALPHABET[with]);
        bytes[at] = ALPHABET[with];
        let text = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(Secret::parse(&text).err(), Some(SecretError::Checksum));
    }

    #[test]
    fn different_entropy_gives_different_secrets(a: [u8; 32], b: [u8; 32]) {
        prop_assume!(a != b);
        let (first, second) = (Secret::native(&a), Secret::native(&b));
        prop_assert_ne!(first.reveal(), second.reveal());
    }
}

#[test]
fn the_native_form_is_fixed() {
    let body = |secret: &Secret| secret.reveal().get(..49).unwrap().to_owned();
    let low = Secret::native(&[0; 32]);
    assert_eq!(
        body(&low),
        "sk-tg-0000000000000000000000000000000000000000000"
    );
    let high = Secret::native(&[255; 32]);
    // 2^256 - 1 in base62, computed apart from this code.
    assert_eq!(
        body(&high),
        "sk-tg-yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
    );
    assert_eq!(high.reveal().len(), 55);
    let digits = high.reveal().strip_prefix(PREFIX).unwrap();
    assert!(digits.bytes().all(|b| b.is_ascii_alphanumeric()));
}

#[test]
fn a_truncated_or_extended_native_secret_is_refused() {
    let secret = Secret::native(&[9; 32]);
    let text = secret.reveal();
    for wrong in [
        text.get(..54).unwrap(),
        &format!("{text}-x"),
        &format!("{text}0"),
        "sk-tg-",
        "sk-tg-x",
    ] {
        assert_eq!(
            Secret::parse(wrong).err(),
            Some(SecretError::Checksum),
            "{wrong}"
        );
    }
}

#[test]
fn a_foreign_secret_has_any_visible_shape() {
    let text = "OaBw1+4DqFfDLXOLpWthbfp502Wc0D4tICsxNcT+aeQ=";
    let secret = Secret::parse(text).unwrap();
    assert_eq!(secret.scheme(), Scheme::Foreign);
    // sha256sum of the text.
    let expected = <[u8; 32]>::from(sha2::Sha256::digest(text.as_bytes()));
    assert_eq!(secret.hash(&key()).as_bytes(), &expected);
    assert_eq!(Secret::parse("").err(), Some(SecretError::Empty));
    assert_eq!(
        Secret::parse("two words").err(),
        Some(SecretError::Character)
    );
    assert_eq!(
        Secret::parse(&"x".repeat(513)).err(),
        Some(SecretError::TooLong)
    );
}

#[test]
fn the_native_hash_depends_on_the_key() {
    let secret = Secret::native(&[1; 32]);
    assert_ne!(secret.hash(&key()), secret.hash(&HashKey::new([8; 32])));
    let same_bytes = SecretHash::new(Scheme::Foreign, *secret.hash(&key()).as_bytes());
    assert_ne!(secret.hash(&key()), same_bytes, "the scheme counts");
}

#[test]
fn nothing_prints_a_secret() {
    let secret = Secret::native(&[1; 32]);
    let shown = format!("{secret:?} {:?} {:?}", secret.hash(&key()), key());
    let digits = secret.reveal().strip_prefix(PREFIX).unwrap();
    assert!(!shown.contains(digits), "{shown}");
    let last = digits.get(45..).unwrap();
    assert_eq!(secret.hint(), format!("sk-tg-…{last}"));
    assert_eq!(Secret::parse("short").unwrap().hint(), "…");
}
