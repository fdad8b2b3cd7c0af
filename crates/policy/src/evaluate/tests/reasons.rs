//! Each rule, broken on each layer, with what the refusal says.

use ReasonKind::*;

use super::*;
use crate::credits::Credits;
use crate::endpoint::Dialect;
use crate::fixture::{
    CRM, GPT, LAYERS, LIST, chat, group, mount, networks, patterns, providers, upstream,
};
use crate::id::{GroupId, UpstreamId};
use crate::scope::Allow;
use crate::upstream::Upstream;

const EXPIRY: &str = "expires 2027-01-15T08:00:00Z";
const EMPTY: &str = "0 of 0 credits left";

#[test]
fn a_retired_secret_is_refused_from_its_very_moment() {
    let saw = "valid until 2027-01-15T08:00:00Z";
    let retired = |world: &mut World| world.secret_valid_until = Some(NOW);
    check(retired, GPT, &[(SecretRetired, Layer::Token, saw)]);
    check(retired, LIST, &[(SecretRetired, Layer::Token, saw)]);
    let later = Timestamp::from_micros(NOW.as_micros() + 1);
    check(|world| world.secret_valid_until = Some(later), GPT, &[]);
}

#[test]
fn a_token_past_its_expiry_is_refused() {
    let expire =
        |at: Timestamp| move |world: &mut World| world.principal.token.expires_at = Some(at);
    let expired = &[(TokenExpired, Layer::Token, EXPIRY)];
    check(expire(NOW), GPT, expired);
    check(expire(NOW), LIST, expired);
    check(
        expire(Timestamp::from_micros(NOW.as_micros() + 1)),
        GPT,
        &[],
    );
    let long_ago = &[(TokenExpired, Layer::Token, "expires 1970-01-01T00:00:00Z")];
    check(expire(Timestamp::from_micros(0)), GPT, long_ago);
}

#[test]
fn what_an_operator_switched_off_is_refused() {
    let switch = |state| move |world: &mut World| world.principal.token.state = state;
    for target in [GPT, CRM, LIST] {
        let disabled = &[(TokenDisabled, Layer::Token, "disabled")];
        check(switch(TokenState::Disabled), target, disabled);
        let revoked = &[(TokenRevoked, Layer::Token, "revoked")];
        check(switch(TokenState::Revoked), target, revoked);
        let account = &[(AccountDisabled, Layer::Account, "disabled")];
        check(
            |world| world.principal.account.enabled = false,
            target,
            account,
        );
    }
}

#[test]
fn a_group_that_is_gone_hides_no_other_reason() {
    let gone = (GroupUnknown, Layer::Catalog, "grp_0000000000009");
    let leave = |world: &mut World| world.principal.token.group = GroupId::from_raw(9).unwrap();
    check(leave, LIST, &[gone]);
    let all = [
        gone,
        (AddressNotAllowed, Layer::Token, "203.0.113.7"),
        (ModelUnknown, Layer::Catalog, "`none`"),
        (QuotaExhausted, Layer::Token, EMPTY),
    ];
    let more = |world: &mut World| {
        leave(world);
        world.principal.token.quota.lifetime = Some(Credits::ZERO);
        world.scope(Layer::Token).networks = networks(["10.0.0.0/8"]);
    };
    check(more, chat("none"), &all);
}

#[test]
fn an_address_outside_the_networks_of_any_layer_is_refused() {
    for layer in LAYERS {
        let restrict =
            |world: &mut World| world.scope(layer).networks = networks(["10.0.0.0/8", "::/0"]);
        for target in [GPT, CRM, LIST] {
            let refused = &[(AddressNotAllowed, layer, "203.0.113.7")];
            check(restrict, target, refused);
        }
        let nothing = |world: &mut World| world.scope(layer).networks = Allow::Only(vec![]);
        check(nothing, GPT, &[(AddressNotAllowed, layer, "203.0.113.7")]);
    }
}

#[test]
fn a_mapped_address_is_judged_as_the_ipv4_address_that_it_is() {
    let from = |address: &'static str, network: &'static str| {
        move |world: &mut World| {
            world.address = address.parse().unwrap();
            world.scope(Layer::Token).networks = networks([network]);
        }
    };
    check(from("::ffff:10.1.2.3", "10.0.0.0/8"), GPT, &[]);
    let seen = &[(AddressNotAllowed, Layer::Token, "10.1.2.3")];
    check(from("::ffff:10.1.2.3", "::/0"), GPT, seen);
    check(from("::ffff:10.1.2.3", "11.0.0.0/8"), GPT, seen);
    let six = &[(AddressNotAllowed, Layer::Token, "2001:db8::1")];
    check(from("2001:db8::1", "0.0.0.0/0"), GPT, six);
}

#[test]
fn an_endpoint_outside_the_list_of_any_layer_is_refused() {
    for layer in LAYERS {
        let only = |text: &'static str| {
            move |world: &mut World| world.scope(layer).endpoints = patterns([text])
        };
        let chat = &[(EndpointNotAllowed, layer, "chat.completions")];
        check(only("embeddings"), GPT, chat);
        check(only("mount/crm"), GPT, chat);
        check(
            only("mount/erp"),
            CRM,
            &[(EndpointNotAllowed, layer, "mount/crm")],
        );
        check(
            only("chat.*"),
            LIST,
            &[(EndpointNotAllowed, layer, "models")],
        );
        check(only("chat.*"), GPT, &[]);
        check(only("mount/*"), CRM, &[]);
    }
}

#[test]
fn a_model_outside_the_list_of_any_layer_is_refused() {
    for layer in LAYERS {
        let only = |text: &'static str| {
            move |world: &mut World| world.scope(layer).models = patterns([text])
        };
        check(only("gpt-4"), GPT, &[(ModelNotAllowed, layer, "`gpt-4o`")]);
        check(only("gpt-*"), GPT, &[]);
        check(only("gpt-4"), CRM, &[]);
        check(only("gpt-4"), LIST, &[]);
    }
}

#[test]
fn a_model_that_is_unknown_and_not_allowed_is_refused_for_both() {
    let unknown = (ModelUnknown, Layer::Catalog, "`gpt-5`");
    check(|_| (), chat("gpt-5"), &[unknown]);
    let layers = LAYERS.map(|layer| (ModelNotAllowed, layer, "`gpt-5`"));
    let restrict = |world: &mut World| {
        for layer in LAYERS {
            world.scope(layer).models = patterns(["gpt-4o"]);
        }
    };
    check(restrict, chat("gpt-5"), &[&[unknown], &layers[..]].concat());
}

#[test]
fn a_model_is_named_exactly_and_must_be_on_offer() {
    for text in ["GPT-4o", "gpt-4o ", "", "gpt-*"] {
        let saw = format!("`{text}`");
        check(|_| (), chat(text), &[(ModelUnknown, Layer::Catalog, &saw)]);
    }
    let withdraw = |world: &mut World| world.models[0].enabled = false;
    check(withdraw, GPT, &[(ModelUnknown, Layer::Catalog, "`gpt-4o`")]);
}

#[test]
fn what_a_stranger_sent_is_shortened_and_cannot_disturb_a_terminal() {
    let odd = "a\u{1b}[2J\u{202e}`\n";
    let saw = r"`a\u{1b}[2J\u{202e}`\n`";
    check(|_| (), chat(odd), &[(ModelUnknown, Layer::Catalog, saw)]);
    let mount = Target::Mount { prefix: odd };
    check(|_| (), mount, &[(MountUnknown, Layer::Catalog, saw)]);
    let long = "é".repeat(5000);
    let saw = format!("`{}`", "é".repeat(200));
    check(|_| (), chat(&long), &[(ModelUnknown, Layer::Catalog, &saw)]);
    assert_eq!(mount.to_string(), r"mount/a\u{1b}[2J\u{202e}`\n");
    let mount = Target::Mount { prefix: &long };
    assert_eq!(mount.to_string().chars().count(), 206);
}

#[test]
fn a_vendor_outside_the_list_of_any_layer_is_refused() {
    for layer in LAYERS {
        let restrict = |world: &mut World| world.scope(layer).providers = providers(["mistral"]);
        let name = layer.name();
        let none = format!(
            "`first` is of `openai`, which the {name} does not allow, \
             `second` is of `azure`, which the {name} does not allow"
        );
        let expected = [
            (ProviderNotAllowed, layer, "openai, azure"),
            (NoUpstream, Layer::Catalog, none.as_str()),
        ];
        check(restrict, GPT, &expected);
        let none = format!("`crm` is of `acme`, which the {name} does not allow");
        let expected = [
            (ProviderNotAllowed, layer, "acme"),
            (NoUpstream, Layer::Catalog, none.as_str()),
        ];
        check(restrict, CRM, &expected);
        check(restrict, LIST, &[]);
    }
}

#[test]
fn vendors_that_no_single_upstream_satisfies_are_refused_upstream_by_upstream() {
    let disagree = |world: &mut World| {
        world.scope(Layer::Token).providers = providers(["openai"]);
        world.scope(Layer::Account).providers = providers(["azure"]);
    };
    let saw = "`first` is of `openai`, which the account does not allow, \
               `second` is of `azure`, which the token does not allow";
    check(disagree, GPT, &[(NoUpstream, Layer::Catalog, saw)]);
}

#[test]
fn an_upstream_that_is_off_or_for_others_serves_nothing() {
    let off = |world: &mut World| {
        world
            .upstreams
            .iter_mut()
            .for_each(|one| one.enabled = false)
    };
    let saw = "`first` is disabled, `second` is disabled";
    check(off, GPT, &[(NoUpstream, Layer::Catalog, saw)]);
    check(
        off,
        CRM,
        &[(NoUpstream, Layer::Catalog, "`crm` is disabled")],
    );
    let others = |world: &mut World| {
        let other = group(2, "premium");
        world.upstreams[0].groups = Allow::Only(vec![other.id]);
        world.upstreams[1].groups = Allow::Only(vec![]);
        world.upstreams[3].groups = Allow::Only(vec![other.id]);
        world.groups.push(other);
    };
    let saw = "`first` does not serve the group, `second` does not serve the group";
    check(others, GPT, &[(NoUpstream, Layer::Catalog, saw)]);
    let saw = "`crm` does not serve the group";
    check(others, CRM, &[(NoUpstream, Layer::Catalog, saw)]);
}

#[test]
fn an_upstream_that_serves_neither_the_group_nor_an_allowed_vendor_is_refused_for_both() {
    let restrict = |world: &mut World| {
        world.upstreams[3].groups = Allow::Only(vec![]);
        world.scope(Layer::Group).providers = providers(["openai"]);
    };
    let expected = [
        (ProviderNotAllowed, Layer::Group, "acme"),
        (NoUpstream, Layer::Catalog, "`crm` does not serve the group"),
    ];
    check(restrict, CRM, &expected);
}

#[test]
fn a_model_that_is_served_in_another_dialect_only_is_refused() {
    let saw = "`third` speaks anthropic";
    check(|_| (), chat("opus"), &[(NoUpstream, Layer::Catalog, saw)]);
    let lone = |world: &mut World| world.upstreams.clear();
    check(lone, GPT, &[(NoUpstream, Layer::Catalog, "no upstream")]);
    let odd = |world: &mut World| world.upstreams[3].dialect = Dialect::OpenAi;
    let saw = "`crm` speaks openai";
    check(odd, CRM, &[(NoUpstream, Layer::Catalog, saw)]);
}

#[test]
fn a_long_list_of_upstreams_is_cut() {
    let many = |world: &mut World| {
        let template = world.upstreams.remove(0);
        let numbered = |id| Upstream {
            id: UpstreamId::from_raw(id).unwrap(),
            enabled: false,
            ..template.clone()
        };
        world.upstreams = (1..=11).map(numbered).collect();
    };
    let saw = format!("{}, and 3 more", ["`first` is disabled"; 8].join(", "));
    check(many, GPT, &[(NoUpstream, Layer::Catalog, &saw)]);
}

#[test]
fn a_prefix_without_a_mount_is_refused() {
    let target = Target::Mount { prefix: "erp" };
    check(|_| (), target, &[(MountUnknown, Layer::Catalog, "`erp`")]);
    let moved = |world: &mut World| world.upstreams[3].serves = mount("erp");
    check(moved, CRM, &[(MountUnknown, Layer::Catalog, "`crm`")]);
    check(moved, target, &[]);
    let taken = upstream(9, "odd", "acme", Dialect::Plain, mount("crm"));
    let double = Catalog::new([], [], [taken.clone(), taken]).unwrap_err();
    assert_eq!(double.to_string(), "two upstreams are mounted under `crm`");
}

#[test]
fn every_reason_is_told_in_the_order_of_the_rules() {
    let break_all = |world: &mut World| {
        world.secret_valid_until = Some(NOW);
        let token = &mut world.principal.token;
        token.state = TokenState::Disabled;
        token.expires_at = Some(NOW);
        token.quota.lifetime = Some(Credits::ZERO);
        world.principal.account.enabled = false;
        for layer in LAYERS {
            let scope = world.scope(layer);
            scope.networks = networks(["10.0.0.0/8"]);
            scope.endpoints = patterns(["embeddings"]);
            scope.models = patterns(["opus"]);
            scope.providers = providers(["mistral"]);
        }
        world
            .upstreams
            .iter_mut()
            .for_each(|one| one.enabled = false);
    };
    let each = |kind, saw| LAYERS.map(|layer| (kind, layer, saw));
    let expected = [
        &[
            (
                SecretRetired,
                Layer::Token,
                "valid until 2027-01-15T08:00:00Z",
            ),
            (TokenDisabled, Layer::Token, "disabled"),
            (TokenExpired, Layer::Token, EXPIRY),
            (AccountDisabled, Layer::Account, "disabled"),
        ][..],
        &each(AddressNotAllowed, "203.0.113.7"),
        &each(EndpointNotAllowed, "chat.completions"),
        &each(ModelNotAllowed, "`gpt-4o`"),
        &each(ProviderNotAllowed, "openai, azure"),
        &[
            (
                NoUpstream,
                Layer::Catalog,
                "`first` is disabled, `second` is disabled",
            ),
            (QuotaExhausted, Layer::Token, EMPTY),
        ],
    ];
    check(break_all, GPT, &expected.concat());
}
