//! Sign-ins by OpenID Connect: sealed for their browser, and finished once.

use tollgate_store::digest::Purpose;

use super::fixture::{Fixture, at};

async fn a_sign_in_is_finished_once_and_forgotten_when_it_is_too_old(f: &Fixture) {
    let digest = |text| f.store.digest(Purpose::OpenId, text);
    let finish = |text, now| f.store.openid_finish(digest(text), at(600), at(now));
    assert!(finish("one", 0).await.unwrap());
    assert!(!finish("one", 1).await.unwrap());
    assert!(finish("two", 2).await.unwrap());
    assert_eq!(f.rows("finished_sign_ins").await, 2);
    assert!(finish("three", 601).await.unwrap());
    assert_eq!(f.rows("finished_sign_ins").await, 1);
}

async fn what_a_browser_keeps_opens_only_as_it_was_sealed(f: &Fixture) {
    let sealed = f.store.openid_seal(b"state and nonce").unwrap();
    let opened = f.store.openid_open(&sealed).unwrap();
    assert_eq!(&**opened, b"state and nonce");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(f.store.openid_open(&changed).is_none(), "byte {at}");
        assert!(f.store.openid_open(&sealed[..at]).is_none(), "cut at {at}");
    }
}

on_both! {
    a_sign_in_is_finished_once_and_forgotten_when_it_is_too_old
    what_a_browser_keeps_opens_only_as_it_was_sealed
}
