//! Which bytes may stand where. Each is looked up once, and long values are looked at by eights.

/// A byte of a name (RFC 9110, 5.6.2).
pub(super) const TOKEN: u8 = 1;
/// The one byte of names that some servers take for a dash.
pub(super) const UNDERSCORE: u8 = 2;
/// A byte of a request target: no more than hyper parses as well, so that each refusal is made here.
pub(super) const TARGET: u8 = 4;
/// A byte of a host and its port.
pub(super) const HOST: u8 = 8;
/// A byte of a method.
pub(super) const METHOD: u8 = 16;

const KINDS: [u8; 256] = kinds();

/// All that a byte may be.
pub(super) fn kind(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Whether each byte is of this kind.
pub(super) fn all(bytes: &[u8], wanted: u8) -> bool {
    // No early end: nearly always all are.
    bytes.iter().fold(wanted, |all, byte| all & kind(*byte)) == wanted
}

/// Where the first control character is that is no tab: as a rule, the end of the line.
pub(super) fn first_control(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let found = first_low(rest)?;
        if rest.get(found) != Some(&b'\t') {
            return Some(from + found);
        }
        from += found + 1;
    }
}

fn first_low(bytes: &[u8]) -> Option<usize> {
    let (eights, rest) = bytes.as_chunks::<8>();
    for (number, eight) in eights.iter().enumerate() {
        let lows = lows(*eight);
        if lows != 0 {
            return Some(number * 8 + lows.trailing_zeros() as usize / 8);
        }
    }
    let low = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
    let place = rest.iter().position(low)?;
    Some(eights.len() * 8 + place)
}

/// The highest bit of each of eight bytes that is below 0x20 or is 0x7f. A borrow may set bits above
/// the first that is rightly set, and never below it.
fn lows(eight: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(eight);
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    (below(word, 0x20) | below(word ^ (ONES * 0x7f), 1)) & (ONES * 0x80)
}

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    loop {
        let upper = byte.is_ascii_uppercase();
        let plain = byte.is_ascii_alphanumeric();
        let token = plain || byte.is_ascii_graphic() && !is_delimiter(byte);
        let target = byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'`');
        let host = plain || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']');
        #[expect(
            clippy::indexing_slicing,
            reason = "the table has a place for each byte"
        )]
        let kind: &mut u8 = &mut kinds[byte as usize];
        *kind = if token { TOKEN } else { 0 };
        *kind |= if byte == b'_' { UNDERSCORE } else { 0 };
        *kind |= if target { TARGET } else { 0 };
        *kind |= if host { HOST } else { 0 };
        *kind |= if upper || byte == b'-' { METHOD } else { 0 };
        if byte == u8::MAX {
            return kinds;
        }
        byte += 1;
    }
}

/// The delimiters of RFC 9110, 5.6.2.
const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'('
            | b')'
            | b','
            | b'/'
            | b':'
            | b';'
            | b'<'
            | b'='
            | b'>'
            | b'?'
            | b'@'
            | b'['
            | b'\\'
            | b']'
            | b'{'
            | b'}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_of_the_kinds_that_its_rfc_says() {
        let of = |wanted: u8| -> String {
            let bytes = (0..=255_u8).filter(|byte| kind(*byte) & wanted != 0);
            bytes.map(char::from).collect()
        };
        let digits_and_letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let sorted = |text: &str| {
            let mut bytes: Vec<char> = text.chars().collect();
            bytes.sort_unstable();
            bytes.into_iter().collect::<String>()
        };
        assert_eq!(
            of(TOKEN),
            sorted(&format!("{digits_and_letters}!#$%&'*+-.^_`|~"))
        );
        assert_eq!(of(UNDERSCORE), "_");
        assert_eq!(of(METHOD), "-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert_eq!(of(HOST), sorted(&format!("{digits_and_letters}-._~:[]")));
        assert_eq!(of(TARGET).len(), 94 - 5);
    }

    #[test]
    fn the_first_control_character_is_found_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..20 {
                for filler in [b'\t', b'a', 0xff, 0x80, 0x7e, b' '] {
                    let mut value = vec![filler; 20];
                    value[place] = byte;
                    let control = byte.is_ascii_control() && byte != b'\t';
                    let expected = control.then_some(place);
                    assert_eq!(first_control(&value), expected, "{byte} at {place}");
                    // What follows makes no difference.
                    value.extend(b"\r\n\0\x7f");
                    assert_eq!(first_control(&value), expected.or(Some(20)));
                }
            }
        }
    }
}
