//! Asking before something is taken away for good.

use std::io::IsTerminal;

use crate::failure::Failure;
use crate::session::Session;

/// Refuses where nobody can be asked and nobody said yes. Comes before anything is looked up.
pub(crate) fn possible(session: &Session<'_>) -> Result<(), Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if session.yes || terminal {
        return Ok(());
    }
    let message = "this cannot be undone, and there is no terminal to ask on";
    Err(Failure::usage(message).hint("add --yes to have it done without a question"))
}

/// Asks for the name of what is to be taken away, unless nobody wants to be asked.
pub(crate) fn ask(
    session: &Session<'_>,
    verb: &str,
    kind: &str,
    name: &str,
    id: &str,
) -> Result<(), Failure> {
    question(
        session,
        &format!("This will {verb} the {kind} `{name}` ({id}) for good."),
        name,
    )
}

/// Asks for a name after saying what will be done, unless nobody wants to be asked.
pub(crate) fn question(session: &Session<'_>, what: &str, name: &str) -> Result<(), Failure> {
    answered(session, &format!("{what}\nType its name to go on: "), name)
}

/// As [`question`], where there is no name: asks for a word.
pub(crate) fn word(session: &Session<'_>, what: &str, word: &str) -> Result<(), Failure> {
    answered(session, &format!("{what}\nType `{word}` to go on: "), word)
}

fn answered(session: &Session<'_>, question: &str, name: &str) -> Result<(), Failure> {
    if session.yes {
        return Ok(());
    }
    session.output.ask(question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() == name {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "that is not `{name}`: nothing was changed"
    )))
}
