//! The multipliers of groups in a file: those of groups that are there are taken over, and nothing
//! makes a group's calls free by accident.

use tollgate_policy::group::Multiplier;
use tollgate_store::group::{GroupEdit, StoredGroup};

use super::ImportInput;
use super::decimal::Decimal;
use crate::context::Context;
use crate::error::AdminError;
use crate::view::import::{Action, ImportedGroupView};

/// A group in a file: its multiplier, or why that cannot be used.
pub(super) struct GroupEntry {
    pub(super) name: String,
    pub(super) found: Result<FoundMultiplier, String>,
}

/// What is said of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundMultiplier {
    pub(super) multiplier: Multiplier,
    /// Whether it is exactly that of the file; if not, it was rounded up.
    pub(super) exact: bool,
}

/// The largest that a group takes, in millionths.
const MOST: u32 = 4_000_000_000;

impl FoundMultiplier {
    /// From a ratio as the file writes it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let cannot = |problem| format!("its number in `GroupRatio` cannot be used: {problem}");
        let ratio = Decimal::parse(text).map_err(|error| cannot(error.to_string()))?;
        let (millionths, exact) = ratio.scaled(6).map_err(|error| cannot(error.to_string()))?;
        if ratio.is_zero() {
            return Err(
                "its ratio is 0: if its calls cost nothing, say so by `group edit --multiplier 0`"
                    .to_owned(),
            );
        }
        let millionths = u32::try_from(millionths).ok().filter(|one| *one <= MOST);
        let millionths = millionths.ok_or_else(|| cannot("it is larger than 4000".to_owned()))?;
        let multiplier = Multiplier::from_millionths(millionths);
        Ok(Self { multiplier, exact })
    }
}

/// Gives the groups that are there the multipliers of the file, where that was said.
pub(super) async fn import(
    context: &Context,
    input: &ImportInput,
    entries: Vec<GroupEntry>,
) -> Result<Vec<ImportedGroupView>, AdminError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let groups = context.store().group_list().await?;
    let mut views = Vec::with_capacity(entries.len());
    for entry in entries {
        let there = groups
            .iter()
            .find(|one| one.group.name.as_str() == entry.name);
        views.push(one(context, input, entry, there).await?);
    }
    Ok(views)
}

async fn one(
    context: &Context,
    input: &ImportInput,
    entry: GroupEntry,
    there: Option<&StoredGroup>,
) -> Result<ImportedGroupView, AdminError> {
    let name = entry.name;
    let found = match entry.found {
        Ok(found) => found,
        Err(why) => return Ok(ImportedGroupView::skipped(name, why)),
    };
    let multiplier = found.multiplier;
    let Some(StoredGroup { group, .. }) = there else {
        let why = format!(
            "there is no group of this name, so that its multiplier of {multiplier} is not in force: make it by `group create --multiplier {multiplier}`"
        );
        return Ok(ImportedGroupView::skipped(name, why));
    };
    let view = |action| ImportedGroupView::new(action, name.clone(), found.multiplier, found.exact);
    if group.multiplier == multiplier {
        return Ok(view(Action::Unchanged));
    }
    if !input.update {
        let mut view = view(Action::Left);
        let now = group.multiplier;
        let why = format!("it has a multiplier of {now}, and nothing said to update it");
        view.notes.insert(0, why);
        return Ok(view);
    }
    if !input.dry_run {
        let edit = GroupEdit {
            multiplier: Some(multiplier),
            ..GroupEdit::default()
        };
        let (store, at) = (context.store(), context.now());
        store
            .group_edit(context.actor(), group.id, edit, at)
            .await?;
    }
    Ok(view(Action::Updated))
}
