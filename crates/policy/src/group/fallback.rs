//! Which models take the place of another one, where nobody serves that just now.

use std::collections::BTreeMap;

use crate::name::ModelName;

/// A model has at most so many fallbacks: each is held for and may be tried.
pub const MOST_FALLBACKS: usize = 4;

/// For some models, those that are tried after them, in order. What takes a model's place is not
/// replaced itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fallbacks(BTreeMap<ModelName, Vec<ModelName>>);

/// What fallbacks cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FallbackError {
    /// A model would be tried twice.
    #[error("`{other}` is named twice where `{model}` falls back")]
    Twice {
        /// The model that falls back.
        model: ModelName,
        /// The model that is named twice, or is the same.
        other: ModelName,
    },
    /// More than [`MOST_FALLBACKS`].
    #[error("`{0}` falls back on more than {MOST_FALLBACKS} models")]
    TooMany(ModelName),
}

impl Fallbacks {
    /// Sets what takes the place of a model; an empty list takes away what was set.
    ///
    /// # Errors
    /// Where a model would be tried twice, or there are too many.
    pub fn set(&mut self, model: ModelName, others: Vec<ModelName>) -> Result<(), FallbackError> {
        if others.len() > MOST_FALLBACKS {
            return Err(FallbackError::TooMany(model));
        }
        let twice = |(i, other): (usize, &ModelName)| {
            *other == model || others.iter().take(i).any(|earlier| earlier == other)
        };
        if let Some((_, other)) = others.iter().enumerate().find(|one| twice(*one)) {
            let other = other.clone();
            return Err(FallbackError::Twice { model, other });
        }
        if others.is_empty() {
            self.0.remove(&model);
        } else {
            self.0.insert(model, others);
        }
        Ok(())
    }

    /// The models that take the place of this one, in order.
    pub fn of(&self, model: &ModelName) -> &[ModelName] {
        self.0.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    /// The models that have fallbacks, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ModelName, &[ModelName])> {
        self.0
            .iter()
            .map(|(model, others)| (model, others.as_slice()))
    }

    /// Whether no model has any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ModelName {
        text.parse().unwrap()
    }

    fn set(fallbacks: &mut Fallbacks, model: &str, others: &[&str]) -> Result<(), FallbackError> {
        let others = others.iter().map(|text| name(text)).collect();
        fallbacks.set(name(model), others)
    }

    #[test]
    fn no_model_is_tried_twice() {
        let mut fallbacks = Fallbacks::default();
        for others in [&["a"][..], &["b", "a"], &["b", "c", "b"]] {
            let error = set(&mut fallbacks, "a", others).unwrap_err();
            assert!(matches!(error, FallbackError::Twice { .. }), "{others:?}");
        }
        let many = set(&mut fallbacks, "a", &["b", "c", "d", "e", "f"]);
        assert_eq!(many, Err(FallbackError::TooMany(name("a"))));
        assert!(fallbacks.is_empty());
    }

    #[test]
    fn an_empty_list_takes_fallbacks_away() {
        let mut fallbacks = Fallbacks::default();
        set(&mut fallbacks, "a", &["b", "c"]).unwrap();
        set(&mut fallbacks, "b", &["c"]).unwrap();
        assert_eq!(fallbacks.of(&name("a")), [name("b"), name("c")]);
        assert_eq!(fallbacks.iter().count(), 2);
        set(&mut fallbacks, "a", &[]).unwrap();
        assert!(fallbacks.of(&name("a")).is_empty());
        assert!(!fallbacks.is_empty());
    }
}
