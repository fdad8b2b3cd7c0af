//! The variables of the environment that have secrets for others than upstreams.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::Config;

/// Names of variables that no upstream's credential is read from. Clones are the same.
///
/// A name that was withheld once stays withheld: what is in the variable is no less of a secret.
#[derive(Debug, Clone)]
pub(crate) struct Withheld(Arc<ArcSwap<Vec<String>>>);

impl Withheld {
    /// Those that a configuration names.
    pub(crate) fn of(config: &Config) -> Self {
        Self::new(config.secret_variables())
    }

    fn new(names: Vec<String>) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(names)))
    }

    /// Whether it is one of them.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.load().iter().any(|withheld| withheld == name)
    }

    /// Withholds those too that another configuration names.
    pub(crate) fn follow(&self, config: &Config) {
        self.add(&config.secret_variables());
    }

    fn add(&self, names: &[String]) {
        self.0.rcu(|known| {
            let mut all = Vec::clone(known);
            let fresh = names.iter().filter(|name| !known.contains(name));
            all.extend(fresh.cloned());
            all
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_later_is_withheld_too_and_for_all() {
        let withheld = Withheld::new(vec!["HOOK".to_owned()]);
        let reader = withheld.clone();
        assert!(!reader.has("OTHER_HOOK"));
        withheld.add(&["OTHER_HOOK".to_owned()]);
        withheld.add(&["OTHER_HOOK".to_owned()]);
        assert!(reader.has("OTHER_HOOK") && reader.has("HOOK"));
        assert!(!reader.has("OPENAI_API_KEY"));
        assert_eq!(reader.0.load().len(), 2);
    }
}
