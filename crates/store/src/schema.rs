//! The tables as diesel sees them: one schema of portable columns for both databases.
//!
//! Times are microseconds since 1970, money is micro-credits, lists are JSON arrays of texts.

diesel::table! {
    meta (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    audit (seq) {
        seq -> BigInt,
        at -> BigInt,
        actor -> Text,
        origin -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        previous -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        enabled -> Bool,
        models -> Nullable<Text>,
        providers -> Nullable<Text>,
        endpoints -> Nullable<Text>,
        networks -> Nullable<Text>,
        note -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    groups (id) {
        id -> BigInt,
        name -> Text,
        multiplier_millionths -> BigInt,
        models -> Nullable<Text>,
        providers -> Nullable<Text>,
        endpoints -> Nullable<Text>,
        networks -> Nullable<Text>,
        note -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        name -> Text,
        account_id -> BigInt,
        group_id -> BigInt,
        state -> Text,
        expires_at -> Nullable<BigInt>,
        quota -> Nullable<BigInt>,
        used -> BigInt,
        models -> Nullable<Text>,
        providers -> Nullable<Text>,
        endpoints -> Nullable<Text>,
        networks -> Nullable<Text>,
        creator -> Text,
        note -> Text,
        search_text -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    secrets (hash) {
        hash -> Binary,
        scheme -> Text,
        token_id -> BigInt,
        hint -> Text,
        valid_until -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    models (id) {
        id -> BigInt,
        name -> Text,
        provider -> Text,
        enabled -> Bool,
        note -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    upstreams (id) {
        id -> BigInt,
        name -> Text,
        provider -> Text,
        dialect -> Text,
        base_url -> Text,
        carrier -> Text,
        credential_env -> Nullable<Text>,
        credential_sealed -> Nullable<Binary>,
        enabled -> Bool,
        priority -> BigInt,
        weight -> BigInt,
        mount -> Nullable<Text>,
        groups -> Nullable<Text>,
        note -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    upstream_models (upstream_id, model_id) {
        upstream_id -> BigInt,
        model_id -> BigInt,
        sent_as -> Nullable<Text>,
    }
}

diesel::joinable!(tokens -> accounts (account_id));
diesel::joinable!(tokens -> groups (group_id));
diesel::joinable!(secrets -> tokens (token_id));
diesel::joinable!(upstream_models -> models (model_id));
diesel::joinable!(upstream_models -> upstreams (upstream_id));
diesel::allow_tables_to_appear_in_same_query!(
    tokens,
    accounts,
    groups,
    secrets,
    models,
    upstreams,
    upstream_models,
);
