use super::*;

/// A header of version 2 with two addresses and notes behind them.
fn binary_header(command: u8, family: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [SIGNATURE, &[command, family], &length, content].concat()
}

fn four() -> Vec<u8> {
    vec![203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80]
}

fn six() -> Vec<u8> {
    let mut content = vec![0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    content.resize(36, 0);
    content
}

/// The source, whichever way the bytes come; anything may follow.
fn source(header: &[u8]) -> Result<Option<String>, NoHeader> {
    for end in 0..header.len() {
        match parse(&header[..end]) {
            Ok(Header::Partial) => {}
            Ok(Header::Complete { .. }) => panic!("complete after {end} bytes"),
            Err(no) => return Err(no),
        }
    }
    let read = parse(&[header, b"GET / HTTP/1.1\r\n"].concat())?;
    assert_eq!(parse(header), Ok(read));
    let Header::Complete { bytes, source } = read else {
        panic!("not complete");
    };
    assert_eq!(bytes, header.len());
    Ok(source.map(|address| address.to_string()))
}

#[test]
fn both_versions_tell_the_source() {
    let told = |header: &[u8]| source(header).unwrap().unwrap();
    assert_eq!(
        told(b"PROXY TCP4 203.0.113.7 10.0.0.1 65535 0\r\n"),
        "203.0.113.7"
    );
    assert_eq!(told(b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n"), "2001:db8::7");
    assert_eq!(
        told(b"PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n"),
        "203.0.113.7"
    );
    assert_eq!(told(&binary_header(0x21, 0x11, &four())), "203.0.113.7");
    assert_eq!(told(&binary_header(0x21, 0x21, &six())), "2001:db8::7");
    let noted = [four(), vec![3, 0, 1, 9]].concat();
    assert_eq!(told(&binary_header(0x21, 0x11, &noted)), "203.0.113.7");
}

#[test]
fn a_sender_may_speak_for_itself_or_not_know() {
    for header in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ffff:: ffff:: 1 2\r\n".to_vec(),
        binary_header(0x20, 0, &[]),
        binary_header(0x20, 0x11, &four()),
        binary_header(0x21, 0, &[1, 2, 3]),
        binary_header(0x21, 0x31, &[0; 216]),
    ] {
        assert_eq!(source(&header), Ok(None), "{}", header.escape_ascii());
    }
}

#[test]
fn anything_else_is_no_header() {
    for header in [
        b"GET / HTTP/1.1\r\n".to_vec(),
        b"proxy TCP4 203.0.113.7 10.0.0.1 1 2\r\n".to_vec(),
        b"PROXY  TCP4 203.0.113.7 10.0.0.1 1 2\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 1 2\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 1 2 3\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 1\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 1 65536\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 01 2\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 10.0.0.1 +1 2\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7 ::1 1 2\r\n".to_vec(),
        b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n".to_vec(),
        b"PROXY TCP4 203.0.113 10.0.0.1 1 2\r\n".to_vec(),
        b"PROXY UDP4 203.0.113.7 10.0.0.1 1 2\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.7\0 10.0.0.1 1 2\r\n".to_vec(),
        [&b"PROXY UNKNOWN "[..], &[b'a'; 100], b"\r\n"].concat(),
        binary_header(0x11, 0x11, &four()),
        binary_header(0x22, 0x11, &four()),
        binary_header(0x21, 0x12, &four()),
        binary_header(0x21, 0x11, &four()[..11]),
        binary_header(0x21, 0x21, &six()[..35]),
        binary_header(0x21, 0x11, &[0; 2049]),
    ] {
        assert_eq!(source(&header), Err(NoHeader), "{}", header.escape_ascii());
    }
}
