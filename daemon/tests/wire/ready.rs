//! Which of many sockets have something to read, waited for with the precision of the kernel's high-resolution timers.

use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Numbers of the streams that can be read, at the latest at this moment; then possibly none.
pub fn readable(streams: &[TcpStream], until: Instant) -> Vec<usize> {
    let mut asked: Vec<libc::pollfd> =
        streams.iter().map(|stream| libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLIN, revents: 0 }).collect();
    let left = until.saturating_duration_since(Instant::now()).min(Duration::from_secs(1));
    let patience = libc::timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
    // SAFETY: pointer and length describe `asked`, the timeout outlives the call, and no signal mask is given.
    let count = unsafe { libc::ppoll(asked.as_mut_ptr(), asked.len() as u64, &raw const patience, std::ptr::null()) };
    assert!(count >= 0, "ppoll: {}", std::io::Error::last_os_error());
    asked.iter().enumerate().filter(|(_, each)| each.revents != 0).map(|(number, _)| number).collect()
}
