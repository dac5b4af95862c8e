//! Moves what processes hold of a volume from one side of the fault to the other: the same files at the same places, opened anew and put
//! under the same numbers while their processes stand still. Several processes that share an open file share the new one too.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::holders::{self, Ground, Held, Mappings, What};
use super::locks::{self, Lock};
use crate::procfs;
use crate::sys::inject::{self, Stopped};
use crate::sys::{file, passing};

/// Whoever has opened something through an old directory meanwhile is seen in the next round.
const ROUNDS: usize = 8;
/// Descriptors in one message: few enough for a process near its limit of open files.
const BATCH: usize = 64;
const PAGE: usize = 4096;
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

/// Files of the other side, opened before anybody is stopped: what is still held the same way afterwards need not wait for its opening.
struct Ready(Vec<(Held, OwnedFd)>);

impl Ready {
    fn open(expected: Vec<Held>, open: &Open<'_>) -> Ready {
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

fn place_of(held: &Held) -> Place {
    match held.what {
        What::Descriptor { fd, .. } => (0, fd as u64),
        What::WorkingDirectory => (1, 0),
        What::RootDirectory => (2, 0),
        What::Mapping { start, .. } => (3, start),
    }
}

/// Locks on files of the side that is left: they go with their open files, and are taken again before anybody runs who might want them.
/// Only the way back has any, because a fault is not put on where a lock is held.
struct Locks(Vec<(Lock, Vec<usize>)>);

impl Locks {
    fn of(ground: &Ground, held: &[Held]) -> Locks {
        let Mappings::On(device) = ground.mappings else { return Locks(Vec::new()) };
        // A table that cannot be read has no locks that could be told.
        let locks = locks::on(device).unwrap_or_default();
        let inodes: Vec<Option<u64>> = if locks.is_empty() { Vec::new() } else { held.iter().map(inode_of).collect() };
        let holding = |lock: &Lock| {
            let is_holder = |at: &usize| inodes[*at] == Some(lock.inode) && lock.may_be_of(held[*at].pid);
            (0..inodes.len()).filter(is_holder).collect()
        };
        Locks(locks.into_iter().map(|lock| (lock, holding(&lock))).collect())
    }

    fn take_again(&self, stopped: &mut BTreeMap<u32, Stopped>, held: &[Held], others: &Others) {
        for (lock, holders) in &self.0 {
            let Some(first) = holders.first() else { continue };
            let taken = match (held[*first].what, stopped.get_mut(&held[*first].pid)) {
                (What::Descriptor { fd, .. }, Some(process)) if lock.is_of_process() => take_for(process, lock, fd),
                _ => others.file(*first).map_or(Ok(()), |file| lock.take(file)),
            };
            if let Err(error) = taken {
                let pid = held[*first].pid;
                tracing::error!(pid, ?lock, %error, "a lock that was taken during the fault could not be taken again after it");
            }
        }
    }
}

/// Locks of a process are its own, so it takes them itself.
fn take_for(process: &mut Stopped, lock: &Lock, fd: i32) -> io::Result<()> {
    let scratch = process.scratch();
    process.write(scratch, &lock.as_bytes())?;
    process.call(libc::SYS_fcntl, [fd as u64, libc::F_SETLK as u64, scratch, 0, 0, 0]).map(drop)
}

/// One reference, and the file that takes its place.
struct Exchange<'a> {
    held: &'a Held,
    other: BorrowedFd<'a>,
}

/// The files of the other side: one for each open file, however many descriptors and processes share it.
struct Others {
    files: Vec<OwnedFd>,
    /// For each reference, which of them; None for one that nobody can open.
    of: Vec<Option<usize>>,
}

impl Others {
    fn open(held: &[Held], ready: &mut Ready, open: &Open<'_>, left: &mut Vec<MoveError>) -> Others {
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

    fn file(&self, at: usize) -> Option<BorrowedFd<'_>> {
        self.of[at].map(|file| self.files[file].as_fd())
    }

    /// What a process holds at a place of the list, if it is this one's and there is something to put there.
    fn exchange<'a>(&'a self, pid: u32, at: usize, held: &'a Held) -> Option<Exchange<'a>> {
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

/// Puts the other files into the place of those that the process has; how many.
fn exchange(pid: u32, process: &mut Stopped, own: &[Exchange<'_>], left: &mut Vec<MoveError>) -> usize {
    let before = left.len();
    if let Err(cause) = process.borrow() {
        left.push(not_borrowed(pid, cause));
        return 0;
    }
    match exchange_in_batches(process, own, left) {
        Ok(()) => own.len() - (left.len() - before),
        Err(cause) => {
            left.push(of_process(pid, cause));
            0
        }
    }
}

fn exchange_in_batches(process: &mut Stopped, own: &[Exchange<'_>], left: &mut Vec<MoveError>) -> io::Result<()> {
    let channel = Channel::open(process)?;
    let given = give_all(&channel, process, own, left);
    // Whatever became of that: one that stays is one more with each attempt, until the process can open nothing.
    let closed = channel.close(process);
    given.and(closed)
}

fn give_all(channel: &Channel, process: &mut Stopped, own: &[Exchange<'_>], left: &mut Vec<MoveError>) -> io::Result<()> {
    let mut rest = own;
    while !rest.is_empty() {
        let given = channel.give(process, &rest[..rest.len().min(BATCH)])?;
        for (one, new) in rest.iter().zip(&given) {
            put(process, one.held, *new).unwrap_or_else(|cause| left.push(not_put(one.held, cause)));
        }
        close_all(process, &given)?;
        rest = &rest[given.len()..];
    }
    Ok(())
}

/// A socket between us and the process, through which descriptors go.
struct Channel {
    ours: UnixStream,
    theirs: u64,
}

/// Where in the borrowed memory what lies: struct msghdr, struct iovec, a byte of text, and the control message.
const MESSAGE: u64 = 0;
const PART: u64 = 64;
const TEXT: u64 = 80;
const CONTROL: u64 = 128;

impl Channel {
    fn open(process: &mut Stopped) -> io::Result<Channel> {
        let scratch = process.scratch();
        let kind = (libc::SOCK_STREAM | libc::SOCK_CLOEXEC) as u64;
        process.call(libc::SYS_socketpair, [libc::AF_UNIX as u64, kind, 0, scratch, 0, 0])?;
        let mut pair = [0; 8];
        process.read(scratch, &mut pair)?;
        let fd = |at: usize| i32::from_ne_bytes([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]);
        let ours = process.take(fd(4));
        let closed = close(process, fd(4) as u64);
        match closed.and(ours) {
            Ok(ours) => Ok(Channel { ours: ours.into(), theirs: fd(0) as u64 }),
            Err(cause) => {
                // It is of no use without its other end.
                let _ = close(process, fd(0) as u64);
                Err(cause)
            }
        }
    }

    /// The numbers that they have in the process; fewer than were sent when it may not have more open files.
    fn give(&self, process: &mut Stopped, batch: &[Exchange<'_>]) -> io::Result<Vec<u64>> {
        let fds: Vec<BorrowedFd<'_>> = batch.iter().map(|one| one.other).collect();
        passing::send(&self.ours, b"f", &fds)?;
        let scratch = process.scratch();
        let word = |value: u64| value.to_ne_bytes();
        let control_length = (16 + 4 * batch.len()).next_multiple_of(8) as u64;
        let message = [0, 0, scratch + PART, 1, scratch + CONTROL, control_length, 0].map(word).concat();
        process.write(scratch + MESSAGE, &message)?;
        process.write(scratch + PART, &[word(scratch + TEXT), word(1)].concat())?;
        process.write(scratch + CONTROL, &[0; 16])?;
        let flags = (libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT) as u64;
        process.call(libc::SYS_recvmsg, [self.theirs, scratch + MESSAGE, flags, 0, 0, 0])?;
        let mut control = vec![0; control_length as usize];
        process.read(scratch + CONTROL, &mut control)?;
        let (length, _) = control.split_first_chunk::<8>().ok_or(io::ErrorKind::InvalidData)?;
        let received = (u64::from_ne_bytes(*length) as usize).saturating_sub(16) / 4;
        if received == 0 {
            return Err(io::Error::from_raw_os_error(libc::EMFILE));
        }
        let numbers = control[16..].chunks_exact(4).take(received);
        Ok(numbers.map(|bytes| u64::from(u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))).collect())
    }

    fn close(self, process: &mut Stopped) -> io::Result<()> {
        close(process, self.theirs)
    }
}

fn put(process: &mut Stopped, held: &Held, new: u64) -> io::Result<()> {
    match held.what {
        What::Descriptor { fd, flags, .. } => {
            let flags = (flags & libc::O_CLOEXEC) as u64;
            process.call(libc::SYS_dup3, [new, fd as u64, flags, 0, 0, 0])?;
        }
        What::WorkingDirectory => {
            process.call(libc::SYS_fchdir, [new, 0, 0, 0, 0, 0])?;
        }
        What::RootDirectory => return Err(io::Error::other("a root directory cannot be moved")),
        What::Mapping { start, end, protection, is_shared, offset } => {
            let changed = if is_shared { Vec::new() } else { changed_pages(process, held.pid, start, end)? };
            let kind = if is_shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE } | libc::MAP_FIXED;
            process.call(libc::SYS_mmap, [start, end - start, protection as u64, kind as u64, new, offset])?;
            for (at, page) in changed {
                process.write(at, &page)?;
            }
        }
    }
    Ok(())
}

/// The pages of a private mapping that the process has written: they are its own and no file has them.
fn changed_pages(process: &Stopped, pid: u32, start: u64, end: u64) -> io::Result<Vec<(u64, Vec<u8>)>> {
    use std::os::unix::fs::FileExt;
    /// Bits of /proc/PID/pagemap: in memory, swapped, and of a file.
    const PRESENT: u64 = 1 << 63;
    const SWAPPED: u64 = 1 << 62;
    const OF_FILE: u64 = 1 << 61;
    let pagemap = std::fs::File::open(format!("/proc/{pid}/pagemap"))?;
    let mut changed = Vec::new();
    for at in (start..end).step_by(PAGE) {
        let mut entry = [0; 8];
        pagemap.read_exact_at(&mut entry, at / PAGE as u64 * 8)?;
        let entry = u64::from_ne_bytes(entry);
        if entry & (PRESENT | SWAPPED) != 0 && entry & OF_FILE == 0 {
            let mut page = vec![0; PAGE];
            process.read(at, &mut page)?;
            changed.push((at, page));
        }
    }
    Ok(changed)
}

fn close_all(process: &mut Stopped, fds: &[u64]) -> io::Result<()> {
    let in_a_row = fds.windows(2).all(|pair| pair[1] == pair[0] + 1);
    if let [first, .., last] = fds
        && in_a_row
        && process.call(libc::SYS_close_range, [*first, *last, 0, 0, 0, 0]).is_ok()
    {
        return Ok(());
    }
    // Older kernels and stricter sandboxes have no close_range. Each is tried, whatever becomes of another.
    let closed: Vec<io::Result<()>> = fds.iter().map(|fd| close(process, *fd)).collect();
    closed.into_iter().collect()
}

fn close(process: &mut Stopped, fd: u64) -> io::Result<()> {
    process.call(libc::SYS_close, [fd, 0, 0, 0, 0, 0]).map(drop)
}

/// ESTALE: no name leads to it and nobody has it open.
fn not_opened(held: &Held, cause: io::Error) -> MoveError {
    let is_for_good = cause.raw_os_error() == Some(libc::ESTALE);
    MoveError { is_for_good, ..of_one(held, cause) }
}

fn not_put(held: &Held, cause: io::Error) -> MoveError {
    MoveError { is_for_good: held.what == What::RootDirectory, ..of_one(held, cause) }
}

/// Without an errno it is our own word: the process cannot be borrowed on this machine.
fn not_borrowed(pid: u32, cause: io::Error) -> MoveError {
    let is_for_good = cause.raw_os_error().is_none() && cause.kind() == io::ErrorKind::Unsupported;
    MoveError { is_for_good, ..of_process(pid, cause) }
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

/// Of a descriptor; others cannot be locked.
fn inode_of(held: &Held) -> Option<u64> {
    if matches!(held.what, What::Descriptor { .. }) { holders::inode_of(held).ok() } else { None }
}

/// It has ended, which is no failure: what it held is gone.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

#[cfg(test)]
mod tests {
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
