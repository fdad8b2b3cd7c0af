//! Every form of every page, sent by somebody else than the page.

use std::collections::BTreeSet;
use std::path::Path;

use tollgate_admin_core::audit::{self, AuditFilter};

use crate::World;

/// Forms of people who are not signed in have no word of a session.
const OF_STRANGERS: [&str; 3] = ["/sign-in", "/join", "/preferences"];

/// The paths that take forms, as the sources have them.
fn forms() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
    let mut folders = vec![pages];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for route in text.split(".route(").skip(1) {
                let route = route.split(".route(").next().unwrap();
                let end = route.find("\n    ").unwrap_or(route.len());
                let (line, path) = (&route[..end], route.split('"').nth(1).unwrap());
                if line.contains("post(") {
                    found.insert(path.replace("{id}", "x").replace("{name}", "x"));
                }
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_taken_from_another_site_or_without_the_word_of_the_session() {
    let world = World::new().await;
    let cookie = world.sign_in("ada").await;
    let word = world.get("/tokens/new", &cookie).await.word();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let before = changes(&world).await;
    for path in forms() {
        let body = format!("_csrf={word}&confirm=x");
        for from in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![],
        ] {
            let mut headers = vec![("cookie", cookie.as_str()), form];
            headers.extend(&from);
            let heard = world.send("POST", &path, &headers, &body).await;
            assert_eq!(heard.status, 403, "{path} from {from:?}: {heard:?}");
        }
        if OF_STRANGERS.contains(&path.as_str()) {
            continue;
        }
        for body in ["confirm=x", "_csrf=&confirm=x", "_csrf=wrong&confirm=x"] {
            let heard = world.post(&path, &cookie, body).await;
            assert_eq!(heard.status, 403, "{path} with {body}: {heard:?}");
        }
    }
    assert_eq!(changes(&world).await, before);
}

async fn changes(world: &World) -> usize {
    let filter = AuditFilter {
        limit: Some(200),
        ..AuditFilter::default()
    };
    audit::list(&world.context, &filter)
        .await
        .unwrap()
        .entries
        .len()
}
