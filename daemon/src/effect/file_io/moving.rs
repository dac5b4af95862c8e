//! Moves what processes hold of a volume from one side of the fault to the other: the same files at the same places, opened anew and put
//! under the same numbers while their processes stand still. Several processes that share an open file share the new one too.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::holders::{self, Ground, Held, Mappings, What};
use super::locks::{self, Lock};
use crate::sys::inject::{self, Stopped};
use crate::sys::{file, passing};

/// Whoever has opened something through an old directory meanwhile is seen in the next round.
const ROUNDS: usize = 8;
/// Descriptors in one message: few enough for a process near its limit of open files.
const BATCH: usize = 64;
const PAGE: usize = 4096;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub processes: usize,
    pub references: usize,
    /// The longest that one round kept its processes standing still.
    pub paused: Duration,
}

#[derive(Debug)]
pub struct MoveError {
    pub pid: u32,
    pub path: String,
    pub cause: io::Error,
}

/// Opens what is on the other side: what is held, with which flags.
pub type Open<'a> = dyn Fn(&Held, i32) -> io::Result<OwnedFd> + 'a;

/// Moves everything that is on `ground`. Each wait for a process ends within `patience`.
pub fn move_all(ground: &Ground, open: &Open<'_>, patience: Duration) -> Result<Moved, MoveError> {
    let nobody = |cause| MoveError { pid: 0, path: String::new(), cause };
    let mut moved = Moved::default();
    for _ in 0..ROUNDS {
        let expected = holders::all(ground).map_err(nobody)?;
        if expected.is_empty() {
            return Ok(moved);
        }
        move_those(expected, ground, open, patience, &mut moved)?;
    }
    let busy = io::Error::new(io::ErrorKind::ResourceBusy, "its processes open files faster than they can be moved");
    Err(nobody(busy))
}

fn move_those(
    expected: Vec<Held>,
    ground: &Ground,
    open: &Open<'_>,
    patience: Duration,
    moved: &mut Moved,
) -> Result<(), MoveError> {
    let pids: BTreeSet<u32> = expected.iter().map(|held| held.pid).collect();
    let mut ready = Ready::open(expected, open);
    let started = Instant::now();
    let mut stopped = BTreeMap::new();
    let mut held = Vec::new();
    for pid in pids {
        match Stopped::stop(pid, Instant::now() + patience) {
            Ok(process) => {
                stopped.insert(pid, process);
                holders::of_process(pid, ground, &mut held);
            }
            Err(cause) if is_gone(&cause) => {}
            Err(cause) => return Err(MoveError { pid, path: String::new(), cause }),
        }
    }
    let others = Others::open(&held, &mut ready, open)?;
    let locks = Locks::of(ground, &held);
    for (pid, process) in &mut stopped {
        let own: Vec<Exchange<'_>> = held
            .iter()
            .enumerate()
            .filter(|(_, held)| held.pid == *pid)
            .map(|(at, held)| Exchange { held, other: others.files[others.of[at]].as_fd() })
            .collect();
        if !own.is_empty() {
            exchange(process, &own)?;
            moved.processes += 1;
            moved.references += own.len();
        }
    }
    locks.take_again(&mut stopped, &held, &others);
    // Closing our side can wait until they run again; what is exchanged is exchanged.
    drop(stopped);
    moved.paused = moved.paused.max(started.elapsed());
    Ok(())
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
fn key_of(held: &Held) -> (u32, u8, u64) {
    let (kind, place) = match held.what {
        What::Descriptor { fd, .. } => (0, fd as u64),
        What::WorkingDirectory => (1, 0),
        What::RootDirectory => (2, 0),
        What::Mapping { start, .. } => (3, start),
    };
    (held.pid, kind, place)
}

/// Locks on files of the side that is left: they go with their open files, and are taken again before anybody runs who might want them.
/// Only the way back has any, because a fault is not put on where a lock is held.
struct Locks(Vec<(Lock, Vec<usize>)>);

impl Locks {
    fn of(ground: &Ground, held: &[Held]) -> Locks {
        let Mappings::On(device) = ground.mappings else { return Locks(Vec::new()) };
        // A table that cannot be read has no locks that could be told.
        let locks = locks::on(device).unwrap_or_default();
        let inodes: Vec<Option<u64>> = if locks.is_empty() { Vec::new() } else { held.iter().map(holders::inode_of).collect() };
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
                _ => lock.take(others.files[others.of[*first]].as_fd()),
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
    /// For each reference, which of them.
    of: Vec<usize>,
}

impl Others {
    fn open(held: &[Held], ready: &mut Ready, open: &Open<'_>) -> Result<Others, MoveError> {
        let mut others = Others { files: Vec::new(), of: Vec::new() };
        // Descriptors of one open file agree in these, so only those that do are asked about.
        let mut alike: BTreeMap<(&[u8], i64, i32), Vec<usize>> = BTreeMap::new();
        for (at, one) in held.iter().enumerate() {
            let same = match one.what {
                What::Descriptor { fd, flags, position } => {
                    let peers = alike.entry((&one.path, position, flags & !libc::O_CLOEXEC)).or_default();
                    let same = peers.iter().find(|peer| is_same(one.pid, fd, &held[**peer])).map(|peer| others.of[*peer]);
                    peers.push(at);
                    same
                }
                _ => None,
            };
            let file = match same {
                Some(file) => file,
                None => others.add(one, ready, open)?,
            };
            others.of.push(file);
        }
        Ok(others)
    }

    fn add(&mut self, held: &Held, ready: &mut Ready, open: &Open<'_>) -> Result<usize, MoveError> {
        let file = match ready.take(held) {
            Some(file) => put_in_place(held, &file).map(|()| file),
            None => open_like(held, open),
        };
        self.files.push(file.map_err(|cause| failed(held, cause))?);
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
            file::seek(other.as_fd(), position, libc::SEEK_SET).map(drop)
        }
        _ => Ok(()),
    }
}

/// Puts the other files into the place of those that the process has.
fn exchange(process: &mut Stopped, own: &[Exchange<'_>]) -> Result<(), MoveError> {
    process.borrow().map_err(|cause| failed(own[0].held, cause))?;
    let channel = Channel::open(process).map_err(|cause| failed(own[0].held, cause))?;
    let mut rest = own;
    while !rest.is_empty() {
        let batch = &rest[..rest.len().min(BATCH)];
        let given = channel.give(process, batch).map_err(|cause| failed(batch[0].held, cause))?;
        for (one, new) in batch.iter().zip(&given) {
            put(process, one.held, *new).map_err(|cause| failed(one.held, cause))?;
        }
        close_all(process, &given).map_err(|cause| failed(batch[0].held, cause))?;
        rest = &rest[given.len()..];
    }
    channel.close(process).map_err(|cause| failed(own[0].held, cause))
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
        process.call(libc::SYS_close, [fd(4) as u64, 0, 0, 0, 0, 0])?;
        Ok(Channel { ours: ours?.into(), theirs: fd(0) as u64 })
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
        process.call(libc::SYS_close, [self.theirs, 0, 0, 0, 0, 0]).map(drop)
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
        What::RootDirectory => return Err(io::Error::new(io::ErrorKind::Unsupported, "a root directory cannot be moved")),
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
    match fds {
        [first, .., last] if in_a_row => process.call(libc::SYS_close_range, [*first, *last, 0, 0, 0, 0]).map(drop),
        fds => fds.iter().try_for_each(|fd| process.call(libc::SYS_close, [*fd, 0, 0, 0, 0, 0]).map(drop)),
    }
}

fn failed(held: &Held, cause: io::Error) -> MoveError {
    MoveError { pid: held.pid, path: String::from_utf8_lossy(&held.path).into_owned(), cause }
}

/// It has ended, which is no failure: what it held is gone.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}
