//! A usage as text: its counts in a fixed order with commas between them, nothing for none, and no
//! commas at the end. Receipts of earlier versions have a JSON object of what is not zero.

use std::num::ParseIntError;

use serde::Deserialize;
use tollgate_policy::usage::Usage;

/// Why a text says no usage.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageTextError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Count(#[from] ParseIntError),
    #[error("there are more counts than are known")]
    TooMany,
}

/// The counts with their names in JSON. Others may only follow at the end.
macro_rules! counts {
    ($($name:ident)*) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Counts {
            $($name: u64,)*
        }

        /// The usage as it stands in the table.
        pub(super) fn write(usage: &Usage) -> String {
            use std::fmt::Write as _;
            let Usage { $($name,)* } = usage;
            let mut text = String::with_capacity(32);
            let mut end = 0;
            $(
                if *$name != 0 {
                    // Writing to a string does not fail.
                    let _ = write!(text, "{}", $name);
                    end = text.len();
                }
                text.push(',');
            )*
            text.truncate(end);
            text
        }

        /// The usage that such a text says.
        pub(super) fn read(text: &str) -> Result<Usage, UsageTextError> {
            if text.starts_with('{') {
                let Counts { $($name,)* } = serde_json::from_str(text)?;
                return Ok(Usage { $($name,)* });
            }
            let mut counts = text.split(',');
            let usage = Usage {
                $($name: match counts.next() {
                    None | Some("") => 0,
                    Some(count) => count.parse()?,
                },)*
            };
            match counts.next() {
                None => Ok(usage),
                Some(_) => Err(UsageTextError::TooMany),
            }
        }
    };
}

counts! {
    input cached_input cache_write_5m cache_write_1h input_audio input_image
    output reasoning output_audio output_image audio_micros searches images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_reads_back_from_its_text() {
        let some = Usage {
            input: 3,
            reasoning: u64::MAX,
            images: 1,
            ..Usage::NONE
        };
        let output = Usage {
            output: 4,
            ..Usage::NONE
        };
        assert_eq!(write(&Usage::NONE), "");
        assert_eq!(write(&some), format!("3,,,,,,,{},,,,,1", u64::MAX));
        assert_eq!(write(&output), ",,,,,,4");
        for usage in [Usage::NONE, some, output] {
            assert_eq!(read(&write(&usage)).unwrap(), usage);
        }
        let last = ",".repeat(12);
        assert!(read(&last).is_ok());
        for bad in [format!("{last},"), "1,x".to_owned(), "-1".to_owned()] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        let usage = Usage {
            input: 3,
            images: 1,
            ..Usage::NONE
        };
        assert_eq!(read(r#"{"input":3,"images":1}"#).unwrap(), usage);
        assert_eq!(read("{}").unwrap(), Usage::NONE);
        assert!(read(r#"{"inputs":3}"#).is_err());
    }
}
