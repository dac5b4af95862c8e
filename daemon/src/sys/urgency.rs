//! Going first: whoever holds others still, or packets of theirs, must not wait for a turn itself.

use std::io;

use super::file::checked;

/// The calling thread runs before all ordinary ones for the rest of its life (SCHED_FIFO, the lowest priority of it).
/// Threads and children that it makes do the same. Needs CAP_SYS_NICE.
pub fn go_first() -> io::Result<()> {
    let first = libc::sched_param { sched_priority: 1 };
    // SAFETY: `first` is a valid sched_param for the whole call; 0 means the calling thread, and no other one is changed.
    checked(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &first) })
}

/// The calling thread gets its turn before ordinary ones and takes none from them for long (nice -15). Needs CAP_SYS_NICE.
pub fn go_early() -> io::Result<()> {
    // SAFETY: setpriority takes no pointer; zero means the calling thread, as Linux's threads have priorities of their own.
    checked(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -15) })
}
