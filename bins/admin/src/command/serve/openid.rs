//! The file that says which OpenID Connect issuer signs members in.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tollgate_admin_core::openid::{OpenId, Settings};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Reads it, with the files that it names: their paths are relative to it.
pub(super) fn read(path: &Path) -> Result<OpenId, Failure> {
    let wrong = |problem: String| Failure::input(format!("`{}`: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let mut settings: Settings =
        toml::from_str(&text).map_err(|error| wrong(without_its_line(&text, &error)))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(file) = &settings.client_secret_file {
        settings.client_secret = Some(secret(&folder.join(file))?);
    }
    if let Some(file) = &settings.ca_file {
        let file = folder.join(file);
        let read = std::fs::read_to_string(&file);
        let unreadable = |error| wrong(format!("`{}`: {error}", file.display()));
        settings.ca = Some(read.map_err(unreadable)?);
    }
    OpenId::new(settings).map_err(|error| wrong(error.to_string()))
}

/// What is wrong with a file, and where. Its line is not repeated: somebody may have written a secret
/// into it.
fn without_its_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.bytes().take(start);
    let line = before
        .filter(|byte| *byte == b'\n')
        .count()
        .saturating_add(1);
    let message = error.message();
    match message.split_once(": string \"") {
        Some((kind, _)) => format!("line {line}: {kind}: a text does not belong there"),
        None => format!("line {line}: {message}"),
    }
}

fn secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        // Where there can be no such file, it may be the secret itself that was written there.
        let which = match error.kind() {
            ErrorKind::PermissionDenied => format!("`{shown}`"),
            _ => "the file that `client_secret_file` names".to_owned(),
        };
        Failure::input(format!("{which} cannot be read: {error}"))
    };
    let mode = std::fs::metadata(path)
        .map_err(unreadable)?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        let message = format!("`{shown}` is open to others (mode {mode:o})");
        return Err(Failure::input(message).hint(format!("run `chmod 600 {shown}`")));
    }
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(unreadable)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_not_repeated() {
        let text = "issuer = 'https://id.example'\nclient_secret = 'hunter2'\n";
        let error = toml::from_str::<Settings>(text).unwrap_err();
        let said = without_its_line(text, &error);
        assert!(
            said.starts_with("line 2: unknown field `client_secret`"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
        let text = "issuer = 'https://id.example'\nallow_private = 'hunter2'\n";
        let error = toml::from_str::<Settings>(text).unwrap_err();
        let said = without_its_line(text, &error);
        assert!(said.starts_with("line 2: invalid type:"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_secret_in_place_of_its_file_is_not_repeated() {
        let said = format!("{:?}", secret(Path::new("hunter2")).unwrap_err());
        assert!(said.contains("`client_secret_file`"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
