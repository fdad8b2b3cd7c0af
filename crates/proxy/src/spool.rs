//! Forms that wait for their fields: small ones in memory, large ones in a file without a name, which
//! nobody else can open and which is gone with the gateway.

mod body;

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::task::spawn_blocking;

use crate::room::{Place, Rooms, full};
use crate::settings::Settings;
use crate::stop::Stop;

pub(crate) use body::SpooledBody;

/// A form that is longer goes to disk.
const IN_MEMORY: usize = 1 << 20;
/// How much is written or read at once, so that no form takes more memory than this meanwhile.
const PIECE: usize = 256 << 10;

/// A form that was read to its end.
#[derive(Debug, Clone)]
pub(crate) enum Spooled {
    Memory(Arc<InMemory>),
    Disk(Arc<OnDisk>),
}

#[derive(Debug)]
pub(crate) struct InMemory {
    pub(crate) bytes: Bytes,
    _place: Place,
}

#[derive(Debug)]
pub(crate) struct OnDisk {
    file: Arc<File>,
    pub(crate) length: u64,
    _place: Place,
}

/// A form that is being read.
pub(crate) struct Spooling<'a> {
    rooms: &'a Rooms,
    settings: &'a Settings,
    memory: BytesMut,
    in_memory: Place,
    disk: Option<Written>,
}

struct Written {
    file: Arc<File>,
    length: u64,
    place: Place,
}

impl<'a> Spooling<'a> {
    /// # Errors
    /// Where all calls together keep as much as they may.
    pub(crate) fn new(rooms: &'a Rooms, settings: &'a Settings) -> Result<Self, Stop> {
        Ok(Self {
            rooms,
            settings,
            memory: BytesMut::new(),
            in_memory: rooms.memory.enter(settings.buffered_bytes)?,
            disk: None,
        })
    }

    /// # Errors
    /// Where there is no room, or the file cannot be written.
    pub(crate) async fn push(&mut self, data: &[u8]) -> Result<(), Stop> {
        let most = self.settings.buffered_bytes;
        self.in_memory.grow(data.len(), most)?;
        self.memory.extend_from_slice(data);
        let bound = if self.disk.is_some() {
            PIECE
        } else {
            IN_MEMORY
        };
        if self.memory.len() > bound {
            self.write().await?;
        }
        Ok(())
    }

    /// # Errors
    /// As [`Spooling::push`].
    pub(crate) async fn finish(mut self) -> Result<Spooled, Stop> {
        if self.disk.is_some() {
            self.write().await?;
        }
        Ok(match self.disk {
            Some(written) => Spooled::Disk(Arc::new(OnDisk {
                file: written.file,
                length: written.length,
                _place: written.place,
            })),
            None => Spooled::Memory(Arc::new(InMemory {
                bytes: self.memory.freeze(),
                _place: self.in_memory,
            })),
        })
    }

    /// Moves what is in memory to the file.
    async fn write(&mut self) -> Result<(), Stop> {
        let piece = self.memory.split().freeze();
        let length = piece.len();
        let mut written = match self.disk.take() {
            Some(written) => written,
            None => Written {
                file: Arc::new(elsewhere(unnamed).await?),
                length: 0,
                place: self.rooms.disk.enter(self.settings.spooled_bytes)?,
            },
        };
        written.place.grow(length, self.settings.spooled_bytes)?;
        let (file, at) = (Arc::clone(&written.file), written.length);
        elsewhere(move || file.write_all_at(&piece, at)).await?;
        written.length = written.length.saturating_add(length as u64);
        self.in_memory.shrink(length);
        self.disk = Some(written);
        Ok(())
    }
}

impl Spooled {
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory(kept) => kept.bytes.len() as u64,
            Self::Disk(kept) => kept.length,
        }
    }
}

/// A file without a name, for its owner alone.
fn unnamed() -> io::Result<File> {
    let file = tempfile::tempfile()?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Runs it where it may block. Without a file a form has no place, as with a disk that is full.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stop> {
    let done = spawn_blocking(work).await.map_err(io::Error::other);
    done.flatten().map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a call is shed, since its form cannot be kept on disk"
        );
        full()
    })
}

#[cfg(test)]
mod tests;
