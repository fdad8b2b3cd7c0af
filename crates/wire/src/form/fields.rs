//! The fields of a form that decide what a call may cost, and what they say together.

use std::borrow::Cow;
use std::ops::Range;

use tollgate_policy::endpoint::Endpoint;

use super::head::{Field, Head};
use super::{FormError, FormSplice};

/// How many bytes of sound a second has at least: 4 kbit/s, which is less than speech codecs need
/// at their lowest rate (AMR 4.75, Opus 6). What is silence to its codec may have fewer.
pub const SOUND_BYTES_PER_SECOND: u64 = 500;

/// The most tokens of one picture: twice what OpenAI's models read a large one as, at the highest
/// fidelity.
pub const PICTURE_TOKENS: u64 = 16_384;

/// A field whose value is read. Each may be there once, spelt exactly so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Model,
    Stream,
    N,
    Size,
    Quality,
    ResponseFormat,
}

/// The values of a form that decide something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormFields {
    /// The model that the form names, and where its value stands in the body, in bytes.
    pub model: Option<(String, Range<u64>)>,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// How many images are asked for, at least 1.
    pub n: u64,
    /// The size of images, as it is written.
    pub size: Option<String>,
    /// The quality of images, as it is written.
    pub quality: Option<String>,
    /// The form of the answer, as it is written: `json`, `text`, `srt`, `verbose_json`, `vtt`.
    pub response_format: Option<String>,
    /// The length of the whole body, in bytes.
    pub bytes: u64,
    /// How many bytes of it are in files.
    pub file_bytes: u64,
    /// How many files there are.
    pub files: u64,
    /// Two dashes and the boundary.
    delimiter: Vec<u8>,
}

/// What policy reads from a form, once it is known where the model is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPeek<'a> {
    /// The model that the client names.
    pub model: Cow<'a, str>,
    /// The form.
    pub fields: &'a FormFields,
}

#[derive(Debug, Default)]
pub(super) struct Fields {
    values: [Option<(String, Range<u64>)>; Known::ALL.len()],
    file_bytes: u64,
    files: u64,
}

impl Known {
    /// In the order of their declaration.
    const ALL: [Self; 6] = [
        Self::Model,
        Self::Stream,
        Self::N,
        Self::Size,
        Self::Quality,
        Self::ResponseFormat,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Stream => "stream",
            Self::N => "n",
            Self::Size => "size",
            Self::Quality => "quality",
            Self::ResponseFormat => "response_format",
        }
    }

    /// The field of this name, if it is one of these.
    pub(super) fn find(name: &str) -> Result<Option<Self>, FormError> {
        let mut known = Self::ALL.into_iter();
        let Some(meant) = known.find(|known| known.name().eq_ignore_ascii_case(name)) else {
            return Ok(None);
        };
        match meant.name() == name {
            true => Ok(Some(meant)),
            false => Err(FormError::Lookalike(meant.name())),
        }
    }
}

impl Fields {
    pub(super) fn begins(&self, head: &Head) -> Result<(), FormError> {
        let Field::Read(known) = head.field else {
            return Ok(());
        };
        match self.get(known) {
            Some(_) => Err(FormError::Duplicate(known.name())),
            None => Ok(()),
        }
    }

    pub(super) fn ends(
        &mut self,
        head: Head,
        value: Vec<u8>,
        span: Range<u64>,
    ) -> Result<(), FormError> {
        if head.is_file {
            self.files += 1;
            let bytes = span.end.saturating_sub(span.start);
            self.file_bytes = self.file_bytes.saturating_add(bytes);
        }
        let Field::Read(known) = head.field else {
            return Ok(());
        };
        let value = String::from_utf8(value).ok();
        let value = value.filter(|text| !head.is_foreign || text.is_ascii());
        let value = value.ok_or(FormError::Value(known.name()))?;
        if let Some(slot) = self.values.get_mut(known as usize) {
            *slot = Some((value, span));
        }
        Ok(())
    }

    pub(super) fn whole(mut self, delimiter: Vec<u8>, bytes: u64) -> Result<FormFields, FormError> {
        let n = match self.text(Known::N).as_deref().map(str::parse) {
            None => 1,
            Some(Ok(count)) => count,
            Some(Err(_)) => return Err(FormError::NotCount(Known::N.name())),
        };
        let stream = match self.text(Known::Stream).as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => return Err(FormError::StreamNotBool),
        };
        Ok(FormFields {
            stream,
            n: n.max(1),
            size: self.text(Known::Size),
            quality: self.text(Known::Quality),
            response_format: self.text(Known::ResponseFormat),
            model: self.values.first_mut().and_then(Option::take),
            bytes,
            file_bytes: self.file_bytes,
            files: self.files,
            delimiter,
        })
    }

    fn get(&self, known: Known) -> Option<&(String, Range<u64>)> {
        self.values.get(known as usize).and_then(Option::as_ref)
    }

    fn text(&mut self, known: Known) -> Option<String> {
        let slot = self.values.get_mut(known as usize)?;
        slot.take().map(|(text, _)| text)
    }
}

impl FormFields {
    /// What policy needs to know, of a form whose model may also be named by the path; the path goes
    /// before the form.
    ///
    /// # Errors
    /// [`FormError::ModelMissing`] where neither names one.
    pub fn peek<'a>(&'a self, named: Option<&'a str>) -> Result<FormPeek<'a>, FormError> {
        let own = self.model.as_ref().map(|(model, _)| model.as_str());
        let model = named.or(own).filter(|model| !model.is_empty());
        let model = Cow::Borrowed(model.ok_or(FormError::ModelMissing)?);
        let fields = self;
        Ok(FormPeek { model, fields })
    }

    /// The edit that makes the form name this model, if it does not; none where it already does.
    ///
    /// # Errors
    /// [`FormError::Value`] for a name that cannot stand in this form.
    pub fn name_model(&self, name: &str) -> Result<Option<FormSplice>, FormError> {
        let odd = name.chars().any(char::is_control) || name.is_empty();
        if odd || memchr::memmem::find(name.as_bytes(), &self.delimiter).is_some() {
            return Err(FormError::Value(Known::Model.name()));
        }
        Ok(match &self.model {
            Some((model, _)) if model == name => None,
            Some((_, span)) => Some(FormSplice {
                span: span.clone(),
                text: name.as_bytes().to_vec(),
            }),
            None => {
                let head = b"\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";
                let parts = [&self.delimiter, &head[..], name.as_bytes(), b"\r\n"];
                Some(FormSplice {
                    span: 0..0,
                    text: parts.concat(),
                })
            }
        })
    }

    /// How many images can come.
    pub const fn images(&self, endpoint: Endpoint) -> u64 {
        match endpoint {
            Endpoint::ImageEdits | Endpoint::ImageVariations => self.n,
            _ => 0,
        }
    }

    /// How many tokens its pictures can have beside their bytes, of which they are no more than a few
    /// where one is of one colour. There is one at least, which may be an address.
    pub fn picture_tokens(&self, endpoint: Endpoint) -> u64 {
        match endpoint {
            Endpoint::ImageEdits | Endpoint::ImageVariations => {
                self.files.max(1).saturating_mul(PICTURE_TOKENS)
            }
            _ => 0,
        }
    }

    /// How much sound can be in the files, in microseconds: see `SOUND_BYTES_PER_SECOND`.
    pub const fn sound_micros(&self, endpoint: Endpoint) -> u64 {
        match endpoint {
            Endpoint::Transcriptions | Endpoint::Translations => {
                self.file_bytes.saturating_mul(1_000_000) / SOUND_BYTES_PER_SECOND
            }
            _ => 0,
        }
    }
}
