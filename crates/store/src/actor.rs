//! Who makes a change, as the audit log names them.

/// Who makes a change, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person or process: a login name, a member's name.
    pub name: String,
    /// Where the change came from: `cli`, or the address of a console's user.
    pub origin: String,
}

impl Actor {
    /// An actor from a name and an origin.
    pub fn new(name: impl Into<String>, origin: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            origin: origin.into(),
        }
    }
}
