//! What an operator can do: the use cases of Tollgate.
