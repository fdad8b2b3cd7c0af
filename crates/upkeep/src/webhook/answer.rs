//! What a receiver says: whether it took an alert, and when to come again if not.

use std::time::Duration;

use http::{HeaderMap, header};
use http_body_util::BodyExt;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tollgate_policy::time::Timestamp;

/// How much of an answer is read, in bytes, and shown, in characters.
const READ: usize = 4096;
const SHOWN: usize = 200;

const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// How long a receiver wants to be left alone, from now on.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = PrimitiveDateTime::parse(text, HTTP_DATE).ok()?;
    let seconds = moment.assume_utc().unix_timestamp();
    Some(Timestamp::from_seconds(seconds).since(now))
}

/// The first bytes of a body, as far as they come.
pub(super) async fn beginning<B: BodyExt + Unpin>(mut body: B) -> String {
    let mut read = Vec::new();
    while read.len() < READ
        && let Some(Ok(frame)) = body.frame().await
    {
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        while bytes::Buf::has_remaining(&data) && read.len() < READ {
            let chunk = bytes::Buf::chunk(&data);
            let taken = chunk.len().min(READ - read.len());
            read.extend(chunk.iter().take(taken));
            bytes::Buf::advance(&mut data, taken);
        }
    }
    String::from_utf8_lossy(&read).trim().to_owned()
}

/// A text for the log. The secret is taken out before anything is cut.
pub(super) fn shown(text: &str, secret: &str) -> String {
    let text = text.replace(secret.trim(), "…");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;

    use super::*;

    fn asked(text: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static(text));
        let now = Timestamp::parse("1994-11-06T08:49:00Z").unwrap();
        retry_after(&headers, now)
    }

    #[test]
    fn a_wait_is_read_from_seconds_and_from_dates() {
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        let date = asked("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(Duration::from_secs(37)));
        let past = asked("Sun, 06 Nov 1994 08:00:00 GMT");
        assert_eq!(past, Some(Duration::ZERO));
        for text in ["soon", "-1", "1.5", ""] {
            assert_eq!(asked(text), None, "{text}");
        }
        assert_eq!(
            retry_after(&HeaderMap::new(), Timestamp::from_micros(0)),
            None
        );
    }

    #[tokio::test]
    async fn no_more_than_4_kib_of_an_answer_are_read() {
        let body = Full::new(Bytes::from(vec![b'x'; 10_000]));
        assert_eq!(beginning(body).await.len(), READ);
    }

    #[test]
    fn a_secret_that_is_repeated_is_not_shown() {
        let text = format!("{}hush-hush-hush-hush", "x".repeat(SHOWN - 4));
        let shown = shown(&text, "hush-hush-hush-hush");
        assert_eq!(shown, format!("{}…", "x".repeat(SHOWN - 4)));
    }
}
