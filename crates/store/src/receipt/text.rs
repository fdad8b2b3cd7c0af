//! A usage as text: a JSON object of what is not zero.

use serde::Deserialize;
use tollgate_policy::usage::Usage;

/// The counts with their names in the text.
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
            let mut text = String::with_capacity(64);
            $(if *$name != 0 {
                text.push(if text.is_empty() { '{' } else { ',' });
                // Writing to a string does not fail.
                let _ = write!(text, concat!("\"", stringify!($name), "\":{}"), $name);
            })*
            if text.is_empty() {
                text.push('{');
            }
            text.push('}');
            text
        }

        /// The usage that such a text says.
        pub(super) fn read(text: &str) -> Result<Usage, serde_json::Error> {
            let Counts { $($name,)* } = serde_json::from_str(text)?;
            Ok(Usage { $($name,)* })
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
        assert_eq!(write(&Usage::NONE), "{}");
        let some = Usage {
            input: 3,
            reasoning: u64::MAX,
            images: 1,
            ..Usage::NONE
        };
        assert_eq!(
            write(&some),
            format!(r#"{{"input":3,"reasoning":{},"images":1}}"#, u64::MAX)
        );
        for usage in [Usage::NONE, some] {
            assert_eq!(read(&write(&usage)).unwrap(), usage);
        }
        assert!(read("").is_err());
    }
}
