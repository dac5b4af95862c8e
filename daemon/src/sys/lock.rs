//! Advisory whole-file locks that the kernel releases when their holder dies, however it dies.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Takes the exclusive lock if nobody holds it; false when another open file does.
pub fn try_exclusive(file: &File) -> io::Result<bool> {
    // SAFETY: flock takes no pointer; the descriptor is open for as long as `file` is borrowed.
    let refused = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    if refused == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::WouldBlock { Ok(false) } else { Err(error) }
}

/// Takes a lock on a whole open file (flock), or fails at once.
pub fn whole(file: BorrowedFd<'_>, is_exclusive: bool) -> io::Result<()> {
    let kind = if is_exclusive { libc::LOCK_EX } else { libc::LOCK_SH };
    // SAFETY: flock takes no pointer; the descriptor is open while borrowed.
    let refused = unsafe { libc::flock(file.as_raw_fd(), kind | libc::LOCK_NB) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Takes a lock of the open file (F_OFD_SETLK, Linux 3.15) on some of its bytes, or fails at once. A length of 0 has no end.
pub fn range(file: BorrowedFd<'_>, is_exclusive: bool, start: u64, length: u64) -> io::Result<()> {
    // SAFETY: flock is plain integers, for which zero is a value.
    let mut bytes: libc::flock = unsafe { std::mem::zeroed() };
    bytes.l_type = if is_exclusive { libc::F_WRLCK } else { libc::F_RDLCK } as i16;
    (bytes.l_start, bytes.l_len) = (start as i64, length as i64);
    // SAFETY: `bytes` is valid for the call, and the descriptor is open while borrowed.
    let refused = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const bytes) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
