//! Making keys under which secrets of tokens are sealed. No store is opened.

use std::io::ErrorKind;

use serde::Serialize;
use tollgate_admin_core::{KeyError, SealingKeys};

use crate::arguments::sealing::SealingKeyCommand;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Serialize)]
struct Document {
    file: String,
    key: String,
}

pub(super) fn run(command: SealingKeyCommand, output: &Output) -> Result<(), Failure> {
    let SealingKeyCommand::New { file } = command;
    let made = SealingKeys::create_file(&file).map_err(|error| refused(&error))?;
    let shown = file.display().to_string();
    if output.is_json() {
        let document = Document {
            file: shown,
            key: made,
        };
        return Ok(output.document(&document)?);
    }
    output.line(&format!(
        "The sealing key `{made}` is in `{shown}`, which only you can read."
    ))?;
    output.line("Name it by --sealing-key-file or TOLLGATE_SEALING_KEY_FILE, for `serve` too, and keep a copy of it apart from the database.")?;
    Ok(())
}

fn refused(error: &KeyError) -> Failure {
    match error {
        KeyError::File { path, source } if source.kind() == ErrorKind::AlreadyExists => {
            let path = path.display();
            Failure::input(format!("`{path}` is there already and is not overwritten"))
                .hint("name a new file for the key")
        }
        KeyError::File { path, source } => {
            Failure::input(format!("`{}` cannot be created: {source}", path.display()))
        }
        other => Failure::failed(other.to_string()),
    }
}
