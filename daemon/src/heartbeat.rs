//! The daemon's sign of life. The file is locked for as long as its daemon lives, however it dies, and says when it last worked:
//! the lock tells dead from alive, the time tells stuck from well. It also says when the first lease ends, so that a daemon which
//! dies late in a lease does not lengthen it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::lease::BootTime;
use crate::procfs;
use crate::sys;

pub const EVERY: Duration = Duration::from_secs(2);

/// Beats have one length, so that a reader never sees the tail of a longer one.
const BYTES: usize = 256;

/// One beat as it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    pub pid: u32,
    pub start_time: u64,
    pub at: BootTime,
    /// When the first of its leases ends, if nobody renews it; a renewal after this beat is not in it.
    #[serde(default)]
    pub due: Option<BootTime>,
}

#[derive(Debug, Error)]
pub enum HeartbeatError {
    #[error("another daemon or keeper holds {path} and did not let go: one state directory serves one daemon", path = path.display())]
    Held { path: PathBuf },
    #[error("could not use the heartbeat file {path}: {cause}", path = path.display())]
    File { path: PathBuf, cause: io::Error },
}

/// Holding this is being the one daemon of a state directory, or standing in for it.
#[derive(Debug)]
pub struct Heartbeat {
    file: File,
    path: PathBuf,
}

impl Heartbeat {
    /// Takes the lock, or answers `Held` at once.
    pub fn take(state_dir: &Path) -> Result<Heartbeat, HeartbeatError> {
        let path = path_in(state_dir);
        let refused = |cause| HeartbeatError::File { path: path_in(state_dir), cause };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(refused)?;
        if sys::lock::try_exclusive(&file).map_err(refused)? {
            Ok(Heartbeat { file, path })
        } else {
            Err(HeartbeatError::Held { path })
        }
    }

    /// Says that this process worked at this moment, and when the first of its leases ends.
    pub fn beat(&self, at: BootTime, due: Option<BootTime>) -> Result<(), HeartbeatError> {
        self.write(at, due).map_err(|cause| HeartbeatError::File { path: self.path.clone(), cause })
    }

    fn write(&self, at: BootTime, due: Option<BootTime>) -> io::Result<()> {
        let pid = std::process::id();
        let beat = Beat { pid, start_time: procfs::stat(pid)?.start_time, at, due };
        let text = format!("{:<width$}\n", serde_json::to_string(&beat)?, width = BYTES - 1);
        self.file.write_all_at(text.as_bytes(), 0)
    }
}

/// The last beat, or None when there was none yet or it cannot be read.
pub fn last(state_dir: &Path) -> Option<Beat> {
    let mut bytes = [0; BYTES];
    let file = File::open(path_in(state_dir)).ok()?;
    file.read_exact_at(&mut bytes, 0).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn path_in(state_dir: &Path) -> PathBuf {
    state_dir.join("heartbeat")
}
