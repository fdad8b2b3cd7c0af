//! Small drawings beside words. They are for the eye alone: the word says the same.

use maud::{Markup, PreEscaped, html};

/// A drawing on a grid of 16 by 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Overview,
    Token,
    Group,
    Model,
    Upstream,
    Gateway,
    Account,
    Usage,
    Audit,
    Member,
    Credential,
    Alert,
    Settings,
    Plus,
    Search,
    Copy,
    Check,
    Cross,
    Download,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Overview => {
                "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8.5h4.5v5H9zM2.5 11h4.5v2.5H2.5z"
            }
            Self::Token => "M6 10a3.5 3.5 0 1 1 2.4-1L14 9v2.5h-2V13H9.5v-2M5.2 6.6h.01",
            Self::Group => {
                "M8 2.5 13.5 5.5 8 8.5 2.5 5.5zM2.5 8.3 8 11.2l5.5-2.9M2.5 10.9 8 13.8l5.5-2.9"
            }
            Self::Model => "M8 2 13.5 5v6L8 14 2.5 11V5zM8 8l5.5-3M8 8v6M8 8 2.5 5",
            Self::Upstream => {
                "M3 6.5h10M3 6.5 5.5 4M3 6.5 5.5 9M13 10.5H6M13 10.5 10.5 8M13 10.5 10.5 13"
            }
            Self::Gateway => "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01",
            Self::Account => "M2.5 4.5h11v8h-11zM2.5 7h11M5 10h2.5",
            Self::Usage => "M2.5 13.5h11M4.5 11V7M8 11V3.5M11.5 11V5.5",
            Self::Audit => "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5",
            Self::Member => {
                "M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.5c.4-2.6 2.4-4 5-4s4.600 1.400 5 4"
            }
            Self::Credential => "M5.500 3 2.500 8l3 5M10.500 3l3 5-3 5M9 4.500 7 11.500",
            Self::Alert => "M8 2.500 14 13H2zM8 6.500v3M8 11.300h.01",
            Self::Settings => {
                "M2.500 4.500h6M11.500 4.500h2M2.500 11.500h2M7.500 11.500h6M10 3v3M6 10v3"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::Search => {
                "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.400 10.400 13.500 13.500"
            }
            Self::Copy => "M5.500 5.500h8v8h-8zM3.500 10.500h-1v-8h8v1",
            Self::Check => "M3 8.500 6.500 12 13 4.500",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Download => "M8 2.500v8M4.800 7.500 8 10.700l3.200-3.200M3 13.500h10",
        }
    }

    /// The drawing.
    pub(crate) fn draw(self) -> Markup {
        html! {
            svg.icon viewBox="0 0 16 16" aria-hidden="true" focusable="false" {
                path d=(PreEscaped(self.path())) {}
            }
        }
    }
}
