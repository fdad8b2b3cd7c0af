#![doc = include_str!("../README.md")]

mod access;
mod api;
mod assets;
mod body;
mod component;
mod console;
mod form;
mod guard;
mod page;
mod problem;
mod session;
mod site;
mod text;

pub use api::openapi;
pub use console::Console;
pub use site::Settings;
