//! Processes by descriptor instead of by number: a reused pid cannot receive what was meant for another process.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// Opens a process (pidfd_open, Linux 5.3). The descriptor keeps meaning this process after its pid is reused.
pub fn open(pid: u32) -> io::Result<OwnedFd> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))?;
    // SAFETY: pidfd_open takes two integers and no pointer.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Sends a signal through the descriptor (pidfd_send_signal, Linux 5.1).
pub fn signal(process: &OwnedFd, signal: i32) -> io::Result<()> {
    // SAFETY: the null siginfo asks the kernel to fill in its own; the descriptor is open while borrowed.
    let refused = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, std::ptr::null::<libc::siginfo_t>(), 0)
    };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until the process has ended, at most so long; a pidfd becomes readable at that moment.
pub fn ended_within(process: &OwnedFd, limit: Duration) -> io::Result<bool> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        match is_readable_within(process, left) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

fn is_readable_within(process: &OwnedFd, limit: Duration) -> io::Result<bool> {
    let mut watched = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `watched` is one valid pollfd for the whole call, and its descriptor is open while `process` is borrowed.
    match unsafe { libc::poll(&mut watched, 1, millis) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready == 1),
    }
}
