//! What the kernel says on the FUSE device and what it wants to hear: bytes in, fields out, and back. Pure. The layouts are those of
//! include/uapi/linux/fuse.h, protocol 7.31 and later; the numbers are in the byte order of the machine.

use std::ffi::CStr;

use crate::contract::FileMethod;
use crate::fault::file_io::Method;
use crate::sys::file::Stat;

pub const ROOT: u64 = 1;
/// Bytes of one read or write at most: what the kernel sends is that, a header and a few fields.
pub const LARGEST: usize = 256 * 1024;
pub const BUFFER: usize = LARGEST + 4096;
const IN_HEADER: usize = 40;
const OUT_HEADER: usize = 16;
/// Set in `unique` of a request that is sent again because whoever had taken it is gone (Linux 6.9).
const RESENT: u64 = 1 << 63;

macro_rules! opcodes {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Opcode { $($name = $number),* }
        impl Opcode {
            fn of(raw: u32) -> Option<Opcode> {
                match raw { $($number => Some(Opcode::$name),)* _ => None }
            }
        }
    };
}

opcodes! {
    Lookup = 1, Forget = 2, Getattr = 3, Setattr = 4, Readlink = 5, Symlink = 6, Mknod = 8, Mkdir = 9, Unlink = 10, Rmdir = 11,
    Rename = 12, Link = 13, Open = 14, Read = 15, Write = 16, Statfs = 17, Release = 18, Fsync = 20, Setxattr = 21, Getxattr = 22,
    Listxattr = 23, Removexattr = 24, Flush = 25, Init = 26, Opendir = 27, Readdir = 28, Releasedir = 29, Fsyncdir = 30,
    Create = 35, Interrupt = 36, Destroy = 38, BatchForget = 42, Fallocate = 43, Rename2 = 45, Lseek = 46, CopyFileRange = 47,
}

impl Opcode {
    /// The name that an experiment gives it. None: no experiment can name it, and it is never disturbed.
    pub fn method(self) -> Option<Method> {
        use FileMethod as M;
        Some(Method::of(match self {
            Opcode::Lookup => M::Lookup,
            Opcode::Getattr => M::Getattr,
            Opcode::Setattr => M::Setattr,
            Opcode::Readlink => M::Readlink,
            Opcode::Symlink => M::Symlink,
            Opcode::Mknod => M::Mknod,
            Opcode::Mkdir => M::Mkdir,
            Opcode::Unlink => M::Unlink,
            Opcode::Rmdir => M::Rmdir,
            Opcode::Rename | Opcode::Rename2 => M::Rename,
            Opcode::Link => M::Link,
            Opcode::Open => M::Open,
            Opcode::Read => M::Read,
            // Both put data into a file, and the kernel turns write(2) into neither of them by itself.
            Opcode::Write | Opcode::Fallocate | Opcode::CopyFileRange => M::Write,
            Opcode::Statfs => M::Statfs,
            Opcode::Release => M::Release,
            Opcode::Fsync => M::Fsync,
            Opcode::Setxattr => M::Setxattr,
            Opcode::Getxattr => M::Getxattr,
            Opcode::Listxattr => M::Listxattr,
            Opcode::Removexattr => M::Removexattr,
            Opcode::Flush => M::Flush,
            Opcode::Opendir => M::Opendir,
            Opcode::Readdir => M::Readdir,
            Opcode::Releasedir => M::Releasedir,
            Opcode::Fsyncdir => M::Fsyncdir,
            Opcode::Create => M::Create,
            Opcode::Forget | Opcode::BatchForget | Opcode::Init | Opcode::Interrupt | Opcode::Destroy | Opcode::Lseek => {
                return None;
            }
        }))
    }

    /// The offset in the body at which a name in the directory `nodeid` stands, where the operation is about such a name.
    pub fn name_at(self) -> Option<usize> {
        match self {
            Opcode::Lookup | Opcode::Unlink | Opcode::Rmdir | Opcode::Symlink => Some(0),
            Opcode::Mkdir | Opcode::Rename | Opcode::Link => Some(8),
            Opcode::Mknod | Opcode::Create | Opcode::Rename2 => Some(16),
            _ => None,
        }
    }
}

/// One request, as it lies in the buffer that was read.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// None: not known here, which is answered with ENOSYS.
    pub opcode: Option<Opcode>,
    /// What the answer must repeat, the mark of a resent request included.
    pub unique: u64,
    pub node: u64,
    pub uid: u32,
    pub gid: u32,
    /// The thread that asks, as this process sees it; 0 when it cannot.
    pub pid: u32,
    body: &'a [u8],
}

impl<'a> Request<'a> {
    /// None when it is shorter than it says.
    pub fn parse(bytes: &'a [u8]) -> Option<Request<'a>> {
        let whole = Fields(bytes);
        let length = whole.u32(0)? as usize;
        let body = bytes.get(IN_HEADER..length)?;
        Some(Request {
            opcode: Opcode::of(whole.u32(4)?),
            unique: whole.u64(8)?,
            node: whole.u64(16)?,
            uid: whole.u32(24)?,
            gid: whole.u32(28)?,
            pid: whole.u32(32)?,
            body,
        })
    }

    pub fn is_resent(&self) -> bool {
        self.unique & RESENT != 0
    }

    pub fn u32(&self, at: usize) -> Option<u32> {
        Fields(self.body).u32(at)
    }

    pub fn u64(&self, at: usize) -> Option<u64> {
        Fields(self.body).u64(at)
    }

    pub fn bytes(&self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.body.get(at..at.checked_add(length)?)
    }

    /// The string that begins there.
    pub fn text(&self, at: usize) -> Option<&'a CStr> {
        CStr::from_bytes_until_nul(self.body.get(at..)?).ok()
    }

    /// The string behind the one that begins there.
    pub fn text_behind(&self, at: usize) -> Option<&'a CStr> {
        self.text(at + self.text(at)?.count_bytes() + 1)
    }

    /// The name that the operation is about, in the directory `node`.
    pub fn name(&self) -> Option<&'a CStr> {
        self.text(self.opcode?.name_at()?)
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(self.0.get(at..at + 4)?.try_into().ok()?))
    }

    fn u64(&self, at: usize) -> Option<u64> {
        Some(u64::from_ne_bytes(self.0.get(at..at + 8)?.try_into().ok()?))
    }
}

/// The body of an answer, field after field.
#[derive(Debug, Default)]
pub struct Body(pub Vec<u8>);

impl Body {
    pub fn u16(mut self, value: u16) -> Body {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub fn u32(mut self, value: u32) -> Body {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub fn u64(mut self, value: u64) -> Body {
        self.0.extend(value.to_ne_bytes());
        self
    }

    /// struct fuse_attr.
    pub fn attributes(self, stat: &Stat) -> Body {
        self.u64(stat.st_ino)
            .u64(stat.st_size as u64)
            .u64(stat.st_blocks as u64)
            .u64(stat.st_atime as u64)
            .u64(stat.st_mtime as u64)
            .u64(stat.st_ctime as u64)
            .u32(stat.st_atime_nsec as u32)
            .u32(stat.st_mtime_nsec as u32)
            .u32(stat.st_ctime_nsec as u32)
            .u32(stat.st_mode)
            .u32(stat.st_nlink as u32)
            .u32(stat.st_uid)
            .u32(stat.st_gid)
            .u32(stat.st_rdev as u32)
            .u32(stat.st_blksize as u32)
            .u32(0)
    }

    /// struct fuse_entry_out. Nothing is remembered by the kernel: another container may change the same volume.
    pub fn entry(self, node: u64, stat: &Stat) -> Body {
        self.u64(node).u64(0).u64(0).u64(0).u64(0).attributes(stat)
    }

    /// struct fuse_attr_out.
    pub fn attributes_alone(self, stat: &Stat) -> Body {
        self.u64(0).u64(0).attributes(stat)
    }

    /// struct fuse_open_out; `backing` is the number of the file that the kernel itself reads and writes.
    pub fn opened(self, handle: u64, flags: u32, backing: Option<u32>) -> Body {
        self.u64(handle).u32(flags).u32(backing.unwrap_or(0))
    }
}

/// struct fuse_out_header.
pub fn header(unique: u64, errno: i32, body: usize) -> [u8; OUT_HEADER] {
    let mut bytes = [0; OUT_HEADER];
    bytes[..4].copy_from_slice(&((OUT_HEADER + body) as u32).to_ne_bytes());
    bytes[4..8].copy_from_slice(&(-errno).to_ne_bytes());
    bytes[8..].copy_from_slice(&unique.to_ne_bytes());
    bytes
}

/// FUSE_NOTIFY_RESEND (7): the kernel sends again what a dead server had taken and not answered.
pub fn resend() -> [u8; OUT_HEADER] {
    header(0, -7, 0)
}

/// What the kernel's features allow and this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The kernel reads and writes files itself where no fault needs to see it (Linux 6.9).
    pub passthrough: bool,
}

const ASYNC_READ: u64 = 1 << 0;
const BIG_WRITES: u64 = 1 << 5;
const AUTO_INVAL_DATA: u64 = 1 << 12;
const ASYNC_DIO: u64 = 1 << 15;
const PARALLEL_DIROPS: u64 = 1 << 18;
const MAX_PAGES: u64 = 1 << 22;
const INIT_EXT: u64 = 1 << 30;
const DIRECT_IO_ALLOW_MMAP: u64 = 1 << 36;
const PASSTHROUGH: u64 = 1 << 37;
const HAS_RESEND: u64 = 1 << 39;
const WANTED: u64 = ASYNC_READ
    | BIG_WRITES
    | AUTO_INVAL_DATA
    | ASYNC_DIO
    | PARALLEL_DIROPS
    | MAX_PAGES
    | INIT_EXT
    | DIRECT_IO_ALLOW_MMAP
    | PASSTHROUGH
    | HAS_RESEND;
const MINOR: u32 = 41;
const PAGE: usize = 4096;

/// Answers FUSE_INIT. None: the kernel is older than Linux 5.4, or not one of protocol 7.
pub fn agree(request: &Request<'_>) -> Option<(Body, Agreed)> {
    let (major, minor) = (request.u32(0)?, request.u32(4)?);
    if major != 7 || minor < 31 {
        return None;
    }
    let read_ahead = request.u32(8)?;
    let low = u64::from(request.u32(12)?);
    let high = if low & INIT_EXT == 0 { 0 } else { u64::from(request.u32(16).unwrap_or(0)) };
    let flags = (low | high << 32) & WANTED;
    let body = Body::default()
        .u32(7)
        .u32(minor.min(MINOR))
        .u32(read_ahead)
        .u32(flags as u32)
        .u16(64) // requests in the background at most
        .u16(48)
        .u32(LARGEST as u32)
        .u32(1) // nanoseconds of a time stamp
        .u16((LARGEST / PAGE) as u16)
        .u16(0)
        .u32((flags >> 32) as u32)
        // How many file systems may lie under this one: the container's own may be an overlay already.
        .u32(if flags & PASSTHROUGH == 0 { 0 } else { 2 })
        .u64(0)
        .u64(0)
        .u64(0);
    Some((body, Agreed { passthrough: flags & PASSTHROUGH != 0 }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_lookup(name: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; IN_HEADER];
        bytes[..4].copy_from_slice(&((IN_HEADER + name.len()) as u32).to_ne_bytes());
        bytes[4..8].copy_from_slice(&1u32.to_ne_bytes());
        bytes[16..24].copy_from_slice(&7u64.to_ne_bytes());
        bytes.extend(name);
        bytes
    }

    #[test]
    fn a_request_says_who_asks_for_what() {
        let bytes = a_lookup(b"name\0");
        let request = Request::parse(&bytes).expect("whole");
        assert_eq!((request.opcode, request.node, request.name()), (Some(Opcode::Lookup), 7, Some(c"name")));
    }

    #[test]
    fn an_answer_to_a_stat_is_as_long_as_the_kernel_wants_it() {
        let root = std::fs::File::open("/").expect("a root");
        let stat = crate::sys::file::stat(std::os::fd::AsFd::as_fd(&root)).expect("a root");
        assert_eq!(Body::default().attributes_alone(&stat).0.len(), 104);
        assert_eq!(Body::default().entry(2, &stat).0.len(), 128);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(request) = Request::parse(&bytes) {
                let _seen = (request.name(), request.text_behind(8), request.u64(32), agree(&request));
            }
        }
    }
}
