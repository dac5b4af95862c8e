//! What is held, opened on the other side: before its processes stand still where that can be, and once for each open file, however many
//! descriptors and processes share it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::exchange::Exchange;
use super::{MoveError, Open, Place, of_one, place_of};
use crate::effect::file_io::holders::{Held, What};
use crate::sys::{file, inject};

/// Files of the other side, opened before anybody is stopped: what is still held the same way afterwards need not wait for its opening.
pub(super) struct Ready(Vec<(Held, OwnedFd)>);

impl Ready {
    pub(super) fn open(expected: Vec<Held>, open: &Open<'_>) -> Ready {
        // What cannot be opened is tried again when it is needed, and told then.
        let mut ready: Vec<(Held, OwnedFd)> =
            expected.into_iter().filter_map(|held| open_like(&held, open).ok().map(|file| (held, file))).collect();
        ready.sort_by_key(|(held, _)| key_of(held));
        Ready(ready)
    }

    fn take(&mut self, held: &Held) -> Option<OwnedFd> {
        let at = self.0.binary_search_by(|(ready, _)| key_of(ready).cmp(&key_of(held))).ok()?;
        let (ready, file) = &self.0[at];
        // Only the place in a file may have changed.
        let is_alike = match (&ready.what, &held.what) {
            (What::Descriptor { flags: one, .. }, What::Descriptor { flags: other, .. }) => one == other,
            (one, other) => one == other,
        };
        if is_alike && ready.path == held.path && !held.is_deleted { file::duplicate(file.as_fd()).ok() } else { None }
    }
}

/// A process, and a number or an address in it.
fn key_of(held: &Held) -> (u32, Place) {
    (held.pid, place_of(held))
}

/// The files of the other side: one for each open file, however many descriptors and processes share it.
pub(super) struct Others {
    files: Vec<OwnedFd>,
    /// For each reference, which of them; None for one that nobody can open.
    of: Vec<Option<usize>>,
}

impl Others {
    pub(super) fn open(held: &[Held], ready: &mut Ready, open: &Open<'_>, left: &mut Vec<MoveError>) -> Others {
        let mut others = Others { files: Vec::new(), of: Vec::new() };
        // Descriptors of one open file agree in these, so only those that do are asked about.
        let mut alike: BTreeMap<(&[u8], i64, i32), Vec<usize>> = BTreeMap::new();
        for (at, one) in held.iter().enumerate() {
            let same = match one.what {
                What::Descriptor { fd, flags, position } => {
                    let peers = alike.entry((&one.path, position, flags & !libc::O_CLOEXEC)).or_default();
                    let same = peers.iter().find(|peer| is_same(one.pid, fd, &held[**peer])).and_then(|peer| others.of[*peer]);
                    peers.push(at);
                    same
                }
                _ => None,
            };
            let file = match same {
                Some(file) => Some(file),
                None => others.add(one, ready, open).map_err(|cause| left.push(not_opened(one, cause))).ok(),
            };
            others.of.push(file);
        }
        others
    }

    pub(super) fn file(&self, at: usize) -> Option<BorrowedFd<'_>> {
        self.of[at].map(|file| self.files[file].as_fd())
    }

    /// What a process holds at a place of the list, if it is this one's and there is something to put there.
    pub(super) fn exchange<'a>(&'a self, pid: u32, at: usize, held: &'a Held) -> Option<Exchange<'a>> {
        let other = self.file(at).filter(|_| held.pid == pid)?;
        Some(Exchange { held, other })
    }

    fn add(&mut self, held: &Held, ready: &mut Ready, open: &Open<'_>) -> io::Result<usize> {
        let file = match ready.take(held) {
            Some(file) => put_in_place(held, &file).map(|()| file),
            None => open_like(held, open),
        };
        self.files.push(file?);
        Ok(self.files.len() - 1)
    }
}

fn is_same(pid: u32, fd: i32, peer: &Held) -> bool {
    // A kernel without kcmp says nothing; then each descriptor gets a place of its own.
    matches!(peer.what, What::Descriptor { fd: other, .. } if inject::is_same_file((pid, fd), (peer.pid, other)).unwrap_or(false))
}

fn open_like(held: &Held, open: &Open<'_>) -> io::Result<OwnedFd> {
    match held.what {
        What::Descriptor { flags, .. } => {
            let once = libc::O_CREAT | libc::O_EXCL | libc::O_TRUNC | libc::O_NOCTTY;
            let opened = open(held, flags & !once)?;
            put_in_place(held, &opened)?;
            Ok(opened)
        }
        What::WorkingDirectory | What::RootDirectory => open(held, libc::O_PATH | libc::O_DIRECTORY),
        What::Mapping { protection, is_shared, .. } => {
            // A mapping may be made writable later (mprotect), as long as its file was opened for writing.
            let wanted = if is_shared { libc::O_RDWR } else { libc::O_RDONLY };
            match open(held, wanted) {
                Err(_) if protection & libc::PROT_WRITE == 0 => open(held, libc::O_RDONLY),
                opened => opened,
            }
        }
    }
}

fn put_in_place(held: &Held, other: &OwnedFd) -> io::Result<()> {
    match held.what {
        What::Descriptor { flags, position, .. } if flags & libc::O_PATH == 0 => {
            match file::seek(other.as_fd(), position, libc::SEEK_SET) {
                // A pipe has no places.
                Err(error) if error.raw_os_error() == Some(libc::ESPIPE) => Ok(()),
                sought => sought.map(drop),
            }
        }
        _ => Ok(()),
    }
}

/// ESTALE: no name leads to it and nobody has it open.
pub(super) fn not_opened(held: &Held, cause: io::Error) -> MoveError {
    let is_for_good = cause.raw_os_error() == Some(libc::ESTALE);
    MoveError { is_for_good, ..of_one(held, cause) }
}
