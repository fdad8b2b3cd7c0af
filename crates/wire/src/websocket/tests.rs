use proptest::prelude::*;

use super::*;

const MASK: [u8; 4] = [1, 2, 3, 250];

#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    texts: Vec<String>,
    open: Vec<u8>,
    binary: u64,
    closed: Option<Option<u16>>,
}

impl Told {
    fn tell(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Text(bytes) => self.open.extend_from_slice(bytes),
            Piece::TextEnd => {
                let text = String::from_utf8(std::mem::take(&mut self.open)).unwrap();
                self.texts.push(text);
            }
            Piece::Binary(bytes) => self.binary += bytes,
            Piece::Close(code) => self.closed = Some(code),
        }
    }
}

/// Read in pieces of this many bytes.
fn read_by(sender: Sender, bytes: &[u8], size: usize) -> Result<Told, FrameError> {
    let mut reader = FrameReader::new(sender, 100_000);
    let mut told = Told::default();
    for chunk in bytes.chunks(size.max(1)) {
        reader.push(chunk, |piece| told.tell(piece))?;
    }
    Ok(told)
}

fn read(bytes: &[u8]) -> Result<Told, FrameError> {
    read_by(Sender::Server, bytes, bytes.len())
}

/// A frame with any first byte.
fn odd(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(0, payload, None);
    bytes[0] = first;
    bytes
}

#[test]
fn messages_are_read_however_they_are_cut_and_masked() {
    let long = "é".repeat(40_000);
    for mask in [None, Some(MASK)] {
        let sender = mask.map_or(Sender::Server, |_| Sender::Client);
        let mut bytes = text_frame("hello", mask);
        bytes.extend(frame(9, b"beat", mask));
        bytes.extend(text_frame("", mask));
        bytes.extend(frame(2, &[7; 300], mask));
        bytes.extend(text_frame(&long, mask));
        bytes.extend(close_frame(1008, "why", mask));
        for size in [1, 2, 3, 5, 1000, bytes.len()] {
            let told = read_by(sender, &bytes, size).unwrap();
            assert_eq!(told.texts, ["hello", "", &long], "{size}");
            assert_eq!((told.binary, told.closed), (300, Some(Some(1008))));
        }
    }
}

#[test]
fn a_message_in_parts_is_one_and_may_have_control_frames_within() {
    let bytes = [
        odd(0x01, b"on"),
        odd(0x89, b"ping"),
        odd(0x00, b""),
        odd(0x80, b"e"),
        text_frame("two", None),
    ];
    let told = read(&bytes.concat()).unwrap();
    assert_eq!(told.texts, ["one", "two"]);
}

#[test]
fn it_is_known_where_a_frame_can_be_put_in() {
    let (one, two) = (text_frame("one", None), text_frame("two", None));
    let mut reader = FrameReader::new(Sender::Server, 100);
    assert!(reader.is_between_frames());
    let bytes = [&one[..], &two[..2]].concat();
    assert_eq!(reader.push(&bytes, |_| ()), Ok(one.len()));
    assert!(!reader.is_between_frames());
    assert_eq!(reader.push(&two[2..4], |_| ()), Ok(0));
    assert_eq!(reader.push(&two[4..], |_| ()), Ok(two.len() - 4));
    assert!(reader.is_between_frames());
}

#[test]
fn what_rfc_6455_forbids_is_refused() {
    let client = text_frame("x", Some(MASK));
    let long = frame(9, &[0; 126], None);
    let mut wide = vec![0x81, 126, 0, 5];
    wide.extend(b"hello");
    let table = [
        (odd(0xc1, b"deflated"), FrameError::Extension),
        (odd(0x83, b"x"), FrameError::Extension),
        (odd(0x8b, b"x"), FrameError::Extension),
        (client, FrameError::Mask),
        (long, FrameError::Control),
        (odd(0x09, b"x"), FrameError::Control),
        (odd(0x88, b"x"), FrameError::Control),
        (odd(0x80, b"x"), FrameError::Order),
        (
            [odd(0x01, b"x"), odd(0x81, b"y")].concat(),
            FrameError::Order,
        ),
        (wide, FrameError::Length),
        (
            vec![0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255],
            FrameError::Length,
        ),
        (
            vec![0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0],
            FrameError::Length,
        ),
        (vec![0x81, 127, 0, 0, 0, 0, 0, 2, 0, 0], FrameError::TooLong),
        (
            [odd(0x01, &[b'x'; 60_000]), odd(0x80, &[b'x'; 60_000])].concat(),
            FrameError::TooLong,
        ),
    ];
    for (bytes, error) in table {
        assert_eq!(read(&bytes), Err(error), "{:?}", bytes.get(..12));
    }
    let plain = text_frame("x", None);
    assert_eq!(read_by(Sender::Client, &plain, 9), Err(FrameError::Mask));
}

#[test]
fn a_reason_to_close_is_cut_to_whole_characters() {
    let bytes = close_frame(4008, &"é".repeat(100), None);
    assert_eq!((bytes[0], bytes[1]), (0x88, 124));
    assert!(str::from_utf8(&bytes[4..]).is_ok());
    assert_eq!(read(&bytes).unwrap().closed, Some(Some(4008)));
    assert_eq!(read(&frame(8, b"", None)).unwrap().closed, Some(None));
}

proptest! {
    #[test]
    fn any_bytes_are_read_alike_however_they_are_cut(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        size in 1..20_usize,
        is_client in any::<bool>(),
    ) {
        let sender = if is_client { Sender::Client } else { Sender::Server };
        let lengths = |size| {
            let (mut text, mut ends) = (Vec::new(), 0);
            let mut reader = FrameReader::new(sender, 100_000);
            let read = bytes.chunks(size).try_for_each(|chunk| {
                let tell = |piece: Piece<'_>| match piece {
                    Piece::Text(bytes) => text.extend_from_slice(bytes),
                    _ => ends += 1,
                };
                reader.push(chunk, tell).map(drop)
            });
            (read, text)
        };
        prop_assert_eq!(lengths(size), lengths(bytes.len().max(1)));
    }
}
