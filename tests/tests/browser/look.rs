//! Every page, wide and narrow, light and dark, in both languages, with and without scripts, empty
//! and with names that are long, hostile or run from right to left.

use serde_json::json;
use tempfile::TempDir;
use tollgate_tests::{Console, System, browser};

/// One way of looking: width in pixels, theme, language, and whether scripts run.
async fn look(console: &Console, look: [&str; 4]) {
    let [width, theme, language, scripts] = look;
    let env = [
        ("WIDTH", width),
        ("THEME", theme),
        ("LANGUAGE", language),
        ("SCRIPTS", scripts),
    ];
    let told = browser::run("pages.mjs", console, &env).await;
    assert_eq!(told["problems"], json!([]), "{look:?}");
    assert!(told["seen"].as_u64() >= Some(25), "{told}");
}

/// A system with a little of everything.
async fn furnished() -> System {
    let system = System::start().await;
    let long = "W".repeat(50);
    system.admin(&[
        "group",
        "create",
        "premium",
        "--multiplier",
        "0.8",
        "--rpm",
        "600",
    ]);
    system.admin(&[
        "account",
        "create",
        "Research lab",
        "--balance",
        "250",
        "--credit-line",
        "10",
    ]);
    for (name, more) in [
        (
            long.as_str(),
            ["--quota", "12.5", "--expires", "3d"].as_slice(),
        ),
        ("تقرير المبيعات الشهري", &["--periodic", "5/day"]),
        (
            "<script>alert(1)</script>",
            &["--rpm", "60", "--tpm", "200000"],
        ),
        (
            "Reporting",
            &[
                "--models",
                "sim-chat,sim-messages,sim-embedding",
                "--expires",
                "3d",
            ],
        ),
    ] {
        let base = [
            "token",
            "create",
            name,
            "--account",
            "acme",
            "--group",
            "premium",
        ];
        system.admin(&[base.as_slice(), more].concat());
    }
    let token = system.token(&[]);
    for _ in 0..3 {
        assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    }
    system
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_as_it_should_be_wide_and_light() {
    let system = furnished().await;
    look(&system.console().await, ["1280", "light", "en", "on"]).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_as_it_should_be_wide_and_dark_in_chinese() {
    let system = furnished().await;
    look(&system.console().await, ["1280", "dark", "zh-CN", "on"]).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_as_it_should_be_on_a_phone_in_chinese() {
    let system = furnished().await;
    look(&system.console().await, ["390", "light", "zh-CN", "on"]).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_as_it_should_be_on_a_phone_in_the_dark() {
    let system = furnished().await;
    look(&system.console().await, ["390", "dark", "en", "on"]).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_read_without_scripts() {
    let system = furnished().await;
    look(&system.console().await, ["1280", "light", "en", "off"]).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_as_it_should_be_with_nothing_on_it() {
    let folder = TempDir::new().unwrap();
    let console = Console::start(folder.path(), "empty.db", "http://127.0.0.1:8080").await;
    look(&console, ["1280", "light", "en", "on"]).await;
}
