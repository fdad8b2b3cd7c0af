use super::*;

const PING: u8 = 6;
const RESET: u8 = 3;

fn frame(kind: u8, length: usize) -> Vec<u8> {
    let [.., a, b, c] = (length as u32).to_be_bytes();
    let mut frame = vec![a, b, c, kind, 0, 0, 0, 0, 1];
    frame.resize(FRAME_HEAD + length, 0xff);
    frame
}

/// How many of the frames pass within so many seconds, in pieces of any size.
fn passed(frames: &[u8], count: usize, piece: usize, seconds: u64) -> usize {
    let begin = Instant::now();
    let mut watch = Watch::new(1000, begin);
    let later = begin + Duration::from_secs(seconds);
    watch.received(PREFACE, || begin).unwrap();
    (0..count)
        .position(|_| {
            let mut pieces = frames.chunks(piece);
            pieces.any(|piece| watch.received(piece, || later).is_err())
        })
        .unwrap_or(count)
}

#[test]
fn control_frames_are_bounded_wherever_they_are_cut() {
    for piece in 1..20 {
        assert_eq!(passed(&frame(PING, 8), 2000, piece, 9), 1000);
        assert_eq!(passed(&frame(4, 0), 2000, piece, 9), 1000);
        assert_eq!(passed(&frame(RESET, 4), 2000, piece, 9), 200);
    }
}

#[test]
fn a_slow_series_passes() {
    let begin = Instant::now();
    let mut watch = Watch::new(1000, begin);
    watch.received(PREFACE, || begin).unwrap();
    for count in 0..10_000 {
        let now = begin + Duration::from_millis(count * 11);
        watch.received(&frame(PING, 8), || now).unwrap();
    }
}

#[test]
fn requests_and_their_bodies_pass() {
    let headers = [frame(1, 100), frame(8, 4)].concat();
    assert_eq!(passed(&headers, 5000, 64, 0), 5000);
    let upload = [frame(0, 16_384), frame(PING, 8)].concat();
    assert_eq!(passed(&upload, 5000, 4096, 0), 5000);
    let empty = [frame(0, 0), frame(PING, 8)].concat();
    assert_eq!(passed(&empty, 5000, 4096, 0), 1000);
}

#[test]
fn what_is_sent_lets_a_client_measure_the_way() {
    let begin = Instant::now();
    let mut watch = Watch::new(1000, begin);
    watch.received(PREFACE, || begin).unwrap();
    for _ in 0..5000 {
        watch.sent(2048);
        watch.received(&frame(PING, 8), || begin).unwrap();
    }
}
