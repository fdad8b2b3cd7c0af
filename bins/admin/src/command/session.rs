//! The commands of sessions of the console.

use serde::Serialize;
use tollgate_admin_core::session::{self, Terms};
use tollgate_admin_core::view::member::SessionView;

use super::cells::moment;
use crate::arguments::member::{SessionCommand, SessionRevoke};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: SessionCommand, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        SessionCommand::List(arguments) => {
            let (context, of) = (&session.context, arguments.member.as_deref());
            let found = session::list(context, of, Terms::default()).await?;
            show_all(session, &found)
        }
        SessionCommand::Revoke(arguments) => revoke(session, arguments).await,
    }
}

async fn revoke(session: &Session<'_>, arguments: SessionRevoke) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Ended {
        ended: u64,
    }
    let context = &session.context;
    let ended = match (&arguments.which, &arguments.member) {
        (Some(which), _) => {
            session::revoke(context, which).await?;
            1
        }
        (None, Some(member)) => session::revoke_all(context, member).await?,
        (None, None) => 0,
    };
    if session.output.is_json() {
        return Ok(session.output.document(&Ended { ended })?);
    }
    let text = match ended {
        1 => "1 session has ended.".to_owned(),
        ended => format!("{ended} sessions have ended."),
    };
    Ok(session.output.line(&text)?)
}

fn show_all(session: &Session<'_>, sessions: &[SessionView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&sessions)?);
    }
    let mut table = Table::new([
        "id",
        "member",
        "address",
        "signed in",
        "seen",
        "ends",
        "user agent",
    ]);
    for one in sessions {
        table.row([
            one.id.clone(),
            one.member.name.clone(),
            one.address.clone(),
            moment(&one.created_at),
            moment(&one.seen_at),
            moment(&one.expires_at),
            one.user_agent.clone(),
        ]);
    }
    let table = table.optional(&["user agent", "ends"]);
    Ok(session.output.table(&table)?)
}
