//! What came of an import.

use serde::Serialize;
use tollgate_policy::group::Multiplier;

use crate::import::Found;

/// What came of a file, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportView {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// How many models were added.
    pub created: usize,
    /// How many were changed.
    pub updated: usize,
    /// How many were as in the file already.
    pub unchanged: usize,
    /// How many were there already, and left alone.
    pub left: usize,
    /// How many entries cannot be used.
    pub skipped: usize,
    /// How many of those added, changed or unchanged have exactly the prices of the file.
    pub exact: usize,
    /// How many of them do not: their notes say why.
    pub approximate: usize,
    /// One for each multiplier of a group in the file; none where only certain models were asked for.
    pub groups: Vec<ImportedGroupView>,
    /// What is in the file besides models and groups.
    pub remarks: Vec<String>,
    /// One for each entry of the file that was asked for.
    pub entries: Vec<ImportedView>,
}

/// What came of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedView {
    /// The model's name in the file.
    pub name: String,
    /// What was done.
    pub action: Action,
    /// The price list; `null` where the entry was skipped.
    pub price: Option<String>,
    /// The largest prompt, in tokens, where the file says one.
    pub context: Option<u64>,
    /// The largest answer, in tokens, where the file says one.
    pub max_output: Option<u64>,
    /// Whether the prices are exactly those of the file; `null` where the entry was skipped.
    pub exact: Option<bool>,
    /// Why it was skipped or left alone, and what is not as in the file.
    pub notes: Vec<String>,
}

/// What came of the multiplier of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedGroupView {
    /// The group's name in the file.
    pub name: String,
    /// What was done; no group is ever created.
    pub action: Action,
    /// The multiplier; `null` where it was skipped.
    pub multiplier: Option<String>,
    /// Whether it is exactly that of the file; `null` where it was skipped.
    pub exact: Option<bool>,
    /// Why it was skipped or left alone, and what is not as in the file.
    pub notes: Vec<String>,
}

/// What was done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A model was added.
    Created,
    /// A model was changed.
    Updated,
    /// The model is as in the file.
    Unchanged,
    /// The model is there already, and was left alone.
    Left,
    /// The entry cannot be used.
    Skipped,
}

impl Action {
    /// The name in texts, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Left => "left",
            Self::Skipped => "skipped",
        }
    }
}

impl ImportView {
    pub(crate) fn new(dry_run: bool, remarks: Vec<String>) -> Self {
        Self {
            dry_run,
            created: 0,
            updated: 0,
            unchanged: 0,
            left: 0,
            skipped: 0,
            exact: 0,
            approximate: 0,
            groups: Vec::new(),
            remarks,
            entries: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, entry: ImportedView) {
        let counted = match entry.action {
            Action::Created => &mut self.created,
            Action::Updated => &mut self.updated,
            Action::Unchanged => &mut self.unchanged,
            Action::Left => &mut self.left,
            Action::Skipped => &mut self.skipped,
        };
        *counted = counted.saturating_add(1);
        let kept = !matches!(entry.action, Action::Left | Action::Skipped);
        match entry.exact.filter(|_| kept) {
            Some(true) => self.exact = self.exact.saturating_add(1),
            Some(false) => self.approximate = self.approximate.saturating_add(1),
            None => {}
        }
        self.entries.push(entry);
    }
}

impl ImportedView {
    pub(crate) fn new(action: Action, name: String, found: &Found) -> Self {
        Self {
            name,
            action,
            price: Some(found.price.to_string()),
            context: found.window.context,
            max_output: found.window.output,
            exact: Some(found.notes.is_empty()),
            notes: found.notes.clone(),
        }
    }

    pub(crate) fn skipped(name: String, why: String) -> Self {
        Self {
            name,
            action: Action::Skipped,
            price: None,
            context: None,
            max_output: None,
            exact: None,
            notes: vec![why],
        }
    }
}

impl ImportedGroupView {
    pub(crate) fn new(action: Action, name: String, multiplier: Multiplier, exact: bool) -> Self {
        let rounded = "it is finer than a millionth, and was rounded up".to_owned();
        Self {
            name,
            action,
            multiplier: Some(multiplier.to_string()),
            exact: Some(exact),
            notes: if exact { Vec::new() } else { vec![rounded] },
        }
    }

    pub(crate) fn skipped(name: String, why: String) -> Self {
        Self {
            name,
            action: Action::Skipped,
            multiplier: None,
            exact: None,
            notes: vec![why],
        }
    }
}
