//! One check function, and tables of cases by subject.

use super::*;
use crate::fixture::{NOW, World};

mod money;
mod permits;
mod properties;
mod reasons;
mod restrictions;

/// What a reason is expected to be: its kind, its layer, and what it saw.
type Expected<'a> = (ReasonKind, Layer, &'a str);

/// Changes the fixture, asks, and compares every reason in order; no reason means a permit.
/// Whatever the case, `explain` must tell the same.
#[track_caller]
fn check(change: impl FnOnce(&mut World), target: Target<'_>, expected: &[Expected<'_>]) {
    let mut world = World::new();
    change(&mut world);
    let (catalog, asked) = (world.catalog(), world.asked(target));
    let verdict = evaluate(&catalog, &world.principal, &asked, NOW);
    let found = reasons(&verdict);
    let seen: Vec<Expected<'_>> = found
        .iter()
        .map(|reason| (reason.kind, reason.layer, reason.saw.as_str()))
        .collect();
    assert_eq!(seen, expected);
    agree(&explain(&catalog, &world.principal, &asked, NOW), &verdict);
}

/// The reasons of a refusal; none for a permit.
fn reasons(verdict: &Verdict<'_>) -> Vec<Reason> {
    match verdict {
        Verdict::Permit(_) => Vec::new(),
        Verdict::Refuse(refusal) => refusal.reasons().cloned().collect(),
    }
}

/// An explanation agrees with a verdict where its failed steps are the reasons, in order.
#[track_caller]
fn agree(explanation: &Explanation<'_>, verdict: &Verdict<'_>) {
    let failed: Vec<Reason> = explanation
        .steps
        .iter()
        .filter(|step| !step.passed)
        .cloned()
        .map(|step| Reason {
            kind: step.kind,
            layer: step.layer,
            until: step.until,
            saw: step.saw,
            wanted: step.wanted,
        })
        .collect();
    assert_eq!(failed, reasons(verdict));
    assert_eq!(failed, reasons(&explanation.verdict));
    let permitted = matches!(verdict, Verdict::Permit(_));
    assert_eq!(failed.is_empty(), permitted);
    assert!(explanation.steps.is_sorted_by_key(Step::rule));
}
