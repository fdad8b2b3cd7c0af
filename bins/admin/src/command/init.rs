//! The first owner of the console, and the links by which members choose their passwords.

use serde::Serialize;
use tollgate_admin_core::link::{self, Link};

use super::cells::moment;
use crate::failure::Failure;
use crate::session::Session;

/// What scripts get of a link.
#[derive(Serialize)]
pub(super) struct LinkDocument<'a> {
    code: &'a str,
    expires_at: String,
}

impl<'a> From<&'a Link> for LinkDocument<'a> {
    fn from(link: &'a Link) -> Self {
        Self {
            code: link.code.reveal(),
            expires_at: link.expires_at.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    link: Option<LinkDocument<'a>>,
}

pub(super) async fn run(session: &Session<'_>) -> Result<(), Failure> {
    let made = link::init(&session.context).await?;
    let output = session.output;
    match &made {
        Some(link) => written(session, link).map_err(|failure| {
            failure.of_secret("it is lost: `tollgate-admin init` makes another one")
        }),
        None if output.is_json() => Ok(output.document(&Document { link: None })?),
        None => Ok(output.line(
            "There is an owner already: `tollgate-admin member list` shows who, and `member reset-password` lets them in again.",
        )?),
    }
}

fn written(session: &Session<'_>, link: &Link) -> Result<(), Failure> {
    if session.output.is_json() {
        let link = Some(LinkDocument::from(link));
        return Ok(session.output.document(&Document { link })?);
    }
    show(session, link, "become the first owner")
}

/// Says where the code of a link goes. It is no part of an address, so that no log has it.
pub(super) fn show(session: &Session<'_>, link: &Link, what: &str) -> Result<(), Failure> {
    let output = session.output;
    let until = moment(&link.expires_at.to_string());
    output.line(&format!(
        "To {what}, open the page `/join` of the console and enter this code once, until {until}:"
    ))?;
    output.line(link.code.reveal())?;
    Ok(())
}
