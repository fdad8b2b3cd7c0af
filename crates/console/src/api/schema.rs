//! Which fields a type has, by its schema: so that unknown ones are refused, also where serde lets
//! them pass because a part of the type is flattened into it.

use std::collections::BTreeSet;

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::problem::Problem;

/// Refuses names that the schema does not know.
pub(super) fn check<'n, T: ToSchema>(names: impl Iterator<Item = &'n str>) -> Result<(), Problem> {
    let known = fields::<T>();
    for name in names {
        if !known.contains(name) {
            let shown: String = name.chars().take(60).collect();
            let list: Vec<_> = known.iter().map(|one| format!("`{one}`")).collect();
            let detail = format!("there is no field `{shown}`; there are {}", list.join(", "));
            return Err(Problem::invalid(&shown, detail));
        }
    }
    Ok(())
}

/// The names of all fields.
pub(super) fn fields<T: ToSchema>() -> BTreeSet<String> {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let mut found = BTreeSet::new();
    walk(&T::schema(), &parts, &mut found);
    found
}

fn walk(schema: &RefOr<Schema>, parts: &[(String, RefOr<Schema>)], found: &mut BTreeSet<String>) {
    match schema {
        RefOr::Ref(to) => {
            let name = to.ref_location.rsplit('/').next().unwrap_or_default();
            if let Some((_, part)) = parts.iter().find(|(one, _)| one == name) {
                walk(part, parts, found);
            }
        }
        RefOr::T(Schema::Object(object)) => found.extend(object.properties.keys().cloned()),
        RefOr::T(Schema::AllOf(all)) => {
            for item in &all.items {
                walk(item, parts, found);
            }
        }
        RefOr::T(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use tollgate_admin_core::token::{TokenChange, TokenFilter};

    use super::*;

    #[test]
    fn flattened_fields_are_known_and_others_are_not() {
        let known = fields::<TokenChange>();
        assert!(known.contains("rpm") && known.contains("networks") && known.contains("name"));
        assert!(!known.contains("status"));
        assert!(check::<TokenFilter>(["search", "limit"].into_iter()).is_ok());
        assert!(check::<TokenFilter>(["serach"].into_iter()).is_err());
    }
}
