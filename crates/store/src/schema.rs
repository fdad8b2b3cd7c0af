//! The tables as diesel sees them: one schema of portable columns for both databases.
//!
//! Times are microseconds since 1970, money is micro-credits, lists are JSON arrays of texts.

mod people;
mod reports;

pub(crate) use people::{
    api_credentials, finished_sign_ins, idempotency, links, members, recovery_codes, sessions,
    sign_in_attempts,
};
pub(crate) use reports::{first_bytes_hourly, gateway_reports, refusals};

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
        version -> BigInt,
        credited -> Nullable<BigInt>,
        credit_line -> BigInt,
        period_limit -> Nullable<BigInt>,
        period_unit -> Nullable<Text>,
        period_zone -> Nullable<Text>,
        rpm -> Nullable<BigInt>,
        tpm -> Nullable<BigInt>,
        concurrency -> Nullable<BigInt>,
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
        version -> BigInt,
        rpm -> Nullable<BigInt>,
        tpm -> Nullable<BigInt>,
        concurrency -> Nullable<BigInt>,
        shared -> Bool,
        enforcement -> Text,
        on_leave -> Text,
        fallbacks -> Text,
        open -> Bool,
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
        period_limit -> Nullable<BigInt>,
        period_unit -> Nullable<Text>,
        period_zone -> Nullable<Text>,
        rpm -> Nullable<BigInt>,
        tpm -> Nullable<BigInt>,
        concurrency -> Nullable<BigInt>,
        used_up -> Bool,
    }
}

diesel::table! {
    token_spend (token_id) {
        token_id -> BigInt,
        used -> BigInt,
        held -> BigInt,
        period_begin -> Nullable<BigInt>,
        period_end -> Nullable<BigInt>,
        period_used -> BigInt,
        period_held -> BigInt,
        magnitude -> BigInt,
    }
}

diesel::table! {
    account_spend (account_id) {
        account_id -> BigInt,
        used -> BigInt,
        held -> BigInt,
        period_begin -> Nullable<BigInt>,
        period_end -> Nullable<BigInt>,
        period_used -> BigInt,
        period_held -> BigInt,
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
    sealed_secrets (hash) {
        hash -> Binary,
        token_id -> BigInt,
        key_id -> Text,
        sealed -> Binary,
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
        version -> BigInt,
        price -> Nullable<Text>,
        context -> Nullable<BigInt>,
        max_output -> Nullable<BigInt>,
        cap_field -> Nullable<Text>,
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
        enabled -> Bool,
        priority -> BigInt,
        weight -> BigInt,
        mount -> Nullable<Text>,
        groups -> Nullable<Text>,
        note -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        price -> Nullable<Text>,
        sticky -> Bool,
        headers -> Text,
        parameters -> Text,
        ca -> Nullable<Text>,
        proxy -> Nullable<Text>,
        proxy_sealed -> Nullable<Binary>,
        allow_private -> Bool,
        http2 -> Text,
        retry_on -> Text,
    }
}

diesel::table! {
    upstream_credentials (id) {
        id -> BigInt,
        upstream_id -> BigInt,
        name -> Text,
        env -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        enabled -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    upstream_states (gateway_id, upstream_id, credential_id) {
        gateway_id -> Binary,
        upstream_id -> BigInt,
        credential_id -> BigInt,
        state -> Text,
        reason -> Text,
        since -> BigInt,
        until_at -> Nullable<BigInt>,
        seen_at -> BigInt,
    }
}

diesel::table! {
    upstream_models (upstream_id, model_id) {
        upstream_id -> BigInt,
        model_id -> BigInt,
        sent_as -> Nullable<Text>,
    }
}

diesel::table! {
    model_prices (model_id, provider, group_id) {
        model_id -> BigInt,
        provider -> Text,
        group_id -> BigInt,
        price -> Text,
    }
}

diesel::table! {
    credits (id) {
        id -> BigInt,
        account_id -> BigInt,
        at -> BigInt,
        amount -> BigInt,
        actor -> Text,
        note -> Text,
    }
}

diesel::table! {
    gateways (id) {
        id -> Binary,
        seen_at -> BigInt,
    }
}

diesel::table! {
    leases (gateway_id, pot, owner_id, begin_at) {
        gateway_id -> Binary,
        pot -> Text,
        owner_id -> BigInt,
        begin_at -> BigInt,
        amount -> BigInt,
    }
}

diesel::table! {
    receipts (request_id) {
        request_id -> Binary,
        token_id -> BigInt,
        account_id -> BigInt,
        group_id -> BigInt,
        endpoint -> Text,
        model -> Nullable<Text>,
        upstream_id -> Nullable<BigInt>,
        served_as -> Nullable<Text>,
        client -> Text,
        status -> Nullable<BigInt>,
        streamed -> Bool,
        ending -> Text,
        usage -> Text,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
        estimated -> Bool,
        price -> Text,
        multiplier_millionths -> BigInt,
        cost -> BigInt,
        uncovered -> BigInt,
        started_at -> BigInt,
        first_byte -> Nullable<BigInt>,
        total -> BigInt,
    }
}

diesel::table! {
    usage_daily (day, token_id, model, upstream_id, group_id, account_id) {
        day -> BigInt,
        token_id -> BigInt,
        model -> Text,
        upstream_id -> BigInt,
        group_id -> BigInt,
        account_id -> BigInt,
        creator -> Text,
        requests -> BigInt,
        failed -> BigInt,
        estimated -> BigInt,
        input_tokens -> BigInt,
        cached_tokens -> BigInt,
        output_tokens -> BigInt,
        cost -> BigInt,
        uncovered -> BigInt,
    }
}

diesel::table! {
    usage_totals (day, account_id, model, upstream_id, group_id) {
        day -> BigInt,
        account_id -> BigInt,
        model -> Text,
        upstream_id -> BigInt,
        group_id -> BigInt,
        requests -> BigInt,
        failed -> BigInt,
        estimated -> BigInt,
        input_tokens -> BigInt,
        cached_tokens -> BigInt,
        output_tokens -> BigInt,
        cost -> BigInt,
        uncovered -> BigInt,
    }
}

diesel::table! {
    responses (token_id, hash) {
        token_id -> BigInt,
        hash -> Binary,
        upstream_id -> BigInt,
        credential_id -> Nullable<BigInt>,
        until -> BigInt,
    }
}

diesel::table! {
    alerts (id) {
        id -> BigInt,
        key -> Text,
        at -> BigInt,
        kind -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        body -> Text,
        attempts -> BigInt,
        next_at -> BigInt,
        delivered_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(tokens -> accounts (account_id));
diesel::joinable!(tokens -> groups (group_id));
diesel::joinable!(token_spend -> tokens (token_id));
diesel::joinable!(account_spend -> accounts (account_id));
diesel::joinable!(secrets -> tokens (token_id));
diesel::joinable!(upstream_models -> models (model_id));
diesel::joinable!(upstream_models -> upstreams (upstream_id));
diesel::allow_tables_to_appear_in_same_query!(
    tokens,
    token_spend,
    accounts,
    account_spend,
    groups,
    secrets,
    models,
    upstreams,
    upstream_models,
);
