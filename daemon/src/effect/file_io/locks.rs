//! File locks as /proc/locks tells them, and how one is taken again on the same file elsewhere.

use std::fs;
use std::io;
use std::os::fd::BorrowedFd;

use crate::sys;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// fcntl: of a process.
    Posix,
    /// fcntl: of an open file.
    OpenFile,
    /// flock: of an open file.
    Whole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    kind: Kind,
    is_exclusive: bool,
    /// None where the kernel does not say.
    pid: Option<u32>,
    pub device: u64,
    pub inode: u64,
    start: u64,
    /// Bytes; 0: to the end of the file and beyond.
    length: u64,
}

/// Every lock of this machine; those that are only waited for are left out.
pub fn all() -> io::Result<Vec<Lock>> {
    Ok(fs::read_to_string("/proc/locks")?.lines().filter_map(parse).collect())
}

pub fn on(device: u64) -> io::Result<Vec<Lock>> {
    Ok(all()?.into_iter().filter(|lock| lock.device == device).collect())
}

/// `1: POSIX  ADVISORY  WRITE 1234 00:2f:5678 0 EOF`; with an arrow behind the number for one who waits.
fn parse(line: &str) -> Option<Lock> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, kind, _, access, pid, file, start, end] = *words.as_slice() else { return None };
    let kind = match kind {
        "POSIX" => Kind::Posix,
        "OFDLCK" => Kind::OpenFile,
        "FLOCK" => Kind::Whole,
        _ => return None,
    };
    let [major, minor, inode] = *file.split(':').collect::<Vec<_>>().as_slice() else { return None };
    let hex = |text| u32::from_str_radix(text, 16).ok();
    let start: u64 = start.parse().ok()?;
    let length = if end == "EOF" { 0 } else { end.parse::<u64>().ok()?.checked_sub(start)?.checked_add(1)? };
    Some(Lock {
        kind,
        is_exclusive: access == "WRITE",
        pid: pid.parse().ok().filter(|pid| *pid > 0),
        device: libc::makedev(hex(major)?, hex(minor)?),
        inode: inode.parse().ok()?,
        start,
        length,
    })
}

impl Lock {
    /// Whether a process can be the holder, or one of them.
    pub fn may_be_of(&self, pid: u32) -> bool {
        self.pid.is_none_or(|holder| holder == pid) || self.kind != Kind::Posix
    }

    pub fn is_of_process(&self) -> bool {
        self.kind == Kind::Posix
    }

    /// struct flock.
    pub fn as_bytes(&self) -> Vec<u8> {
        let kind = if self.is_exclusive { libc::F_WRLCK } else { libc::F_RDLCK } as i16;
        let mut bytes = kind.to_ne_bytes().to_vec();
        bytes.resize(8, 0);
        bytes.extend(self.start.to_ne_bytes());
        bytes.extend(self.length.to_ne_bytes());
        bytes.resize(32, 0);
        bytes
    }

    /// Takes it for an open file.
    pub fn take(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        match self.kind {
            Kind::Whole => sys::lock::whole(file, self.is_exclusive),
            Kind::Posix | Kind::OpenFile => sys::lock::range(file, self.is_exclusive, self.start, self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_and_one_that_waits_is_none() {
        let lock = parse("1: POSIX  ADVISORY  WRITE 1234 00:2f:5678 10 19").expect("a lock");
        assert_eq!((lock.device, lock.inode, lock.start, lock.length), (libc::makedev(0, 0x2f), 5678, 10, 10));
        assert!(lock.is_of_process() && lock.may_be_of(1234) && !lock.may_be_of(7));
        let whole = parse("2: FLOCK  ADVISORY  READ -1 00:2f:5678 0 EOF").expect("a lock");
        assert!(!whole.is_exclusive && whole.length == 0 && whole.may_be_of(7));
        assert_eq!(parse("1: -> POSIX  ADVISORY  WRITE 1234 00:2f:5678 0 EOF"), None);
        assert_eq!(lock.as_bytes().len(), size_of::<libc::flock>());
    }
}
