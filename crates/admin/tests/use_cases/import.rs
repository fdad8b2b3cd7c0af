use tollgate_admin_core::group::{self, GroupInput};
use tollgate_admin_core::import::{ImportInput, models};
use tollgate_admin_core::model::{self, ModelChange, ModelInput};
use tollgate_admin_core::view::import::{Action, ImportView};
use tollgate_admin_core::{Context, audit};

use crate::{World, refused};

const FILE: &str = r#"{
    "sample_spec": { "input_cost_per_token": 0.0, "max_input_tokens": "the largest prompt" },
    "small": {
        "litellm_provider": "acme", "mode": "chat", "max_input_tokens": 8000,
        "max_output_tokens": 1000, "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06
    },
    "acme/large": {
        "litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 5e-06,
        "output_cost_per_token": 2.5e-05, "input_cost_per_token_above_200k_tokens": 1e-05
    },
    "orphan": { "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06 },
    "film": { "litellm_provider": "acme", "mode": "video_generation", "output_cost_per_second": 1 }
}"#;

fn litellm() -> ImportInput {
    ImportInput {
        from: "litellm".to_owned(),
        text: FILE.to_owned(),
        ..ImportInput::default()
    }
}

fn done(view: &ImportView) -> String {
    let entries = view.entries.iter();
    let named = entries.map(|one| format!("{} {}", one.name, one.action.name()));
    named.collect::<Vec<_>>().join(", ")
}

async fn rows(context: &Context) -> Option<u64> {
    let log = audit::verify(context).await.unwrap();
    log.rows.and_then(|rows| u64::try_from(rows).ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_would_be_done_and_does_nothing() {
    let world = World::new().await;
    let context = &world.context;
    let before = rows(context).await;
    let dry = ImportInput {
        dry_run: true,
        ..litellm()
    };
    let shown = models(context, &dry).await.unwrap();
    assert_eq!(
        done(&shown),
        "small created, acme/large created, orphan skipped, film skipped"
    );
    assert_eq!((shown.exact, shown.approximate, shown.skipped), (1, 1, 2));
    assert!(model::list(context).await.unwrap().is_empty());
    assert_eq!(rows(context).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_makes_each_model_with_one_row_of_the_audit_log() {
    let world = World::new().await;
    let context = &world.context;
    let before = rows(context).await.unwrap();
    let input = ImportInput {
        provider: Some("others".to_owned()),
        ..litellm()
    };
    let shown = models(context, &input).await.unwrap();
    assert_eq!((shown.created, shown.skipped), (3, 1));
    assert_eq!(rows(context).await, Some(before + 3));
    let small = model::show(context, "small").await.unwrap();
    assert_eq!(small.price.as_deref(), Some("input=1,output=2"));
    assert_eq!(
        (small.context, small.max_output, small.provider.as_str()),
        (Some(8000), Some(1000), "acme")
    );
    assert_eq!(small.note, "imported from litellm");
    let orphan = model::show(context, "orphan").await.unwrap();
    assert_eq!(orphan.provider, "others");
    let large = &shown.entries[1];
    assert_eq!(
        large.notes,
        ["not kept: prices of prompts above 200k tokens"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_changed_only_where_that_was_said_and_only_where_it_differs() {
    let world = World::new().await;
    let context = &world.context;
    let small = ModelInput {
        name: "small".to_owned(),
        provider: "mine".to_owned(),
        price: Some("input=9,output=9".to_owned()),
        ..ModelInput::default()
    };
    model::create(context, &small).await.unwrap();
    let change: ModelChange =
        serde_json::from_value(serde_json::json!({ "cap_field": "max_tokens" })).unwrap();
    model::edit(context, "small", &change).await.unwrap();
    let only = |update| ImportInput {
        only: vec!["sm*".to_owned()],
        update,
        ..litellm()
    };
    let shown = models(context, &only(false)).await.unwrap();
    assert_eq!(done(&shown), "small left");
    let kept = model::show(context, "small").await.unwrap();
    assert_eq!(kept.price.as_deref(), Some("input=9,output=9"));
    let shown = models(context, &only(true)).await.unwrap();
    assert_eq!(done(&shown), "small updated");
    let changed = model::show(context, "small").await.unwrap();
    assert_eq!(changed.price.as_deref(), Some("input=1,output=2"));
    assert_eq!(
        (changed.provider.as_str(), changed.cap_field.as_deref()),
        ("mine", Some("max_tokens"))
    );
    assert_eq!(changed.context, Some(8000));
    let before = rows(context).await;
    let shown = models(context, &only(true)).await.unwrap();
    assert_eq!(shown.entries[0].action, Action::Unchanged);
    assert_eq!(rows(context).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn ratios_become_prices() {
    let world = World::new().await;
    let context = &world.context;
    let input = ImportInput {
        from: "new-api".to_owned(),
        text: r#"{ "ModelRatio": { "chatty": 1.25 }, "CompletionRatio": { "chatty": 4 } }"#
            .to_owned(),
        provider: Some("openai".to_owned()),
        ..ImportInput::default()
    };
    let shown = models(context, &input).await.unwrap();
    assert_eq!((shown.created, shown.exact), (1, 1));
    let chatty = model::show(context, "chatty").await.unwrap();
    assert_eq!(chatty.price.as_deref(), Some("input=2.5,output=10"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_should_be_is_refused_as_a_whole() {
    let world = World::new().await;
    let with = |from: &str, text: &str| ImportInput {
        from: from.to_owned(),
        text: text.to_owned(),
        ..ImportInput::default()
    };
    for (input, start) in [
        (with("litellm", ""), "invalid file: it is no JSON object"),
        (with("litellm", "[]"), "invalid file: it is no JSON object"),
        (
            with("litellm", r#"{ "a": { "input_cost_per_token": NaN } }"#),
            "invalid file: it is no JSON object with an entry for each model: expected value at line 1 column",
        ),
        (with("new-api", "{}"), "invalid file: it has none of the"),
        (with("openrouter", "{}"), "invalid from: `openrouter` is"),
        (
            ImportInput {
                only: vec!["a b".to_owned()],
                ..litellm()
            },
            "invalid only: ",
        ),
        (
            ImportInput {
                provider: Some("Not One".to_owned()),
                ..litellm()
            },
            "invalid provider: ",
        ),
    ] {
        let (_, text) = refused(models(&world.context, &input).await);
        assert!(text.starts_with(start), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn multipliers_are_taken_over_by_groups_that_are_there_and_no_group_is_made() {
    let world = World::new().await;
    let context = &world.context;
    for name in ["vip", "gratis", "fine"] {
        let input = GroupInput {
            name: name.to_owned(),
            ..GroupInput::default()
        };
        group::create(context, &input).await.unwrap();
    }
    let text = r#"{ "GroupRatio": { "vip": 0.8, "gratis": 0, "gone": 2, "fine": 1.0 } }"#;
    let input = |update, dry_run| ImportInput {
        from: "new-api".to_owned(),
        text: text.to_owned(),
        update,
        dry_run,
        ..ImportInput::default()
    };
    let told = |view: ImportView| -> Vec<String> {
        let groups = view.groups.iter();
        let told = groups.map(|one| format!("{} {}", one.name, one.action.name()));
        told.collect()
    };
    let multiplier = async |name: &str| group::show(context, name).await.unwrap().multiplier;
    let before = rows(context).await.unwrap();
    for (update, dry_run, vip) in [
        (false, false, "left"),
        (true, true, "updated"),
        (true, false, "updated"),
        (true, false, "unchanged"),
    ] {
        let view = models(context, &input(update, dry_run)).await.unwrap();
        let notes = view.groups[1].notes.join("");
        assert!(notes.contains("group create --multiplier 2"), "{notes}");
        let vip = format!("vip {vip}");
        assert_eq!(
            told(view),
            ["fine unchanged", "gone skipped", "gratis skipped", &vip]
        );
    }
    assert_eq!(multiplier("vip").await, "0.8");
    assert_eq!(
        multiplier("gratis").await,
        "1",
        "nothing is free by accident"
    );
    assert!(group::show(context, "gone").await.is_err());
    assert_eq!(rows(context).await.unwrap(), before + 1);
    let only = ImportInput {
        only: vec!["*".to_owned()],
        ..input(true, false)
    };
    assert_eq!(models(context, &only).await.unwrap().groups, []);
}
