//! A QR code as SVG, drawn on the server: no script, no image of another host, no inline style.

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white on each side, without which readers do not find the code.
const QUIET: usize = 4;

/// The code of a text; nothing where the text is too long for one.
pub(crate) fn draw(label: &str, text: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return html! {};
    };
    let (size, path) = (code.width() + 2 * QUIET, path(&code));
    // Dark on light in every theme: many readers take no inverted code.
    html! {
        svg width="220" height="220" viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(label) shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// One rectangle for each run of dark modules of a row.
fn path(code: &QrCode) -> String {
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                let (left, top) = (x + QUIET, y + QUIET);
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += length;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_without_style_or_script_and_begins_with_a_finder() {
        let drawn = draw("Code", "otpauth://totp/Tollgate:ada?secret=ABC").into_string();
        // The upper edge of the finder pattern: seven dark modules.
        assert!(drawn.contains("d=\"M4 4h7v1h-7z"), "{drawn}");
        assert!(drawn.contains("aria-label=\"Code\""));
        for banned in ["style", "script", "href"] {
            assert!(!drawn.contains(banned), "{banned}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        assert_eq!(draw("Code", &"x".repeat(5000)).into_string(), "");
    }
}
