//! One queue of nfnetlink_queue: packets that a firewall rule handed to us, and our verdicts on them
//! (include/uapi/linux/netfilter/nfnetlink_queue.h).

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::netlink::{self, Message, Socket};

const SUBSYSTEM: u16 = 3 << 8;
const PACKET: u16 = SUBSYSTEM;
const VERDICT: u16 = SUBSYSTEM | 1;
const CONFIG: u16 = SUBSYSTEM | 2;
const VERDICT_BATCH: u16 = SUBSYSTEM | 3;

const RECEIVE_BUFFER_BYTES: i32 = 8 * 1024 * 1024;
/// Room for the largest IP packet and the attributes around it.
const SLOT_BYTES: usize = 66 * 1024;
/// Packets taken by one system call. The slots are zero pages until a packet of that size has been there.
pub const BATCH: usize = 32;

/// How a queue is to be set up.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub number: u16,
    /// Bytes of each packet that are copied to us; the whole length is told in any case.
    pub copy_bytes: u32,
    /// Whether packets larger than the MTU come as one, with their checksums not yet made.
    pub keeps_large_packets: bool,
    /// Packets that the kernel holds for us at most; above that it lets them pass.
    pub max_packets: u32,
}

/// A packet as the kernel shows it.
pub struct Packet<'a> {
    pub id: u32,
    pub mark: u32,
    pub full_length: usize,
    pub bytes: &'a [u8],
}

/// What is to be done with a packet that the kernel holds for us.
pub enum Verdict<'a> {
    Drop,
    /// Let it go through the same hook again with this mark: other rules of the hook still see it.
    Repeat {
        mark: u32,
        /// New contents, when they were changed.
        bytes: Option<&'a [u8]>,
    },
}

/// The queue, bound in the network namespace of the thread that opens it. Closing it drops what the kernel still holds.
pub struct Queue {
    fd: OwnedFd,
    number: u16,
}

impl Queue {
    pub fn open(settings: Settings) -> io::Result<Self> {
        let mut socket = Socket::open(libc::NETLINK_NETFILTER)?;
        let config = || Message::new(CONFIG, libc::NLM_F_ACK, &header(settings.number));
        socket.execute(config().attribute(libc::NFQA_CFG_CMD as u16, &[libc::NFQNL_CFG_CMD_BIND as u8, 0, 0, 0]))?;
        socket.execute(config().attribute(libc::NFQA_CFG_QUEUE_MAXLEN as u16, &settings.max_packets.to_be_bytes()))?;
        // When the kernel's queue is full, or we do not read, packets pass: a slow daemon must not cut its victim off.
        let mut flags = libc::NFQA_CFG_F_FAIL_OPEN as u32;
        if settings.keeps_large_packets {
            flags |= libc::NFQA_CFG_F_GSO as u32;
        }
        let mask = (libc::NFQA_CFG_F_FAIL_OPEN | libc::NFQA_CFG_F_GSO) as u32;
        socket.execute(
            config()
                .attribute(libc::NFQA_CFG_FLAGS as u16, &flags.to_be_bytes())
                .attribute(libc::NFQA_CFG_MASK as u16, &mask.to_be_bytes()),
        )?;
        let mut copy = settings.copy_bytes.to_be_bytes().to_vec();
        copy.push(libc::NFQNL_COPY_PACKET as u8);
        socket.execute(config().attribute(libc::NFQA_CFG_PARAMS as u16, &copy))?;
        let queue = Self { fd: socket.into_fd(), number: settings.number };
        queue.widen()?;
        Ok(queue)
    }

    /// Takes what is waiting, one system call's worth, and hands each packet over. Fewer than BATCH: no more is waiting.
    pub fn receive(&self, room: &mut Room, mut each: impl FnMut(Packet<'_>)) -> io::Result<usize> {
        let count = room.fill(&self.fd)?;
        for slot in 0..count {
            for received in netlink::messages(room.datagram(slot)).filter(|received| received.kind == PACKET) {
                if let Some(packet) = packet_of(received.body) {
                    each(packet);
                }
            }
        }
        Ok(count)
    }

    /// Drops every packet up to this id with one message.
    pub fn drop_up_to(&self, id: u32) -> io::Result<()> {
        let message = Message::new(VERDICT_BATCH, 0, &header(self.number))
            .attribute(libc::NFQA_VERDICT_HDR as u16, &verdict_header(libc::NF_DROP, id));
        self.send(&message.finish(0))
    }

    /// Appends one verdict to a letter that `send` takes: many verdicts, one system call.
    pub fn write_verdict(&self, letter: &mut Vec<u8>, id: u32, verdict: &Verdict<'_>) {
        let message = Message::new(VERDICT, 0, &header(self.number));
        let message = match verdict {
            Verdict::Drop => message.attribute(libc::NFQA_VERDICT_HDR as u16, &verdict_header(libc::NF_DROP, id)),
            Verdict::Repeat { mark, bytes } => {
                let message = message
                    .attribute(libc::NFQA_VERDICT_HDR as u16, &verdict_header(libc::NF_REPEAT, id))
                    .attribute(libc::NFQA_MARK as u16, &mark.to_be_bytes());
                match bytes {
                    Some(bytes) => message.attribute(libc::NFQA_PAYLOAD as u16, bytes),
                    None => message,
                }
            }
        };
        letter.extend_from_slice(&message.finish(0));
        letter.resize(letter.len().next_multiple_of(4), 0);
    }

    pub fn send(&self, letter: &[u8]) -> io::Result<()> {
        // SAFETY: pointer and length describe `letter`, which outlives the call.
        let sent = unsafe { libc::send(self.fd.as_raw_fd(), letter.as_ptr().cast(), letter.len(), 0) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn widen(&self) -> io::Result<()> {
        let bytes = RECEIVE_BUFFER_BYTES.to_ne_bytes();
        // Without privilege over the machine the kernel's maximum must do; beyond it packets pass unharmed (fail open).
        if set(&self.fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &bytes).is_err() {
            set(&self.fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &bytes)?;
        }
        set(&self.fd, libc::SOL_NETLINK, libc::NETLINK_NO_ENOBUFS, &1i32.to_ne_bytes())
    }
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Where received datagrams lie while they are read. One for all queues of a thread.
pub struct Room {
    bytes: Vec<u8>,
    lengths: [usize; BATCH],
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: vec![0; BATCH * SLOT_BYTES], lengths: [0; BATCH] }
    }
}

impl Room {
    fn fill(&mut self, fd: &OwnedFd) -> io::Result<usize> {
        // SAFETY: mmsghdr and iovec are plain data for which all zeroes is a valid value.
        let (mut headers, mut pieces): ([libc::mmsghdr; BATCH], [libc::iovec; BATCH]) =
            unsafe { (mem::zeroed(), mem::zeroed()) };
        for ((header, piece), slot) in headers.iter_mut().zip(pieces.iter_mut()).zip(self.bytes.chunks_mut(SLOT_BYTES)) {
            *piece = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: SLOT_BYTES };
            header.msg_hdr.msg_iov = piece;
            header.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: every header points at its own piece, every piece at its own slot, and all outlive the call.
        let count = unsafe {
            libc::recvmmsg(fd.as_raw_fd(), headers.as_mut_ptr(), BATCH as u32, libc::MSG_DONTWAIT, std::ptr::null_mut())
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            let empty = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            return if empty { Ok(0) } else { Err(error) };
        }
        for (length, header) in self.lengths.iter_mut().zip(&headers) {
            *length = (header.msg_len as usize).min(SLOT_BYTES);
        }
        Ok(count as usize)
    }

    fn datagram(&self, slot: usize) -> &[u8] {
        &self.bytes[slot * SLOT_BYTES..][..self.lengths[slot]]
    }
}

/// struct nfgenmsg: any family, version 0, the queue's number.
fn header(number: u16) -> [u8; 4] {
    let [high, low] = number.to_be_bytes();
    [libc::AF_UNSPEC as u8, 0, high, low]
}

/// struct nfqnl_msg_verdict_hdr.
fn verdict_header(verdict: i32, id: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&verdict.to_be_bytes());
    bytes[4..].copy_from_slice(&id.to_be_bytes());
    bytes
}

fn packet_of(body: &[u8]) -> Option<Packet<'_>> {
    let attributes = body.get(4..)?;
    let (mut id, mut mark, mut cut_from, mut bytes) = (None, 0, None, &[][..]);
    for (kind, value) in netlink::attributes(attributes) {
        match i32::from(kind) {
            libc::NFQA_PACKET_HDR => id = be32(value),
            libc::NFQA_MARK => mark = be32(value)?,
            libc::NFQA_CAP_LEN => cut_from = be32(value),
            libc::NFQA_PAYLOAD => bytes = value,
            _ => {}
        }
    }
    Some(Packet { id: id?, mark, full_length: cut_from.map_or(bytes.len(), |length| length as usize), bytes })
}

fn be32(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.get(0..4)?.try_into().ok()?))
}

fn set(fd: &OwnedFd, level: i32, option: i32, value: &[u8]) -> io::Result<()> {
    // SAFETY: pointer and length describe `value`, which outlives the call.
    let refused = unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value.as_ptr().cast(), value.len() as u32) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
