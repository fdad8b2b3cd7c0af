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

/// Whether there is a control character other than a tab.
pub(super) fn has_control(value: &[u8]) -> bool {
    let (eights, rest) = value.as_chunks::<8>();
    let suspect = match value.last_chunk::<8>() {
        // The last eight once more, in part, are quicker than those behind the others one by one.
        Some(last) => eights
            .iter()
            .fold(has_low(last), |any, eight| any | has_low(eight)),
        None => rest.iter().any(|byte| is_low(*byte)),
    };
    // Only then are tabs told apart.
    suspect && value.iter().any(|byte| is_low(*byte) && *byte != b'\t')
}

fn is_low(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// Whether one of eight bytes is below 0x20 or is 0x7f.
fn has_low(eight: &[u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(*eight);
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    (below(word, 0x20) | below(word ^ (ONES * 0x7f), 1)) & (ONES * 0x80) != 0
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
    fn a_control_character_is_found_at_every_place() {
        for byte in 0..=255_u8 {
            for length in 1..40 {
                for place in 0..length {
                    let mut value = vec![b'\t'; length];
                    value[place] = byte;
                    let control = byte.is_ascii_control() && byte != b'\t';
                    assert_eq!(
                        has_control(&value),
                        control,
                        "{byte} at {place} of {length}"
                    );
                    let mut value = vec![0xff; length];
                    value[place] = byte;
                    assert_eq!(
                        has_control(&value),
                        control,
                        "{byte} at {place} of {length}"
                    );
                }
            }
        }
    }
}
