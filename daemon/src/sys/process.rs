//! Processes by descriptor instead of by number: a reused pid cannot receive what was meant for another process.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
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
    readable_within(process.as_fd(), limit)
}

/// Waits until there is something to read, or nothing will ever be again, at most so long.
pub fn readable_within(fd: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        // Rounded up, so that the last wait is not a hundred of nothing.
        let millis = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        match poll(&mut [watched(fd)], millis) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// Waits, for ever if need be, until one of the two can be read or is at its end.
pub fn wait_for_either(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<()> {
    loop {
        match poll(&mut [watched(one), watched(other)], -1) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer.map(drop),
        }
    }
}

/// Asks the kernel to kill this process when the thread that started it ends (PR_SET_PDEATHSIG); an exec of ours keeps it.
pub fn end_with_parent() -> io::Result<()> {
    // SAFETY: prctl with PR_SET_PDEATHSIG takes integers and no pointer.
    let refused = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn watched(fd: BorrowedFd<'_>) -> libc::pollfd {
    libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 }
}

fn poll(watched: &mut [libc::pollfd], millis: i32) -> io::Result<bool> {
    // SAFETY: pointer and length describe `watched`, which is writable for the whole call; its descriptors were borrowed for longer.
    match unsafe { libc::poll(watched.as_mut_ptr(), watched.len() as libc::nfds_t, millis) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready > 0),
    }
}
