//! A form is read alike however it is cut, and one with another model in it is still that form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::form::{FormError, FormFields, FormReader};

fn read(kind: &[u8], body: &[u8], size: usize) -> Result<FormFields, FormError> {
    let mut reader = FormReader::new(kind)?;
    for chunk in body.chunks(size.max(1)) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fuzz_target!(|data: (u8, &[u8], bool)| {
    let (size, body, odd) = data;
    let kind: &[u8] = if odd {
        b"multipart/form-data; boundary=\"a-b\""
    } else {
        b"multipart/form-data; boundary=a"
    };
    let whole = read(kind, body, body.len());
    let cut = read(kind, body, usize::from(size));
    assert_eq!(whole.is_ok(), cut.is_ok());
    let Ok(fields) = whole else {
        return;
    };
    assert_eq!(Ok(&fields), cut.as_ref());
    assert_eq!(fields.bytes, body.len() as u64);
    if let Some((model, span)) = &fields.model {
        let there = &body[span.start as usize..span.end as usize];
        assert_eq!(there, model.as_bytes());
    }
    let Ok(Some(splice)) = fields.name_model("other") else {
        return;
    };
    let (start, end) = (splice.span.start as usize, splice.span.end as usize);
    let edited = [&body[..start], &splice.text, &body[end..]].concat();
    let again = read(kind, &edited, edited.len()).expect("an edited form is still a form");
    assert_eq!(again.model.map(|(model, _)| model).as_deref(), Some("other"));
    assert_eq!((again.n, again.files), (fields.n, fields.files));
});
