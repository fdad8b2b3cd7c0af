use std::os::unix::fs::PermissionsExt;

use super::*;

fn keys(numbers: &[u8]) -> SealingKeys {
    let keys = numbers.iter().map(|one| Zeroizing::new([*one; 32]));
    SealingKeys::new(keys.collect()).unwrap()
}

fn token(raw: i64) -> TokenId {
    TokenId::from_raw(raw).unwrap()
}

fn secret() -> Secret {
    Secret::native(&[9; 32])
}

#[test]
fn a_sealed_secret_opens_only_with_its_key_and_for_its_token() {
    let sealed = keys(&[1]).seal(token(1), &secret()).unwrap();
    let opened = keys(&[1]).open(token(1), &sealed).unwrap();
    assert_eq!(opened.reveal(), secret().reveal());
    assert_eq!(
        keys(&[1]).open(token(2), &sealed).unwrap_err(),
        OpenError::Damaged
    );
    let unknown = keys(&[2]).open(token(1), &sealed).unwrap_err();
    assert_eq!(unknown, OpenError::UnknownKey(sealed.key.clone()));
    let renamed = Sealed {
        key: keys(&[2]).0[0].id.clone(),
        ..sealed
    };
    assert_eq!(
        keys(&[2]).open(token(1), &renamed).unwrap_err(),
        OpenError::Damaged
    );
}

#[test]
fn the_first_key_seals_and_those_after_it_still_open() {
    let old = keys(&[1]).seal(token(1), &secret()).unwrap();
    let both = keys(&[2, 1]);
    let new = both.seal(token(1), &secret()).unwrap();
    assert_ne!(new.key, old.key);
    assert!(both.open(token(1), &old).is_ok());
    assert!(keys(&[2]).open(token(1), &new).is_ok());
}

#[test]
fn a_changed_or_shortened_secret_does_not_open() {
    let keys = keys(&[1]);
    let sealed = keys.seal(token(1), &secret()).unwrap();
    for at in 0..sealed.text.len() {
        let mut changed = sealed.clone();
        changed.text[at] ^= 1;
        assert_eq!(
            keys.open(token(1), &changed).unwrap_err(),
            OpenError::Damaged,
            "byte {at}"
        );
        changed.text = sealed.text[..at].to_vec();
        assert_eq!(
            keys.open(token(1), &changed).unwrap_err(),
            OpenError::Damaged,
            "cut at {at}"
        );
    }
}

#[test]
fn a_key_file_is_for_its_owner_alone_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    let id = SealingKeys::create_file(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let loaded = SealingKeys::load(std::slice::from_ref(&path))
        .unwrap()
        .unwrap();
    assert_eq!(loaded.0[0].id, id);
    assert!(!format!("{loaded:?}").contains(std::fs::read_to_string(&path).unwrap().trim()));
    SealingKeys::create_file(&path).unwrap_err();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = SealingKeys::load(&[path]).unwrap_err();
    assert!(matches!(error, KeyError::Exposed { .. }));
    assert!(SealingKeys::load(&[]).unwrap().is_none());
}
