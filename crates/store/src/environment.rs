//! How credentials that are named by a variable are read; the store itself reads no environment.

type LookUp = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Looks a variable up.
pub(crate) struct Environment(Box<LookUp>);

impl Environment {
    pub(crate) fn new(look_up: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(look_up))
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}
