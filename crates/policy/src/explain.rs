//! A decision with every step that led to it, for operators.

use std::fmt::Display;

use crate::evaluate::Watch;
use crate::time::Timestamp;
use crate::verdict::{Layer, ReasonKind, Rule, Verdict};

/// Every rule that was looked at, in order, and the verdict that followed.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// The rules, in the order in which they were looked at.
    pub steps: Vec<Step>,
    /// What [`crate::evaluate()`] says.
    pub verdict: Verdict<'a>,
}

/// One rule, and what it made of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether the call passed.
    pub passed: bool,
    /// How the rule is broken where it is.
    pub kind: ReasonKind,
    /// Whose restriction it is.
    pub layer: Layer,
    /// Until when it is broken where it is, if that is known.
    pub until: Option<Timestamp>,
    /// What the rule looked at.
    pub saw: String,
    /// What it lets through.
    pub wanted: String,
}

impl Step {
    /// The rule.
    pub fn rule(&self) -> Rule {
        self.kind.rule()
    }
}

impl Watch for Vec<Step> {
    fn saw_until(
        &mut self,
        passed: bool,
        kind: ReasonKind,
        layer: Layer,
        until: &dyn Fn() -> Option<Timestamp>,
        saw: &dyn Display,
        wanted: &dyn Display,
    ) {
        let (saw, wanted) = (saw.to_string(), wanted.to_string());
        self.push(Step {
            passed,
            kind,
            layer,
            until: until(),
            saw,
            wanted,
        });
    }
}
