//! Reading the credential of an upstream. It is never an argument: others could see it there.

use std::io::Read;
use std::path::Path;

use tollgate_admin_core::upstream::CredentialInput;
use tollgate_admin_core::upstream::UpstreamSecret;
use zeroize::Zeroizing;

use crate::arguments::upstream::CredentialArguments;
use crate::failure::Failure;

/// More is no credential, and may be a file that never ends.
const MOST: u64 = 64 * 1024;

/// Where the credential comes from; `None` if nothing was said.
pub(super) fn read(arguments: CredentialArguments) -> Result<Option<CredentialInput>, Failure> {
    if arguments.no_credential {
        return Ok(Some(CredentialInput::None));
    }
    if let Some(name) = arguments.credential_env {
        return Ok(Some(CredentialInput::Env(name)));
    }
    let text = if let Some(path) = arguments.credential_file {
        from_file(&path).map_err(|error| {
            let path = path.display();
            Failure::input(format!(
                "the credential cannot be read from `{path}`: {error}"
            ))
        })?
    } else if arguments.credential_prompt {
        let asked = rpassword::prompt_password("Credential (not shown): ");
        Zeroizing::new(asked.map_err(|error| {
            Failure::usage(format!(
                "there is no terminal to ask for the credential on: {error}"
            ))
            .hint("use --credential-file, with `-` for the standard input")
        })?)
    } else {
        return Ok(None);
    };
    let secret = UpstreamSecret::new(text.trim().to_owned());
    Ok(Some(CredentialInput::Clear(secret)))
}

fn from_file(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MOST)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?
            .take(MOST)
            .read_to_string(&mut text)?;
    }
    Ok(text)
}
