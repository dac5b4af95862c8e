//! Where a volume is: the mount namespace of the victim, and what /proc says about the mounts in it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::procfs;
use crate::sys::mount;

/// What our mounts are called in mountinfo: the kind, and before the fault's name.
pub const KIND: &str = "fuse.chaosgate";
pub const SOURCE: &str = "chaosgate:";

/// One line of /proc/PID/mountinfo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    pub id: u64,
    pub device: u64,
    pub point: String,
    /// Whatever is mounted below it appears elsewhere too.
    pub is_shared: bool,
    pub kind: String,
    pub source: String,
}

impl Mount {
    pub fn is_ours(&self) -> bool {
        self.fault().is_some()
    }

    /// The fault under whose name one of ours is mounted.
    pub fn fault(&self) -> Option<&str> {
        if self.kind == KIND { self.source.strip_prefix(SOURCE) } else { None }
    }
}

pub fn mounts_of(pid: u32) -> io::Result<Vec<Mount>> {
    Ok(fs::read_to_string(format!("/proc/{pid}/mountinfo"))?.lines().filter_map(parse).collect())
}

/// `36 35 98:0 /root /point rw,noatime shared:1 master:2 - ext4 /dev/sda rw`; any number of words before the dash.
fn parse(line: &str) -> Option<Mount> {
    let (before, behind) = line.split_once(" - ")?;
    let before: Vec<&str> = before.split(' ').collect();
    let mut behind = behind.split(' ');
    let (major, minor) = before.get(2)?.split_once(':')?;
    Some(Mount {
        id: before.first()?.parse().ok()?,
        device: libc::makedev(major.parse().ok()?, minor.parse().ok()?),
        point: unescaped(before.get(4)?),
        is_shared: before.iter().skip(6).any(|word| word.starts_with("shared:")),
        kind: behind.next()?.to_owned(),
        source: unescaped(behind.next()?),
    })
}

/// Spaces, tabs, newlines and backslashes are written as three octal digits.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&part[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// Whether `path` is `below` or lies in it.
pub fn is_within(path: &[u8], below: &[u8]) -> bool {
    path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest[0] == b'/' || below.ends_with(b"/"))
}

/// The mount namespace of a process, and a root directory from which it is seen.
pub struct Inside {
    pub namespace: File,
    pub root: File,
    /// Whose they are.
    pid: u32,
}

impl Inside {
    /// Every mount as it is seen from the root. Read here and not inside: a container's /proc knows its own processes alone.
    pub fn mounts(&self) -> io::Result<Vec<Mount>> {
        mounts_of(self.pid)
    }
}

pub fn namespace_of(pid: u32) -> io::Result<u64> {
    procfs::inode_of(&namespace_path(pid))
}

/// The inode of a process's mount namespace, and the number that tells it from the next one with that inode.
pub fn identity_of(pid: u32) -> io::Result<(u64, Option<u64>)> {
    let namespace = File::open(namespace_path(pid))?;
    Ok((namespace.metadata()?.ino(), mount::number_of(&namespace)?))
}

fn namespace_path(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/mnt"))
}

/// The namespace with this inode and number, by the process that is asked for or by any other in it. None when its last process has
/// ended. Without a number, which older kernels do not tell, the inode has to do.
pub fn enter(inode: u64, number: Option<u64>, first: u32) -> io::Result<Option<Inside>> {
    let is_meant = |found: &File| -> io::Result<bool> {
        Ok(found.metadata()?.ino() == inode && (number.is_none() || mount::number_of(found)? == number))
    };
    for pid in std::iter::once(first).chain(procfs::all_pids()?) {
        if !namespace_of(pid).is_ok_and(|found| found == inode) {
            continue;
        }
        match open(pid) {
            Ok(inside) if is_meant(&inside.namespace)? => return Ok(Some(inside)),
            Err(error) if !is_not_the_one(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

/// A process that is gone or may not be looked at. Anything else, as too many open files, says nothing about whether one is there.
fn is_not_the_one(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH | libc::EACCES))
}

fn open(pid: u32) -> io::Result<Inside> {
    let path = |path: &Path| fs::OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY).open(path);
    Ok(Inside { namespace: File::open(namespace_path(pid))?, root: path(Path::new(&format!("/proc/{pid}/root")))?, pid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_that_has_the_inode_and_another_number_is_not_the_one() {
        let own = std::process::id();
        let (inode, number) = identity_of(own).expect("this process");
        let Some(number) = number else { return println!("not applicable: this kernel gives mount namespaces no numbers") };
        let found = |number| enter(inode, number, own).expect("this process may be looked at").is_some();
        assert_eq!([None, Some(number), Some(number + 1)].map(found), [true, true, false]);
    }

    #[test]
    fn a_namespace_that_could_not_be_looked_at_is_not_one_that_is_gone() {
        let is_passed_over = |code| is_not_the_one(&io::Error::from_raw_os_error(code));
        assert!([libc::ENOENT, libc::ESRCH, libc::EACCES].into_iter().all(is_passed_over));
        assert!(![libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EIO].into_iter().any(is_passed_over));
    }

    #[test]
    fn a_mount_is_read_with_what_it_is_shared_with() {
        let line = r"36 35 98:0 / /mnt/a\040b rw,noatime shared:7 - fuse.chaosgate chaosgate:t1-0.f1 rw,user_id=0";
        let mount = parse(line).expect("a mount");
        assert_eq!((mount.id, mount.point.as_str(), mount.is_shared), (36, "/mnt/a b", true));
        assert!(mount.is_ours());
        assert_eq!(mount.device, libc::makedev(98, 0));
        assert_eq!(parse("36 35 98:0 / /mnt"), None);
    }

    #[test]
    fn a_neighbour_with_a_longer_name_is_not_within() {
        assert!(is_within(b"/data/a", b"/data") && is_within(b"/data", b"/data"));
        assert!(!is_within(b"/database", b"/data"));
        assert!(is_within(b"/a", b"/"));
    }
}
