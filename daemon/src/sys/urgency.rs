//! Going first: whoever holds others still must not wait for a turn itself.

use std::io;

/// The calling thread runs before all ordinary ones for the rest of its life (SCHED_FIFO, the lowest priority of it).
/// Threads and children that it makes do the same. Needs CAP_SYS_NICE.
pub fn go_first() -> io::Result<()> {
    let first = libc::sched_param { sched_priority: 1 };
    // SAFETY: `first` is a valid sched_param for the whole call; 0 means the calling thread, and no other one is changed.
    let refused = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &first) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
