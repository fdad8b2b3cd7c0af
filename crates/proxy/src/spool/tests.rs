use std::os::unix::fs::MetadataExt;

use http_body_util::BodyExt;

use super::*;

fn settings() -> Settings {
    Settings {
        buffered_bytes: 2 << 20,
        spooled_bytes: 4 << 20,
        ..Settings::default()
    }
}

/// Bytes that are not the same anywhere.
fn form(length: usize) -> Vec<u8> {
    let numbers = 0..length.div_ceil(4) as u32;
    let mut form: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
    form.truncate(length);
    form
}

async fn spooled(rooms: &Rooms, form: &[u8]) -> Result<Spooled, Stop> {
    let settings = settings();
    let mut spooling = Spooling::new(rooms, &settings)?;
    for piece in form.chunks(70_000) {
        spooling.push(piece).await?;
    }
    spooling.finish().await
}

#[tokio::test]
async fn a_small_form_stays_in_memory_until_it_is_dropped() {
    let rooms = Rooms::default();
    let form = form(IN_MEMORY);
    let spooled = spooled(&rooms, &form).await.unwrap();
    let Spooled::Memory(kept) = &spooled else {
        panic!("it is on disk");
    };
    assert_eq!(kept.bytes, form);
    assert_eq!(
        (rooms.memory.used(), rooms.disk.used()),
        (IN_MEMORY as u64, 0)
    );
    drop(spooled);
    assert_eq!(rooms.memory.used(), 0);
}

#[tokio::test]
async fn a_large_form_is_read_back_from_a_file_that_nobody_else_can_open() {
    let rooms = Rooms::default();
    let form = form(3_000_001);
    let spooled = spooled(&rooms, &form).await.unwrap();
    assert_eq!(spooled.length(), form.len() as u64);
    let Spooled::Disk(kept) = &spooled else {
        panic!("it is in memory");
    };
    assert_eq!(
        (rooms.memory.used(), rooms.disk.used()),
        (0, form.len() as u64)
    );
    let about = kept.file.metadata().unwrap();
    assert_eq!((about.nlink(), about.mode() & 0o777), (0, 0o600));
    // Twice, as for two upstreams.
    for _ in 0..2 {
        let read = SpooledBody::new(kept, None).collect().await.unwrap();
        assert_eq!(read.to_bytes(), form);
    }
    for (range, text) in [(5..9, "other"), (0..0, "x"), (2_999_999..3_000_001, "")] {
        let edit = (range.start as u64..range.end as u64, Bytes::from(text));
        let body = SpooledBody::new(kept, Some(edit));
        let length = body.length();
        let expected = [&form[..range.start], text.as_bytes(), &form[range.end..]].concat();
        assert_eq!(length, expected.len() as u64);
        assert_eq!(body.collect().await.unwrap().to_bytes(), expected);
    }
    drop(spooled);
    assert_eq!(rooms.disk.used(), 0);
}

#[tokio::test]
async fn forms_are_bounded_on_disk_and_in_memory() {
    let rooms = Rooms::default();
    assert!(spooled(&rooms, &form(5 << 20)).await.is_err());
    assert_eq!((rooms.memory.used(), rooms.disk.used()), (0, 0));
    let mut other = rooms.memory.enter(u64::MAX).unwrap();
    other.grow(2 << 20, u64::MAX).unwrap();
    assert!(spooled(&rooms, b"form").await.is_err());
}
