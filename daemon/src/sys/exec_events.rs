//! Which process was forked, or runs another program now, as the kernel tells it (include/uapi/linux/cn_proc.h).
//! The kernel answers only in the first network namespace and the first pid namespace, and to CAP_NET_ADMIN there.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use super::netns;

const PROCESSES: u32 = 1; // CN_IDX_PROC and CN_VAL_PROC
const LISTEN: u32 = 1; // PROC_CN_MCAST_LISTEN
const FORKED: u32 = 0x1;
const EXECUTED: u32 = 0x2;
const NLMSG_HEADER: usize = 16;
const CN_HEADER: usize = 20;
const ANSWERS_WITHIN: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecEvent {
    /// `at` is the monotonic clock, which the kernel writes down when the child's memory has been copied, or exec has made the program.
    Forked {
        parent: u32,
        child: u32,
        at: Duration,
    },
    Executed {
        pid: u32,
        at: Duration,
    },
    /// More happened than the socket could hold.
    Missed,
}

#[derive(Debug)]
pub struct ExecEvents {
    socket: OwnedFd,
}

impl ExecEvents {
    /// Listens in our own network namespace or, where that is not the first one, in that of pid 1.
    pub fn listen() -> io::Result<ExecEvents> {
        let refused = match ExecEvents::listen_here() {
            Ok(events) => return Ok(events),
            Err(error) => error,
        };
        let Ok(first) = File::open("/proc/1/ns/net") else { return Err(refused) };
        netns::inside(&first, ExecEvents::listen_here)?
    }

    fn listen_here() -> io::Result<ExecEvents> {
        let socket = open()?;
        bind(&socket)?;
        send(&socket, &subscription())?;
        let events = ExecEvents { socket };
        events.expect_an_answer()?;
        Ok(events)
    }

    /// The kernel says so when it refuses, and says nothing at all in a namespace that it does not serve.
    fn expect_an_answer(&self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let mut watched = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: `watched` is one valid pollfd for the whole call, and its descriptor is open while `self` is borrowed.
        let ready = unsafe { libc::poll(&mut watched, 1, ANSWERS_WITHIN.as_millis() as i32) };
        if ready != 1 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let length = receive(&self.socket, &mut buffer)?;
        let event = body(&buffer[..length]).ok_or(io::ErrorKind::InvalidData)?;
        match (word(event, 0), word(event, 16)) {
            (Some(0), Some(0)) => Ok(()),
            (Some(0), Some(error)) => Err(io::Error::from_raw_os_error(error as i32)),
            _ => Ok(()), // Another listener's subscription is older, and events already come.
        }
    }

    /// What has come and was not read yet; None when there is nothing. Other events of processes are passed over.
    pub fn next(&self) -> io::Result<Option<ExecEvent>> {
        let mut buffer = [0; 4096];
        loop {
            match receive(&self.socket, &mut buffer) {
                Ok(length) => {
                    if let Some(event) = body(&buffer[..length]).and_then(meaning) {
                        return Ok(Some(event));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(Some(ExecEvent::Missed)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for ExecEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// struct proc_event: what (u32), cpu (u32), timestamp_ns (u64), and then the pids.
fn meaning(event: &[u8]) -> Option<ExecEvent> {
    let at = Duration::from_nanos(u64::from_ne_bytes(event.get(8..16)?.try_into().ok()?));
    match word(event, 0)? {
        // A thread has another pid than its group, and shares its group's memory.
        FORKED if word(event, 24)? == word(event, 28)? => {
            Some(ExecEvent::Forked { parent: word(event, 20)?, child: word(event, 28)?, at })
        }
        EXECUTED => Some(ExecEvent::Executed { pid: word(event, 20)?, at }),
        _ => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// What is behind the headers of netlink and of the connector.
fn body(datagram: &[u8]) -> Option<&[u8]> {
    let message = datagram.get(NLMSG_HEADER..)?;
    (word(message, 0)? == PROCESSES).then_some(message.get(CN_HEADER..)?)
}

/// struct nlmsghdr, struct cn_msg, and the operation.
fn subscription() -> Vec<u8> {
    let length = (NLMSG_HEADER + CN_HEADER + 4) as u32;
    let operation_length: u16 = 4;
    let mut bytes = Vec::with_capacity(length as usize);
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.extend_from_slice(&(libc::NLMSG_DONE as u16).to_ne_bytes());
    bytes.extend_from_slice(&[0; 10]);
    bytes.extend_from_slice(&PROCESSES.to_ne_bytes());
    bytes.extend_from_slice(&PROCESSES.to_ne_bytes());
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&operation_length.to_ne_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&LISTEN.to_ne_bytes());
    bytes
}

fn open() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: socket takes no pointer.
    let fd = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_CONNECTOR) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn bind(socket: &OwnedFd) -> io::Result<()> {
    // SAFETY: sockaddr_nl is made of integers, for which zeros are a value.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::AF_NETLINK as u16;
    address.nl_groups = PROCESSES;
    let length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
    // SAFETY: pointer and length describe `address`, which outlives the call.
    let refused = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: pointer and length describe `bytes`, which outlive the call.
    let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length describe `buffer`, which is writable and outlives the call.
    let length = unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: u32, pids: [u32; 4]) -> Vec<u8> {
        let mut bytes = what.to_ne_bytes().to_vec();
        bytes.extend_from_slice(&7u32.to_ne_bytes());
        bytes.extend_from_slice(&1_500u64.to_ne_bytes());
        bytes.extend(pids.iter().flat_map(|pid| pid.to_ne_bytes()));
        bytes
    }

    #[test]
    fn a_new_process_is_told_and_a_new_thread_is_not() {
        let at = Duration::from_nanos(1_500);
        assert_eq!(meaning(&event(FORKED, [10, 11, 20, 20])), Some(ExecEvent::Forked { parent: 11, child: 20, at }));
        assert_eq!(meaning(&event(FORKED, [10, 10, 21, 20])), None);
    }

    #[test]
    fn an_exec_is_told_with_its_moment() {
        let at = Duration::from_nanos(1_500);
        assert_eq!(meaning(&event(EXECUTED, [30, 31, 0, 0])), Some(ExecEvent::Executed { pid: 31, at }));
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        let whole = event(EXECUTED, [30, 31, 0, 0]);
        assert_eq!(meaning(&whole[..20]), None);
        assert_eq!(body(&whole[..10]), None);
    }
}
