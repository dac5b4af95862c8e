//! Netlink: messages of nested attributes to and from the kernel (RFC 3549, include/uapi/linux/netlink.h).
//! Builds and reads bytes, sends and receives them; what they mean is known by the callers.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const HEADER: usize = 16;
const RECEIVE_BYTES: usize = 64 * 1024;

/// A request under construction. Lengths are patched in when a nest or the message ends.
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// Starts with the netlink header and the protocol's own fixed header.
    pub fn new(kind: u16, flags: i32, fixed: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(flags as u16 | libc::NLM_F_REQUEST as u16).to_ne_bytes());
        bytes.extend_from_slice(fixed);
        Self { bytes }
    }

    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.put(kind, value);
        self
    }

    pub fn text(self, kind: u16, value: &str) -> Self {
        let mut zero_terminated = value.as_bytes().to_vec();
        zero_terminated.push(0);
        self.attribute(kind, &zero_terminated)
    }

    /// An attribute that holds attributes, or a fixed struct followed by attributes.
    pub fn nest(mut self, kind: u16, fill: impl FnOnce(Message) -> Message) -> Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        let mut filled = fill(self);
        let length = (filled.bytes.len() - start) as u16;
        filled.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        filled
    }

    /// Bytes without an attribute header, padded: the fixed struct at the start of some nests.
    pub fn raw(mut self, value: &[u8]) -> Self {
        self.bytes.extend_from_slice(value);
        self.pad();
        self
    }

    /// The finished bytes with this sequence number.
    pub fn finish(mut self, sequence: u32) -> Vec<u8> {
        let length = self.bytes.len() as u32;
        self.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.bytes
    }

    fn put(&mut self, kind: u16, value: &[u8]) {
        let length = (4 + value.len()) as u16;
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// One message received: its kind and all that follows the netlink header.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    pub kind: u16,
    pub sequence: u32,
    pub body: &'a [u8],
}

/// The messages in one datagram. Stops at the first that is cut short.
pub fn messages(datagram: &[u8]) -> impl Iterator<Item = Received<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(rest.get(0..4)?.try_into().ok()?) as usize;
        let message = rest.get(..length).filter(|message| message.len() >= HEADER)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some(Received {
            kind: u16::from_ne_bytes([message[4], message[5]]),
            sequence: u32::from_ne_bytes([message[8], message[9], message[10], message[11]]),
            body: &message[HEADER..],
        })
    })
}

/// The attributes in a body, after the protocol's own fixed header. The flag bits of the kind are removed.
pub fn attributes(body: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(rest.get(0..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & 0x3fff;
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, value))
    })
}

/// The value of the first attribute of this kind.
pub fn attribute(body: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(body).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// A native u32 at the start of a value.
pub fn u32_of(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.get(0..4)?.try_into().ok()?))
}

/// A zero-terminated string.
pub fn text_of(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

/// A netlink socket in the network namespace of the thread that opens it, wherever it is used afterwards.
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
}

impl Socket {
    pub fn open(protocol: i32) -> io::Result<Self> {
        // SAFETY: socket takes no pointer.
        let fd = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, protocol) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
        Ok(Self { fd: unsafe { OwnedFd::from_raw_fd(fd) }, sequence: 0 })
    }

    /// Sends a request with an acknowledgement asked for, and waits for it.
    pub fn execute(&mut self, message: Message) -> io::Result<()> {
        self.exchange(message, |_| {})
    }

    /// Sends a dump request and hands over each answer.
    pub fn exchange(&mut self, message: Message, mut each: impl FnMut(Received<'_>)) -> io::Result<()> {
        self.sequence += 1;
        self.send(&message.finish(self.sequence))?;
        let mut buffer = vec![0; RECEIVE_BYTES];
        loop {
            let length = self.receive(&mut buffer)?;
            for received in messages(&buffer[..length]).filter(|received| received.sequence == self.sequence) {
                match i32::from(received.kind) {
                    libc::NLMSG_DONE => return Ok(()),
                    libc::NLMSG_ERROR => return outcome(received.body),
                    _ => each(received),
                }
            }
        }
    }

    /// Hands the descriptor to a caller that speaks the rest of the protocol itself.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        // SAFETY: pointer and length describe `bytes`, which outlives the call.
        let sent = unsafe { libc::send(self.fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: pointer and length describe `buffer`, which is writable and outlives the call.
        let received = unsafe { libc::recv(self.fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        if received < 0 { Err(io::Error::last_os_error()) } else { Ok(received as usize) }
    }
}

/// An acknowledgement is an error message with the number 0.
fn outcome(body: &[u8]) -> io::Result<()> {
    match u32_of(body).map(|raw| raw as i32) {
        Some(0) => Ok(()),
        Some(number) => Err(io::Error::from_raw_os_error(-number)),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_what_is_read() {
        let message = Message::new(77, libc::NLM_F_ACK, &[1, 2, 3, 4])
            .text(1, "eth0")
            .nest(2, |nest| nest.attribute(3, &[9; 5]).attribute(4, &7u32.to_ne_bytes()));
        let bytes = message.finish(5);
        let received = messages(&bytes).next().expect("one message");
        assert_eq!((received.kind, received.sequence), (77, 5));
        let body = &received.body[4..];
        assert_eq!(attribute(body, 1).map(text_of).as_deref(), Some("eth0"));
        let nest = attribute(body, 2).expect("the nest");
        assert_eq!(attribute(nest, 3), Some(&[9u8; 5][..]));
        assert_eq!(attribute(nest, 4).and_then(u32_of), Some(7));
    }

    #[test]
    fn a_message_that_is_cut_short_is_not_read() {
        let bytes = Message::new(1, 0, &[0; 8]).finish(1);
        assert_eq!(messages(&bytes[..bytes.len() - 1]).count(), 0);
        assert_eq!(attributes(&[200, 0, 1, 0, 5]).count(), 0);
    }
}
