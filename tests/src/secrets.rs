//! The search for secrets where none may be.

use std::fs;
use std::path::Path;

/// Fails if one of the secrets stands, whole or without its prefix, in a file below the directory.
pub fn assert_absent(secrets: &[String], below: &Path) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_absent(secrets, &path);
        } else if let Ok(content) = fs::read(&path) {
            assert_absent_from(secrets, &content, &path.display().to_string());
        }
    }
}

/// Fails if one of the secrets stands in the content.
pub fn assert_absent_from(secrets: &[String], content: &[u8], place: &str) {
    for secret in secrets {
        // The random part alone would do for an attacker.
        let body = secret.strip_prefix("sk-tg-").unwrap_or(secret).as_bytes();
        let found = content.windows(body.len()).any(|window| window == body);
        assert!(!found, "a secret stands in {place}");
    }
}
