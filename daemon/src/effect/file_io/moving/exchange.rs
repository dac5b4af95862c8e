//! Puts files of ours into the place of what a process has, by system calls that the process makes for us while it stands still.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;

use super::{MoveError, of_one, of_process};
use crate::effect::file_io::holders::{Held, What};
use crate::sys::inject::Stopped;
use crate::sys::passing;

/// Descriptors in one message: few enough for a process near its limit of open files.
const BATCH: usize = 64;
const PAGE: usize = 4096;

/// One reference, and the file that takes its place.
pub(super) struct Exchange<'a> {
    pub(super) held: &'a Held,
    pub(super) other: BorrowedFd<'a>,
}

/// Puts the other files into the place of those that the process has; how many.
pub(super) fn exchange(pid: u32, process: &mut Stopped, own: &[Exchange<'_>], left: &mut Vec<MoveError>) -> usize {
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

pub(super) fn not_put(held: &Held, cause: io::Error) -> MoveError {
    MoveError { is_for_good: held.what == What::RootDirectory, ..of_one(held, cause) }
}

/// Without an errno it is our own word: the process cannot be borrowed on this machine.
pub(super) fn not_borrowed(pid: u32, cause: io::Error) -> MoveError {
    let is_for_good = cause.raw_os_error().is_none() && cause.kind() == io::ErrorKind::Unsupported;
    MoveError { is_for_good, ..of_process(pid, cause) }
}
