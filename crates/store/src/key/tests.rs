use std::os::unix::fs::PermissionsExt;

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_key_is_made_once_for_its_owner_alone_and_then_read() {
    let folder = folder();
    let path = folder.path().join("tollgate.key");
    let made = MasterKey::load_or_create(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let read = MasterKey::load_or_create(&path).unwrap();
    assert_eq!(*made.0, *read.0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn two_keys_differ_and_each_use_has_its_own() {
    let folder = folder();
    let key = |name| MasterKey::load_or_create(&folder.path().join(name)).unwrap();
    let (a, b) = (key("a.key"), key("b.key"));
    assert_ne!(*a.0, *b.0);
    assert_ne!(a.check_value(), b.check_value());
    assert_ne!(a.derive(SECRET_HASH), a.derive(SEALING));
    assert_ne!(a.derive(SECRET_HASH), a.derive(CHECK));
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = folder();
    let path = folder.path().join("tollgate.key");
    MasterKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o602] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { .. }), "{mode:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_file_that_is_no_key_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("tollgate.key");
    let whole = "0f".repeat(32);
    for text in [
        "",
        "00",
        &"0f".repeat(31),
        &format!("{whole}00"),
        &"zz".repeat(32),
    ] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyError::Form { .. }), "{text}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    std::fs::write(&path, format!("{whole}\n")).unwrap();
    assert_eq!(*MasterKey::load(&path).unwrap().0, [15; 32]);
}

#[test]
fn a_key_is_never_printed() {
    let key = MasterKey::from_bytes([0xab; 32]);
    assert_eq!(format!("{key:?}"), "MasterKey(…)");
}
