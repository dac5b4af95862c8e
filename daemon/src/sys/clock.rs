//! The boot-time clock: it counts while the machine sleeps and no one can set it.

use std::time::Duration;

/// Time since boot, sleep included (CLOCK_BOOTTIME).
pub fn since_boot() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid, writable timespec for the whole call, and the kernel writes nothing else.
    let refused = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut now) };
    assert_eq!(refused, 0, "every Linux since 2.6.39 has CLOCK_BOOTTIME");
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}
