//! Descriptors from one process to another, with a line of text, over a local socket.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// SCM_MAX_FD of the kernel.
pub const MOST: usize = 253;

/// Room for the header and the descriptors, aligned as the kernel wants it.
#[repr(align(8))]
struct Control([u8; 16 + MOST * 4 + 8]);

/// Sends the text and at most 253 descriptors in one message.
pub fn send(socket: &UnixStream, text: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let numbers: Vec<i32> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let mut control = Control([0; 16 + MOST * 4 + 8]);
    let mut part = libc::iovec { iov_base: text.as_ptr().cast_mut().cast(), iov_len: text.len() };
    // SAFETY: msghdr is plain integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    if !numbers.is_empty() {
        assert!(numbers.len() <= MOST, "the kernel takes no more in one message");
        let bytes = (numbers.len() * 4) as u32;
        message.msg_control = control.0.as_mut_ptr().cast();
        // SAFETY: `control` is aligned and has room for a header and MOST descriptors; all pointers into it stay inside.
        unsafe {
            message.msg_controllen = libc::CMSG_SPACE(bytes) as usize;
            let header = libc::CMSG_FIRSTHDR(&message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(bytes) as usize;
            std::ptr::copy_nonoverlapping(numbers.as_ptr(), libc::CMSG_DATA(header).cast(), numbers.len());
        }
    }
    // SAFETY: `message` and all that it points to are valid for the call; the kernel only reads them.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &message, libc::MSG_NOSIGNAL) };
    match usize::try_from(sent) {
        Ok(length) if length == text.len() => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// Receives a text of at most `longest` bytes and one descriptor, if one came. An empty text: the other side has closed. Whoever sends
/// more is refused, and all that it sent is closed.
pub fn receive(socket: &UnixStream, longest: usize) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let mut text = vec![0; longest];
    let mut control = Control([0; 16 + MOST * 4 + 8]);
    let mut part = libc::iovec { iov_base: text.as_mut_ptr().cast(), iov_len: text.len() };
    // SAFETY: msghdr is plain integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: CMSG_LEN only counts. One header and one descriptor without what aligns it, where another would fit: the kernel closes
    // what does not.
    message.msg_controllen = unsafe { libc::CMSG_LEN(4) } as usize;
    // SAFETY: `message` and all that it points to are valid and writable for the call.
    let received = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, libc::MSG_CMSG_CLOEXEC) };
    text.truncate(usize::try_from(received).map_err(|_| io::Error::last_os_error())?);
    // SAFETY: the kernel has filled in `message`; CMSG_FIRSTHDR answers null when there is no header, and the kernel has made the
    // one descriptor behind an SCM_RIGHTS header for us, so that nobody else owns it.
    let fd = unsafe {
        let header = libc::CMSG_FIRSTHDR(&message);
        let is_rights =
            !header.is_null() && (*header).cmsg_type == libc::SCM_RIGHTS && (*header).cmsg_len >= libc::CMSG_LEN(4) as usize;
        is_rights.then(|| OwnedFd::from_raw_fd(libc::CMSG_DATA(header).cast::<i32>().read_unaligned()))
    };
    if message.msg_flags & libc::MSG_CTRUNC != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "more came with the message than one descriptor"));
    }
    Ok((text, fd))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::fd::AsFd;

    use super::*;

    /// How many descriptors of this process lead there.
    fn open_at(path: &std::path::Path) -> usize {
        let fds = fs::read_dir("/proc/self/fd").expect("procfs").map_while(Result::ok);
        fds.filter(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == path)).count()
    }

    #[test]
    fn more_descriptors_than_one_are_refused_and_closed() {
        let path = std::env::temp_dir().join(format!("chaosgated-passing-{}", std::process::id()));
        let file = File::create(&path).expect("writable");
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        send(&ours, b"one", &[file.as_fd()]).expect("sent");
        let (text, fd) = receive(&theirs, 16).expect("received");
        assert_eq!((text.as_slice(), fd.is_some(), open_at(&path)), (&b"one"[..], true, 2));
        drop(fd);
        for count in [2, 3, MOST] {
            send(&ours, b"many", &vec![file.as_fd(); count]).expect("sent");
            let refused = receive(&theirs, 16).expect_err("more than one").kind();
            assert_eq!((refused, open_at(&path)), (io::ErrorKind::InvalidData, 1), "{count}");
        }
        fs::remove_file(&path).expect("our own file");
    }
}
