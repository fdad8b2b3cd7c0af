//! What [`super::Scan`] knows of the arrays and objects that are open.

/// What is known of an array or an object that is open.
pub(super) type Frame = u32;

pub(super) const INPUT: Frame = 1;
pub(super) const ITEM: Frame = 1 << 1;
pub(super) const TOOLS: Frame = 1 << 2;
pub(super) const TOOL: Frame = 1 << 3;
pub(super) const MODALITIES: Frame = 1 << 4;
pub(super) const AUDIO: Frame = 1 << 5;
/// The object has an `id`.
pub(super) const ID: Frame = 1 << 6;
/// The object says what it is, by `type` or `role`.
pub(super) const NAMED: Frame = 1 << 7;
pub(super) const REASONING: Frame = 1 << 8;
pub(super) const ENCRYPTED: Frame = 1 << 9;
pub(super) const OBJECT: Frame = 1 << 10;
/// It says how the conversation is to be kept short, or is somewhere in what does.
pub(super) const MANAGEMENT: Frame = 1 << 11;
/// A file, in the body or by its address.
pub(super) const FILE: Frame = 1 << 12;
/// It says that it is no sound.
pub(super) const SILENT: Frame = 1 << 13;
/// Sound, in the body or by its address.
pub(super) const SOUND: Frame = 1 << 14;
/// The documents to be ranked, and one of them.
pub(super) const DOCUMENTS: Frame = 1 << 15;
pub(super) const DOCUMENT: Frame = 1 << 16;
/// What they are ranked by, or somewhere in it.
pub(super) const QUERY: Frame = 1 << 17;
/// Where pictures are by keys that mean other things elsewhere.
pub(super) const CONTENT: Frame = ITEM | DOCUMENT | QUERY;
/// The requests of a batch of Gemini's.
pub(super) const REQUESTS: Frame = 1 << 18;
/// Each item is a prompt, or may be.
pub(super) const PROMPTS: Frame = INPUT | DOCUMENTS | REQUESTS;
