//! What pages are put together from. Nothing here asks for data, or knows a use case.

pub(crate) mod badge;
pub(crate) mod chart;
pub(crate) mod dialog;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod layout;
pub(crate) mod money;
pub(crate) mod problem;
pub(crate) mod qr;
pub(crate) mod sheet;
pub(crate) mod snippet;
pub(crate) mod table;
pub(crate) mod time;
