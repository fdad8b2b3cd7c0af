//! Groups as they are shown.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate_policy::group::Fallbacks;
use tollgate_store::group::StoredGroup;

use super::ScopeView;
use super::money::LimitsView;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupView {
    /// `grp_…`
    pub id: String,
    /// Unique among groups.
    pub name: String,
    /// What a call costs in relation to its list price, such as `0.8`.
    pub multiplier: String,
    /// What its tokens may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsView,
    /// Whether all its tokens share these limits; else each has them to itself.
    pub shared_limits: bool,
    /// How quotas are kept: `strict`, `refuse` or `lenient`.
    pub enforcement: String,
    /// What becomes of a call whose client leaves: `cancel`, or `drain:` and seconds.
    pub on_leave: String,
    /// The models that take the place of one that nobody serves just now, by model.
    pub fallbacks: BTreeMap<String, Vec<String>>,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// Whether members may choose it for tokens of their own.
    pub open_to_members: bool,
    /// A remark.
    pub note: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Grows with each change.
    pub version: i64,
}

impl GroupView {
    pub(crate) fn new(stored: &StoredGroup) -> Self {
        let group = &stored.group;
        Self {
            id: group.id.to_string(),
            name: group.name.to_string(),
            multiplier: group.multiplier.to_string(),
            limits: LimitsView::new(&group.terms.limits),
            shared_limits: group.terms.shared,
            enforcement: group.terms.enforcement.to_string(),
            on_leave: group.terms.on_leave.to_string(),
            fallbacks: fallbacks(&group.terms.fallbacks),
            scope: ScopeView::new(&group.scope),
            open_to_members: stored.open,
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            version: stored.version,
        }
    }
}

fn fallbacks(fallbacks: &Fallbacks) -> BTreeMap<String, Vec<String>> {
    let pairs = fallbacks.iter().map(|(model, others)| {
        let others = others.iter().map(ToString::to_string).collect();
        (model.to_string(), others)
    });
    pairs.collect()
}
