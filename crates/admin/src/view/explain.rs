//! Decisions as they are shown.

use serde::Serialize;
use tollgate_policy::Target;
use tollgate_policy::asked::Asked;
use tollgate_policy::explain::{Explanation, Step};
use tollgate_policy::group::Group;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::quota::Quota;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::{Candidate, ReasonKind, Verdict};

use super::{Reference, moment};

/// A decision with every rule that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// The upstreams that may serve it, each with what the call costs there.
    pub upstreams: Vec<ServingView>,
    /// What the group makes of these prices, such as `0.8`; `null` where the group is not there.
    pub multiplier: Option<String>,
    /// What could refuse the call besides, and is not known here.
    pub unknown: Vec<String>,
    /// The rules, in the order in which they were looked at.
    pub steps: Vec<StepView>,
}

/// An upstream that may serve a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServingView {
    /// The upstream.
    #[serde(flatten)]
    pub upstream: Reference,
    /// The price list of the call there, before the group's multiplier.
    pub price: String,
}

/// One rule, and what it made of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// When the present period ends, of a rule on one.
    pub until: Option<String>,
}

impl ExplanationView {
    pub(crate) fn new(
        principal: &Principal,
        asked: &Asked<'_>,
        at: Timestamp,
        explanation: &Explanation<'_>,
        group: Option<&Group>,
    ) -> Self {
        let (permitted, reasons, upstreams) = match &explanation.verdict {
            Verdict::Permit(permit) => {
                let candidates = permit.candidates().map(|one| ServingView::new(&one));
                (true, Vec::new(), candidates.collect())
            }
            Verdict::Refuse(refusal) => {
                let codes = refusal.reasons().map(|one| one.kind.name().to_owned());
                (false, codes.collect(), Vec::new())
            }
        };
        let model = match asked.target {
            Target::Model { model, .. } => Some(model.to_owned()),
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
            multiplier: group.map(|group| group.multiplier.to_string()),
            unknown: unknown(principal, asked, group),
            steps: explanation.steps.iter().map(StepView::new).collect(),
        }
    }
}

impl ExplanationView {
    /// Leaves out by whom calls are served.
    pub(crate) fn hide_upstreams(&mut self) {
        self.upstreams.clear();
        let kinds = [ReasonKind::NoUpstream, ReasonKind::PriceUnknown].map(ReasonKind::name);
        let steps = self.steps.iter_mut();
        for step in steps.filter(|step| kinds.contains(&step.code.as_str())) {
            step.saw.clear();
        }
    }
}

impl ServingView {
    fn new(candidate: &Candidate<'_>) -> Self {
        let Candidate {
            upstream, price, ..
        } = candidate;
        Self {
            upstream: Reference {
                id: upstream.id.to_string(),
                name: upstream.name.to_string(),
            },
            price: price.to_string(),
        }
    }
}

/// Limits of a minute are in the memory of the gateways, and what a call may cost is in its body.
fn unknown(principal: &Principal, asked: &Asked<'_>, group: Option<&Group>) -> Vec<String> {
    if asked.target.is_answered_here() {
        return Vec::new();
    }
    let layers = [
        ("token", Some(&principal.token.limits)),
        ("account", Some(&principal.account.limits)),
        ("group", group.map(|group| &group.terms.limits)),
    ];
    let limited = layers.into_iter().filter_map(|(layer, limits)| {
        let limits = limits.filter(|limits| **limits != Limits::default())?;
        Some(format!(
            "whether there is room in the limits of the {layer} ({}): only the gateways know",
            said(limits)
        ))
    });
    let mut unknown: Vec<_> = limited.collect();
    let bounded = principal.token.quota != Quota::UNLIMITED
        || principal.account.funds.quota() != Quota::UNLIMITED;
    if bounded {
        let text = "whether what is left, less what is held for other calls, covers the most that this call can cost";
        unknown.push(text.to_owned());
    }
    unknown
}

fn said(limits: &Limits) -> String {
    let rate = |rate: Option<Rate>, what| rate.map(|rate| format!("{} {what}", rate.per_minute()));
    let said = [
        rate(limits.requests, "requests a minute"),
        rate(limits.tokens, "tokens a minute"),
        limits.concurrency.map(|number| format!("{number} at once")),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
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
            until: moment(step.until),
        }
    }
}
