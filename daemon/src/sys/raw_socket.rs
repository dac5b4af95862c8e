//! Sends IP packets that already have their headers, each with its own firewall mark, without ever blocking.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// How many packets one system call takes.
const BATCH: usize = 32;
const SEND_BUFFER_BYTES: i32 = 8 * 1024 * 1024;
const CONTROL_BYTES: usize = 24;

/// A packet to be sent: IP header first, transport checksum already right.
pub struct Outgoing<'a> {
    pub bytes: &'a [u8],
    pub mark: u32,
}

/// Raw sockets of both families in the network namespace of the thread that opens them.
pub struct RawSender {
    v4: OwnedFd,
    v6: Option<OwnedFd>,
}

impl RawSender {
    /// Bound to a device, or with None to wherever the route leads (loopback for the namespace's own addresses).
    pub fn open(device: Option<&str>) -> io::Result<Self> {
        let v4 = open_one(libc::AF_INET, device)?;
        let v6 = match open_one(libc::AF_INET6, device) {
            Ok(socket) => Some(socket),
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { v4, v6 })
    }

    /// Sends all in order and reports each that the kernel refused, with its place.
    pub fn send(&self, packets: &[Outgoing<'_>], mut refused: impl FnMut(usize, io::Error)) {
        let mut start = 0;
        while start < packets.len() {
            let version = version_of(packets[start].bytes);
            let run = packets[start..].iter().take(BATCH).take_while(|packet| version_of(packet.bytes) == version).count();
            match self.send_run(version, &packets[start..start + run]) {
                Ok(sent) => start += sent,
                Err(error) => {
                    refused(start, error);
                    start += 1;
                }
            }
        }
    }

    fn send_run(&self, version: u8, packets: &[Outgoing<'_>]) -> io::Result<usize> {
        let socket = match version {
            4 => &self.v4,
            6 => self.v6.as_ref().ok_or_else(|| io::Error::from_raw_os_error(libc::EAFNOSUPPORT))?,
            _ => return Err(io::Error::from_raw_os_error(libc::EPROTONOSUPPORT)),
        };
        let mut envelopes: [Envelope; BATCH] = std::array::from_fn(|_| Envelope::empty());
        for (envelope, packet) in envelopes.iter_mut().zip(packets) {
            envelope.address(version, packet)?;
        }
        // SAFETY: mmsghdr is plain data for which all zeroes is a valid value.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
        for (header, envelope) in headers.iter_mut().zip(envelopes.iter_mut()).take(packets.len()) {
            header.msg_hdr = envelope.header();
        }
        // SAFETY: the headers point into `envelopes` and `packets`, which neither move nor end before the call returns.
        let sent =
            unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), packets.len() as u32, libc::MSG_DONTWAIT) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(sent as usize) }
    }
}

/// What sendmmsg needs beside the bytes: where to, and the mark as ancillary data.
#[repr(C, align(8))]
struct Envelope {
    control: [u8; CONTROL_BYTES],
    destination: [u8; 28],
    destination_length: u32,
    piece: libc::iovec,
}

impl Envelope {
    fn empty() -> Self {
        let piece = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        Self { control: [0; CONTROL_BYTES], destination: [0; 28], destination_length: 0, piece }
    }

    fn address(&mut self, version: u8, packet: &Outgoing<'_>) -> io::Result<()> {
        let (family, from, to, length) = if version == 4 { (libc::AF_INET, 16, 4, 16) } else { (libc::AF_INET6, 24, 8, 28) };
        let address_length = if version == 4 { 4 } else { 16 };
        let address = packet.bytes.get(from..from + address_length).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.destination[0..2].copy_from_slice(&(family as u16).to_ne_bytes());
        self.destination[to..to + address_length].copy_from_slice(address);
        self.destination_length = length;
        self.piece = libc::iovec { iov_base: packet.bytes.as_ptr().cast_mut().cast(), iov_len: packet.bytes.len() };
        // struct cmsghdr { size_t len; int level; int type; } and the mark, padded to eight bytes.
        self.control[0..8].copy_from_slice(&20usize.to_ne_bytes());
        self.control[8..12].copy_from_slice(&libc::SOL_SOCKET.to_ne_bytes());
        self.control[12..16].copy_from_slice(&libc::SO_MARK.to_ne_bytes());
        self.control[16..20].copy_from_slice(&packet.mark.to_ne_bytes());
        Ok(())
    }

    fn header(&mut self) -> libc::msghdr {
        // SAFETY: msghdr is plain data for which all zeroes is a valid value.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_name = self.destination.as_mut_ptr().cast();
        header.msg_namelen = self.destination_length;
        header.msg_iov = &mut self.piece;
        header.msg_iovlen = 1;
        header.msg_control = self.control.as_mut_ptr().cast();
        header.msg_controllen = CONTROL_BYTES as _;
        header
    }
}

fn version_of(packet: &[u8]) -> u8 {
    packet.first().map_or(0, |byte| byte >> 4)
}

fn open_one(family: i32, device: Option<&str>) -> io::Result<OwnedFd> {
    // SAFETY: socket takes no pointer. IPPROTO_RAW means that headers are included, in both families.
    let fd = unsafe { libc::socket(family, libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK, libc::IPPROTO_RAW) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    if let Some(device) = device {
        set(&socket, libc::SO_BINDTODEVICE, device.as_bytes())?;
    }
    // A privileged daemon gets the whole buffer; without privilege the kernel's maximum must do.
    if set(&socket, libc::SO_SNDBUFFORCE, &SEND_BUFFER_BYTES.to_ne_bytes()).is_err() {
        set(&socket, libc::SO_SNDBUF, &SEND_BUFFER_BYTES.to_ne_bytes())?;
    }
    Ok(socket)
}

fn set(socket: &OwnedFd, option: i32, value: &[u8]) -> io::Result<()> {
    // SAFETY: pointer and length describe `value`, which outlives the call.
    let refused =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value.as_ptr().cast(), value.len() as u32) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
