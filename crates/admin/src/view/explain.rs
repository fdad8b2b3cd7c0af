//! Decisions as they are shown.

use serde::Serialize;
use tollgate_policy::asked::Asked;
use tollgate_policy::explain::{Explanation, Step};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::Verdict;

use super::Reference;

/// A decision with every rule that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplanationView {
    /// Who calls.
    pub token: Reference,
    /// From where.
    pub address: String,
    /// What is asked for: an endpoint such as `chat.completions`, or `mount/` and a prefix.
    pub endpoint: String,
    /// The model that is asked for; `null` where there is none.
    pub model: Option<String>,
    /// When.
    pub at: String,
    /// Whether the call is permitted.
    pub permitted: bool,
    /// The codes of all reasons against it, the deciding one first.
    pub reasons: Vec<String>,
    /// The upstreams that may serve it.
    pub upstreams: Vec<Reference>,
    /// The rules, in the order in which they were looked at.
    pub steps: Vec<StepView>,
}

/// One rule, and what it made of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// The rule.
    pub rule: String,
    /// Whose restriction it is: `token`, `account`, `group` or `catalog`.
    pub layer: String,
    /// Whether the call passed.
    pub passed: bool,
    /// The code of the refusal where it did not pass.
    pub code: String,
    /// What the rule looked at.
    pub saw: String,
    /// What it lets through.
    pub wanted: String,
}

impl ExplanationView {
    pub(crate) fn new(
        principal: &Principal,
        asked: &Asked<'_>,
        at: Timestamp,
        explanation: &Explanation<'_>,
    ) -> Self {
        let (permitted, reasons, upstreams) = match &explanation.verdict {
            Verdict::Permit(permit) => {
                let candidates = permit.candidates().map(|one| Reference {
                    id: one.upstream.id.to_string(),
                    name: one.upstream.name.to_string(),
                });
                (true, Vec::new(), candidates.collect())
            }
            Verdict::Refuse(refusal) => {
                let codes = refusal.reasons().map(|one| one.kind.name().to_owned());
                (false, codes.collect(), Vec::new())
            }
        };
        let model = match asked.target {
            tollgate_policy::Target::Model { model, .. } => Some(model.to_owned()),
            _ => None,
        };
        Self {
            token: Reference {
                id: principal.token.id.to_string(),
                name: principal.token.name.to_string(),
            },
            address: asked.address.to_string(),
            endpoint: asked.target.to_string(),
            model,
            at: at.to_string(),
            permitted,
            reasons,
            upstreams,
            steps: explanation.steps.iter().map(StepView::new).collect(),
        }
    }
}

impl StepView {
    fn new(step: &Step) -> Self {
        Self {
            rule: step.rule().name().to_owned(),
            layer: step.layer.name().to_owned(),
            passed: step.passed,
            code: step.kind.name().to_owned(),
            saw: step.saw.clone(),
            wanted: step.wanted.clone(),
        }
    }
}
