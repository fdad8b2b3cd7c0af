//! What a form says that leaves a field blank.

use serde_json::Value;

use crate::World;

async fn posted(world: &World, cookie: &str, path: &str, fields: &str) {
    let word = world.get(path, cookie).await.word();
    let body = format!("_csrf={word}&{fields}");
    let heard = world.post(path, cookie, &body).await;
    assert_eq!(heard.status, 303, "{heard:?}");
}

#[tokio::test]
async fn the_usual_field_takes_the_place_of_a_models_own() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let cookie = world.sign_in("ada").await;
    let model = r#"{"name":"gpt-x","provider":"openai","cap_field":"max_completion_tokens"}"#;
    let made = world.call("POST", "/models", &owner, model).await.json();
    assert_eq!(made["cap_field"], "max_completion_tokens");
    let path = format!("/models/{}", made["id"].as_str().unwrap());
    posted(
        &world,
        &cookie,
        &path,
        "name=gpt-x&provider=openai&cap_field=",
    )
    .await;
    let kept = world.call("GET", &path, &owner, "").await.json();
    assert_eq!(kept["cap_field"], Value::Null);
}

#[tokio::test]
async fn an_upstream_goes_back_to_the_carrier_of_its_dialect_and_to_an_unknown_price() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let cookie = world.sign_in("ada").await;
    let upstream = r#"{"name":"search","provider":"search","dialect":"plain","base_url":"https://api.example.com","mount":"search","price":"request=0.5","carrier":"api-key"}"#;
    let made = world.call("POST", "/upstreams", &owner, upstream).await;
    let made = made.json();
    assert_eq!(
        (&made["carrier"], &made["price"]),
        (&Value::from("api-key"), &Value::from("request=0.5"))
    );
    let path = format!("/upstreams/{}", made["id"].as_str().unwrap());
    let word = world.get(&format!("{path}/edit"), &cookie).await.word();
    let body = format!(
        "_csrf={word}&name=search&provider=search&dialect=plain&base_url=https%3A%2F%2Fapi.example.com&mount=search&price=&carrier="
    );
    let heard = world.post(&path, &cookie, &body).await;
    assert_eq!(heard.status, 303, "{heard:?}");
    let kept = world.call("GET", &path, &owner, "").await.json();
    assert_eq!(
        (&kept["carrier"], &kept["price"]),
        (&Value::from("bearer"), &Value::Null)
    );
}

#[tokio::test]
async fn a_credential_and_a_variable_that_holds_it_are_not_both_taken() {
    let world = World::new().await;
    let owner = world.credential("ada", "all").await;
    let cookie = world.sign_in("ada").await;
    let upstream = |more: &str| {
        format!(
            r#"{{"name":"search","provider":"search","dialect":"plain","base_url":"https://api.example.com","mount":"search"{more}}}"#
        )
    };
    let both = r#""credential":"sk-other","credential_env":"SEARCH_KEY""#;
    let refused = "write the credential or the variable that holds it, not both";
    let heard = world
        .call("POST", "/upstreams", &owner, &upstream(&format!(",{both}")))
        .await;
    assert_eq!(heard.status, 422, "{heard:?}");
    assert!(heard.body.contains(refused), "{heard:?}");
    let made = world
        .call("POST", "/upstreams", &owner, &upstream(""))
        .await;
    let path = format!("/upstreams/{}", made.json()["id"].as_str().unwrap());
    let credential = format!("{path}/credentials/main");
    let heard = world
        .call("PUT", &credential, &owner, &format!("{{{both}}}"))
        .await;
    assert_eq!(heard.status, 422, "{heard:?}");
    assert!(heard.body.contains(refused), "{heard:?}");
    let word = world.get(&path, &cookie).await.word();
    let body = format!("_csrf={word}&action=add&name=main&credential=sk-other&variable=SEARCH_KEY");
    let heard = world
        .post(&format!("{path}/credential"), &cookie, &body)
        .await;
    assert_eq!(heard.status, 422, "{heard:?}");
    assert!(heard.body.contains(refused), "{heard:?}");
    let stays = ["value=\"main\"", "value=\"SEARCH_KEY\""];
    assert!(
        stays.iter().all(|one| heard.body.contains(one)),
        "{heard:?}"
    );
    assert!(!heard.body.contains("sk-other"), "{heard:?}");
    let kept = world.call("GET", &path, &owner, "").await.json();
    assert_eq!(kept["credentials"], Value::Array(Vec::new()));
}
