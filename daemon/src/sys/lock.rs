//! Advisory whole-file locks that the kernel releases when their holder dies, however it dies.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

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
