use proptest::prelude::*;
use tollgate_policy::endpoint::Endpoint;

use super::*;

const KIND: &[u8] = b"multipart/form-data; boundary=xYz";

fn part(head: &str, value: &str) -> String {
    format!("--xYz\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
}

fn field(name: &str, value: &str) -> String {
    part(&format!("name=\"{name}\""), value)
}

fn file(value: &str) -> String {
    part(
        "name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg",
        value,
    )
}

fn form(parts: &[String]) -> String {
    format!("{}--xYz--\r\n", parts.concat())
}

/// Read in pieces of this many bytes.
fn read_by(body: &[u8], size: usize) -> Result<FormFields, FormError> {
    let mut reader = FormReader::new(KIND)?;
    for chunk in body.chunks(size) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn read(body: &str) -> Result<FormFields, FormError> {
    read_by(body.as_bytes(), body.len().max(1))
}

fn spliced(body: &str, splice: &FormSplice) -> String {
    let (start, end) = (splice.span.start as usize, splice.span.end as usize);
    let text = str::from_utf8(&splice.text).unwrap();
    let (before, after) = (body.get(..start).unwrap(), body.get(end..).unwrap());
    let edited = format!("{before}{text}{after}");
    assert_eq!(splice.length(body.len() as u64), edited.len() as u64);
    edited
}

#[test]
fn the_model_is_found_after_the_file_however_the_body_is_cut() {
    let sound = "\r\n--xY\r\n-\r\n--\r\n".repeat(40);
    let body = form(&[
        file(&sound),
        field("model", "whisper-1"),
        field("response_format", "verbose_json"),
        field("temperature", "0"),
        field("stream", "true"),
        field("n", "3"),
    ]);
    for size in 1..body.len() {
        let fields = read_by(body.as_bytes(), size).unwrap();
        let (model, span) = fields.model.clone().unwrap();
        assert_eq!(model, "whisper-1", "{size}");
        let there = body.get(span.start as usize..span.end as usize);
        assert_eq!(there, Some("whisper-1"));
        assert_eq!(fields.response_format.as_deref(), Some("verbose_json"));
        assert_eq!((fields.stream, fields.n), (true, 3));
        assert_eq!(fields.bytes, body.len() as u64);
        assert_eq!((fields.files, fields.file_bytes), (1, sound.len() as u64));
    }
}

#[test]
fn the_bound_of_sound_and_images_follows_from_the_form() {
    let fields = read(&form(&[file(&"x".repeat(1000)), field("n", "2")])).unwrap();
    let edits = Endpoint::ImageEdits;
    assert_eq!(fields.sound_micros(Endpoint::Transcriptions), 2_000_000);
    assert_eq!(fields.images(Endpoint::Transcriptions), 0);
    assert_eq!((fields.images(edits), fields.sound_micros(edits)), (2, 0));
    assert_eq!(fields.peek(None), Err(FormError::ModelMissing));
    assert_eq!(fields.peek(Some("deployed")).unwrap().model, "deployed");
}

#[test]
fn another_model_is_put_in_and_nothing_else_changes() {
    let body = form(&[field("model", "a"), file("sound")]);
    let fields = read(&body).unwrap();
    assert_eq!(fields.name_model("a"), Ok(None));
    let edited = spliced(&body, &fields.name_model("longer/name").unwrap().unwrap());
    assert_eq!(
        edited,
        form(&[field("model", "longer/name"), file("sound")])
    );

    let body = form(&[file("sound")]);
    let fields = read(&body).unwrap();
    let edited = spliced(&body, &fields.name_model("b").unwrap().unwrap());
    assert_eq!(edited, form(&[field("model", "b"), file("sound")]));
    assert_eq!(read(&edited).unwrap().peek(None).unwrap().model, "b");
    for name in ["", "a\r\nb", "a--xYz"] {
        assert_eq!(fields.name_model(name), Err(FormError::Value("model")));
    }
}

#[test]
fn boundaries_are_those_of_rfc_2046() {
    let good = [
        "multipart/form-data; boundary=xYz",
        "Multipart/Form-Data;charset=utf-8 ; boundary=\"xYz\" ",
        "multipart/form-data; boundary=xYz;",
    ];
    for kind in good {
        let mut reader = FormReader::new(kind.as_bytes()).unwrap();
        reader.push(form(&[field("a", "b")]).as_bytes()).unwrap();
        assert!(reader.finish().is_ok(), "{kind}");
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    let bad = [
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"x ",
        "multipart/form-data; boundary=\"x \"",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; boundary=x; boundary=x",
        "multipart/form-data; boundary=x; BOUNDARY=y",
        "multipart/form-data; boundary*=utf-8''x",
        "multipart/form-data; boundary=x y; a",
        "multipart/form-data; boundary=x\u{e9}",
        "multipart/form-data, multipart/form-data; boundary=x",
        "multipart/mixed; boundary=x",
        &long,
    ];
    for kind in bad {
        let refused = FormReader::new(kind.as_bytes()).err();
        assert_eq!(refused, Some(FormError::ContentType), "{kind}");
    }
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let model = field("model", "m");
    let bare = |head: &str| format!("--xYz\r\n{head}\r\n\r\nm\r\n");
    let table = [
        (
            form(&[model.clone(), model.clone()]),
            FormError::Duplicate("model"),
        ),
        (form(&[field("Model", "m")]), FormError::Lookalike("model")),
        (
            form(&[part("name=\"model\"; filename=\"x\"", "m")]),
            FormError::File("model"),
        ),
        (
            form(&[part("name=\"model\"; filename*=utf-8''x", "m")]),
            FormError::File("model"),
        ),
        (
            form(&[part("name=\"x\"; name=\"model\"", "m")]),
            FormError::Head,
        ),
        (form(&[part("name*=utf-8''model", "m")]), FormError::Head),
        (form(&[part("name=\"mod\\el\"", "m")]), FormError::Head),
        (form(&[part("name=\"mod%65l\"", "m")]), FormError::Head),
        (
            form(&[part("filename=\"a\\\"; name=\"model\"", "m")]),
            FormError::Head,
        ),
        (form(&[part("name=\"a\" x", "m")]), FormError::Head),
        (form(&[part("name=model x", "m")]), FormError::Head),
        (form(&[part("filename=\"x\"", "m")]), FormError::Head),
        (form(&[part("name=\"\"", "m")]), FormError::Head),
        (form(&[field("_charset_", "utf-16")]), FormError::Head),
        (
            form(&[part("name=\"a\"\r\nContent-Transfer-Encoding: base64", "m")]),
            FormError::Head,
        ),
        (
            form(&[part(
                "name=\"a\"\r\nContent-Type: multipart/mixed; boundary=b",
                "m",
            )]),
            FormError::Head,
        ),
        (
            form(&[part("name=\"a\"\r\n folded: x", "m")]),
            FormError::Head,
        ),
        (
            form(&[part(
                "name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
                "m",
            )]),
            FormError::Head,
        ),
        (form(&[part("name=\"a\"\nX: y", "m")]), FormError::Head),
        (form(&[bare("X: y")]), FormError::Head),
        (
            form(&[bare("Content-Disposition: attachment; name=\"a\"")]),
            FormError::Head,
        ),
        (
            form(&[part(
                "name=\"model\"\r\nContent-Type: text/plain; charset=utf-16",
                "é",
            )]),
            FormError::Value("model"),
        ),
        (
            form(&[field("model", &"m".repeat(MOST_VALUE + 1))]),
            FormError::Value("model"),
        ),
        (form(&[field("n", "two")]), FormError::NotCount("n")),
        (form(&[field("stream", "1")]), FormError::StreamNotBool),
        (form(&[field("a", "x\n--xYz\ny")]), FormError::Boundary),
        (form(&[field("a", "x--xYz")]), FormError::Boundary),
        (form(&[field("a", "x\r\n--xYzz")]), FormError::Boundary),
        (form(&[field("a", "x\r\n--xYz \r\n")]), FormError::Boundary),
        (
            form(&["--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_owned()]),
            FormError::Boundary,
        ),
        (format!("preamble\r\n{}", form(&[])), FormError::Beginning),
        (format!("\r\n{}", form(&[])), FormError::Beginning),
        (form(&[]), FormError::Boundary),
        (
            format!("{}epilogue", form(&[field("a", "b")])),
            FormError::Trailing,
        ),
        (
            format!("{}\r\n", form(&[field("a", "b")])),
            FormError::Trailing,
        ),
        (format!("{}--xYz", field("a", "b")), FormError::Truncated),
        (field("a", "b"), FormError::Truncated),
        ("--xY".to_owned(), FormError::Truncated),
        (String::new(), FormError::Truncated),
        (
            form(&vec![field("a", "b"); MOST_PARTS as usize + 1]),
            FormError::TooManyParts,
        ),
        (
            form(&[part(&format!("name=\"{}\"", "a".repeat(MOST_HEAD)), "b")]),
            FormError::HeadTooLong,
        ),
        (
            form(&[part(&format!("name=\"a\"{}", "\r\nX: y".repeat(16)), "b")]),
            FormError::HeadTooLong,
        ),
    ];
    for (body, error) in table {
        for size in [1, 7, body.len().max(1)] {
            let shown: String = body.chars().take(200).collect();
            assert_eq!(
                read_by(body.as_bytes(), size),
                Err(error.clone()),
                "{shown:?}"
            );
        }
    }
}

#[test]
fn what_official_clients_send_is_read() {
    // httpx, undici and browsers, in this order.
    let heads = [
        "name=\"file\"; filename=\"a \\\\ b%22.mp3\"\r\nContent-Type: application/octet-stream",
        "name=\"image[]\"; filename=\"blob\"; filename*=utf-8''bl%C3%B6b\r\nContent-Type: image/png",
        "name=\"timestamp_granularities[]\"\r\nContent-Type: text/plain; charset=UTF-8",
        "name=file; filename=a.wav\r\nContent-Transfer-Encoding: binary",
    ];
    for head in heads {
        let body = form(&[part(head, "x"), field("model", "m")]);
        assert_eq!(
            read(&body).unwrap().peek(None).unwrap().model,
            "m",
            "{head}"
        );
    }
}

#[test]
fn little_is_held_while_a_file_passes() {
    let mut reader = FormReader::new(KIND).unwrap();
    let body = form(&[file(&"\r\n--xY".repeat(100_000)), field("model", "m")]);
    for chunk in body.as_bytes().chunks(997) {
        reader.push(chunk).unwrap();
        assert!(reader.carry.len() <= 997, "{}", reader.carry.len());
    }
    assert!(reader.finish().is_ok());
}

proptest! {
    #[test]
    fn the_result_does_not_depend_on_the_cut(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "--xYz", "\r\n", "\r", "\n", "--", "Content-Disposition: form-data; name=\"model\"",
                "Content-Disposition: form-data; name=\"f\"; filename=\"x\"", "a", ": ", "\r\n\r\n",
                "--xYz\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n", "--xYz--\r\n",
            ]),
            0..14,
        ),
        size in 1..40_usize,
    ) {
        let body = pieces.concat();
        let whole = read(&body);
        let cut = read_by(body.as_bytes(), size);
        prop_assert_eq!(whole.is_ok(), cut.is_ok());
        if whole.is_ok() {
            prop_assert_eq!(whole, cut);
        }
    }
}
