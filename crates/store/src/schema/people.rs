//! The tables of people, and of what they and their programs prove themselves with.

diesel::table! {
    members (id) {
        id -> BigInt,
        login -> Text,
        login_key -> Text,
        name -> Text,
        role -> Text,
        account_id -> Nullable<BigInt>,
        enabled -> Bool,
        password -> Nullable<Text>,
        totp_sealed -> Nullable<Binary>,
        totp_confirmed -> Bool,
        totp_step -> BigInt,
        issuer -> Nullable<Text>,
        subject -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        signed_in_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    recovery_codes (hash) {
        hash -> Binary,
        member_id -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        hash -> Binary,
        member_id -> BigInt,
        address -> Text,
        user_agent -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    links (hash) {
        hash -> Binary,
        purpose -> Text,
        member_id -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    api_credentials (id) {
        id -> BigInt,
        name -> Text,
        hash -> Binary,
        hint -> Text,
        scope -> Text,
        member_id -> BigInt,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sign_in_attempts (hash) {
        hash -> Binary,
        count -> BigInt,
        last_at -> BigInt,
        until_at -> BigInt,
    }
}

diesel::table! {
    idempotency (hash) {
        hash -> Binary,
        request -> Binary,
        answer -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    finished_sign_ins (hash) {
        hash -> Binary,
        expires_at -> BigInt,
    }
}

diesel::joinable!(sessions -> members (member_id));
diesel::joinable!(api_credentials -> members (member_id));
diesel::allow_tables_to_appear_in_same_query!(members, sessions);
diesel::allow_tables_to_appear_in_same_query!(members, api_credentials);
