//! The tables of what gateways report.

diesel::table! {
    gateway_reports (gateway_id) {
        gateway_id -> Binary,
        host -> Text,
        address -> Text,
        version -> Text,
        started_at -> BigInt,
        revision -> BigInt,
        open_calls -> BigInt,
        seen_at -> BigInt,
    }
}

diesel::table! {
    refusals_hourly (hour, account_id, code) {
        hour -> BigInt,
        account_id -> BigInt,
        code -> Text,
        calls -> BigInt,
    }
}

diesel::table! {
    refusals (request_id) {
        request_id -> Binary,
        token_id -> BigInt,
        account_id -> BigInt,
        at -> BigInt,
        code -> Text,
        reasons -> Text,
        endpoint -> Nullable<Text>,
        model -> Nullable<Text>,
        client -> Text,
    }
}

diesel::table! {
    first_bytes_hourly (hour, within) {
        hour -> BigInt,
        within -> BigInt,
        calls -> BigInt,
    }
}
