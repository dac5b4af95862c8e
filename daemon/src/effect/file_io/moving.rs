//! Moves what processes hold of a volume from one side of the fault to the other: the same files at the same places, opened anew and put
//! under the same numbers while their processes stand still. Several processes that share an open file share the new one too.

mod exchange;
mod locked;
mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::holders::{self, Ground, Held, What};
use crate::procfs;
use crate::sys::inject::Stopped;
use exchange::{Exchange, exchange};
use locked::Locks;
use others::{Others, Ready};

/// Whoever has opened something through an old directory meanwhile is seen in the next round.
const ROUNDS: usize = 8;
/// A process that runs stops within this.
const MOMENT: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub struct Moved {
    pub processes: usize,
    pub references: usize,
    /// The longest that one round kept its processes standing still.
    pub paused: Duration,
    /// What stays where it is, and why.
    pub left: Vec<MoveError>,
}

#[derive(Debug)]
pub struct MoveError {
    pub pid: u32,
    pub path: String,
    pub cause: io::Error,
    /// No other attempt can do better. Said where it arises: an errno alone may be anybody's.
    pub is_for_good: bool,
    /// Which of what the process holds; None: all of it.
    place: Option<Place>,
}

/// What something is, and its number or address.
type Place = (u8, u64);

impl MoveError {
    fn is_of(&self, held: &Held) -> bool {
        let is_place = self.place.is_none_or(|place| place == place_of(held) && self.path == lossy(held));
        self.pid == held.pid && is_place
    }
}

/// Opens what is on the other side: what is held, with which flags.
pub type Open<'a> = dyn Fn(&Held, i32) -> io::Result<OwnedFd> + 'a;

/// Moves everything that is on `ground`, and leaves what cannot be moved. Waiting for processes takes `patience` in each round.
pub fn move_all(ground: &Ground, open: &Open<'_>, patience: Duration) -> Moved {
    let mut moved = Moved::default();
    if let Err(cause) = move_in_rounds(ground, open, patience, &mut moved) {
        moved.left.push(of_process(0, cause));
    }
    // Who has ended holds nothing, whether its parent has asked for it or not.
    moved.left.retain(|left| left.pid == 0 || procfs::stat(left.pid).is_ok_and(|process| !process.is_dead));
    moved
}

fn move_in_rounds(ground: &Ground, open: &Open<'_>, patience: Duration, moved: &mut Moved) -> io::Result<()> {
    for _ in 0..ROUNDS {
        let mut expected = holders::all(ground)?;
        moved.forget_left(&mut expected);
        if expected.is_empty() {
            return Ok(());
        }
        move_those(expected, ground, open, patience, moved);
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "its processes open files faster than they can be moved"))
}

impl Moved {
    /// What could not be moved is not tried again.
    fn forget_left(&self, held: &mut Vec<Held>) {
        held.retain(|held| !self.left.iter().any(|left| left.is_of(held)));
    }
}

fn move_those(expected: Vec<Held>, ground: &Ground, open: &Open<'_>, patience: Duration, moved: &mut Moved) {
    let pids: BTreeSet<u32> = expected.iter().map(|held| held.pid).collect();
    let mut ready = Ready::open(expected, open);
    let started = Instant::now();
    let mut stopped = stop_all(pids, started + patience, &mut moved.left);
    let mut held = Vec::new();
    stopped.keys().for_each(|pid| holders::of_process(*pid, ground, &mut held));
    moved.forget_left(&mut held);
    let others = Others::open(&held, &mut ready, open, &mut moved.left);
    let locks = Locks::of(ground, &held);
    for (pid, process) in &mut stopped {
        let own: Vec<Exchange<'_>> = held.iter().enumerate().filter_map(|(at, held)| others.exchange(*pid, at, held)).collect();
        if !own.is_empty() {
            moved.processes += 1;
            moved.references += exchange(*pid, process, &own, &mut moved.left);
        }
    }
    locks.take_again(&mut stopped, &held, &others);
    // Closing our side can wait until they run again; what is exchanged is exchanged.
    drop(stopped);
    moved.paused = moved.paused.max(started.elapsed());
}

/// Those that stop, while those that stop first wait for the last: whoever is late has a moment, and the patience is for all of them.
fn stop_all(pids: BTreeSet<u32>, end: Instant, left: &mut Vec<MoveError>) -> BTreeMap<u32, Stopped> {
    let mut stopped = BTreeMap::new();
    for pid in pids {
        match Stopped::stop(pid, end.max(Instant::now() + MOMENT)) {
            Ok(process) => drop(stopped.insert(pid, process)),
            Err(cause) if is_gone(&cause) => {}
            Err(cause) => left.push(of_process(pid, cause)),
        }
    }
    stopped
}

fn place_of(held: &Held) -> Place {
    match held.what {
        What::Descriptor { fd, .. } => (0, fd as u64),
        What::WorkingDirectory => (1, 0),
        What::RootDirectory => (2, 0),
        What::Mapping { start, .. } => (3, start),
    }
}

fn of_one(held: &Held, cause: io::Error) -> MoveError {
    MoveError { place: Some(place_of(held)), path: lossy(held), ..of_process(held.pid, cause) }
}

/// None of what it holds can be moved.
fn of_process(pid: u32, cause: io::Error) -> MoveError {
    MoveError { pid, path: String::new(), cause, is_for_good: false, place: None }
}

fn lossy(held: &Held) -> String {
    String::from_utf8_lossy(&held.path).into_owned()
}

/// It has ended, which is no failure: what it held is gone.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::exchange::{not_borrowed, not_put};
    use super::others::not_opened;
    use super::*;

    #[test]
    fn only_what_can_never_be_moved_is_left_for_good() {
        let held = |what| Held { pid: 9, what, path: b"a".to_vec(), is_deleted: false };
        let file = held(What::Descriptor { fd: 3, flags: 0, position: 0 });
        let errno = io::Error::from_raw_os_error;
        assert!(not_opened(&file, errno(libc::ESTALE)).is_for_good, "nobody has it");
        assert!(not_put(&held(What::RootDirectory), io::Error::other("no call does it")).is_for_good);
        assert!(not_borrowed(9, io::Error::new(io::ErrorKind::Unsupported, "not 64-bit code")).is_for_good);
        let others = [
            not_opened(&file, errno(libc::EOPNOTSUPP)),
            not_put(&file, errno(libc::ENOSYS)),
            not_borrowed(9, errno(libc::ENOSYS)),
        ];
        assert!(others.iter().all(|left| !left.is_for_good), "the next attempt may do better: {others:?}");
    }
}
