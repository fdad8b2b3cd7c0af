//! What somebody likes to see: kept in their browser, by cookies that hold nothing else.

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::sign_in::local;
use super::{Shown, to};
use crate::form::StrangerPosted;
use crate::session;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/preferences", post(keep))
}

async fn keep(State(site): State<Site>, posted: StrangerPosted) -> Shown {
    let StrangerPosted { stranger, fields } = posted;
    let mut answer = to(local(fields.text("back")))?;
    let known = [
        ("theme", ["system", "light", "dark"].as_slice()),
        ("lang", &["en", "zh-CN"]),
    ];
    for (name, values) in known {
        let value = fields.text(name);
        if values.contains(&value) {
            session::prefer(&site, &stranger.peer, name, value, &mut answer);
        }
    }
    Ok(answer)
}
