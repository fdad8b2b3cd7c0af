//! How credentials that are named by a variable are read; the store itself reads no environment.

/// Variables that libpq and its like read, and that have a secret in them or lead to one.
const OF_DATABASES: [&str; 6] = [
    "DATABASE_URL",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICEFILE",
    "PGSSLKEY",
    "PGSSLPASSWORD",
];

/// Whether a variable may hold what opens the store, so that no credential is read from it: whoever
/// sets up upstreams could have it sent to one.
pub fn is_withheld(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.starts_with("TOLLGATE") || OF_DATABASES.contains(&upper.as_str())
}

type LookUp = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Looks a variable up.
pub(crate) struct Environment(Box<LookUp>);

impl Environment {
    pub(crate) fn new(look_up: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(look_up))
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let found = (!is_withheld(name)).then(|| (self.0)(name)).flatten();
        found.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_the_store_is_no_credential_and_other_names_are() {
        let environment = Environment::new(|name| Some(format!("of {name}")));
        for name in ["TOLLGATE_STORE", "tollgate_key_file", "PGPASSWORD"] {
            assert_eq!(environment.get(name), None, "{name}");
        }
        for name in ["OPENAI_API_KEY", "PGVECTOR_API_KEY", "MY_TOLLGATE"] {
            assert_eq!(environment.get(name), Some(format!("of {name}")));
        }
    }
}
