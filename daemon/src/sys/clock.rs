//! Clocks: the boot-time clock, which counts while the machine sleeps and no one can set, a thread's own CPU time, and any clock by its
//! number.

use std::time::Duration;

/// Time since boot, sleep included (CLOCK_BOOTTIME).
pub fn since_boot() -> Duration {
    let now = by_library(libc::CLOCK_BOOTTIME as usize).expect("every Linux since 2.6.39 has CLOCK_BOOTTIME");
    Duration::from_nanos(now.unsigned_abs())
}

/// Time since boot without sleep (CLOCK_MONOTONIC), which is what the kernel stamps its events with.
pub fn monotonic() -> Duration {
    let now = by_library(libc::CLOCK_MONOTONIC as usize).expect("every Linux has CLOCK_MONOTONIC");
    Duration::from_nanos(now.unsigned_abs())
}

/// CPU time that the calling thread has used (CLOCK_THREAD_CPUTIME_ID).
pub fn of_this_thread() -> Duration {
    let used =
        by_library(libc::CLOCK_THREAD_CPUTIME_ID as usize).expect("every Linux since 2.6.12 has CLOCK_THREAD_CPUTIME_ID");
    Duration::from_nanos(used.unsigned_abs())
}

/// Nanoseconds of a clock as programs read it, through the vDSO where there is one; None when there is no such clock.
pub fn by_library(clock: usize) -> Option<i64> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid, writable timespec for the whole call, and the kernel writes nothing else.
    let refused = unsafe { libc::clock_gettime(clock as libc::clockid_t, &mut now) };
    (refused == 0).then(|| nanoseconds(now))
}

/// Nanoseconds of a clock as the kernel itself answers; None when there is no such clock.
pub fn by_system_call(clock: usize) -> Option<i64> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid, writable timespec for the whole call, and the kernel writes nothing else.
    let refused = unsafe { libc::syscall(libc::SYS_clock_gettime, clock as libc::clockid_t, &mut now) };
    (refused == 0).then(|| nanoseconds(now))
}

fn nanoseconds(time: libc::timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}
