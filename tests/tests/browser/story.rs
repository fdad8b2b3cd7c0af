//! What people do with the console, from their first sign-in to what the audit log tells of it.

use tollgate_tests::system::text;
use tollgate_tests::{System, browser};

use crate::snippets;

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_makes_a_token_calls_with_it_and_takes_it_back() {
    let system = System::start().await;
    let console = system.console().await;
    let gateway = system.openai_url();
    let told = browser::run("story.mjs", &console, &[("GATEWAY", &gateway)]).await;
    for secret in ["/secret", "/second"] {
        system.issued(&text(&told, secret));
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_beside_a_new_secret_works_as_it_stands() {
    let system = System::start().await;
    let console = system.console().await;
    let told = browser::run("snippets.mjs", &console, &[]).await;
    system.issued(&text(&told, "/secret"));
    snippets::work(&system, &told).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let system = System::start().await;
    let console = system.console().await;
    let told = browser::run("keyboard.mjs", &console, &[]).await;
    system.issued(&text(&told, "/secret"));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_forms_are_enough_where_no_scripts_run() {
    let system = System::start().await;
    let console = system.console().await;
    let told = browser::run("plain.mjs", &console, &[]).await;
    system.issued(&text(&told, "/secret"));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_every_field_stays_text() {
    let system = System::start().await;
    let console = system.console().await;
    let told = browser::run("hostile.mjs", &console, &[]).await;
    assert!(told["sent"].as_u64() > Some(20), "{told}");
    system.finish().await;
}
