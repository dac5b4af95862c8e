//! Files by descriptor: what `std::fs` cannot say. Paths are resolved below a directory and never through a symbolic link, so that
//! whoever can write there cannot lead a privileged process out of it.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

pub type Stat = libc::stat64;

/// Opens `path` below `dir` (openat2, Linux 5.6). Every part must be there, and none may be a symbolic link; a last part that is one
/// can be opened with O_PATH | O_NOFOLLOW.
pub fn open_below(dir: BorrowedFd<'_>, path: &CStr, flags: i32) -> io::Result<OwnedFd> {
    resolve(dir, path, flags, libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS)
}

/// Opens `path` as a process sees it whose root directory is `root`: links lead where they lead for that process.
pub fn open_in_root(root: BorrowedFd<'_>, path: &CStr, flags: i32) -> io::Result<OwnedFd> {
    resolve(root, path, flags, libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS)
}

fn resolve(dir: BorrowedFd<'_>, path: &CStr, flags: i32, resolve: u64) -> io::Result<OwnedFd> {
    // SAFETY: open_how is plain integers, for which zero is a value.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (flags | libc::O_CLOEXEC) as u64;
    how.resolve = resolve;
    // SAFETY: `path` and `how` are valid for the call, and the size is that of `how`.
    let fd = unsafe {
        libc::syscall(libc::SYS_openat2, dir.as_raw_fd(), path.as_ptr(), &raw const how, size_of::<libc::open_how>())
    };
    owned(fd as i32)
}

/// Opens one name in `dir`; for O_CREAT `mode` applies, unmasked: the kernel has masked it for the caller of the file system.
pub fn open_at(dir: BorrowedFd<'_>, name: &CStr, flags: i32, mode: u32) -> io::Result<OwnedFd> {
    // SAFETY: `name` is valid for the call.
    owned(unsafe { libc::openat(dir.as_raw_fd(), name.as_ptr(), flags | libc::O_CLOEXEC | libc::O_NOFOLLOW, mode) })
}

/// Opens again what an O_PATH descriptor means, by its link in /proc.
pub fn reopen(fd: BorrowedFd<'_>, flags: i32) -> io::Result<OwnedFd> {
    let link = link_to(fd);
    // SAFETY: `link` is valid for the call.
    owned(unsafe { libc::open(link.as_ptr(), flags | libc::O_CLOEXEC) })
}

/// The path by which this process reaches what a descriptor means, a symbolic link itself included.
pub fn link_to(fd: BorrowedFd<'_>) -> CString {
    CString::new(format!("/proc/self/fd/{}", fd.as_raw_fd())).expect("digits")
}

pub fn stat(fd: BorrowedFd<'_>) -> io::Result<Stat> {
    // SAFETY: stat64 is plain integers, for which zero is a value.
    let mut found: Stat = unsafe { std::mem::zeroed() };
    // SAFETY: the empty path is a valid string and `found` is writable for the call.
    checked(unsafe { libc::fstatat64(fd.as_raw_fd(), c"".as_ptr(), &mut found, libc::AT_EMPTY_PATH) })?;
    Ok(found)
}

pub fn statvfs(fd: BorrowedFd<'_>) -> io::Result<libc::statvfs64> {
    // SAFETY: statvfs64 is plain integers, for which zero is a value.
    let mut found: libc::statvfs64 = unsafe { std::mem::zeroed() };
    // SAFETY: `found` is writable for the call.
    checked(unsafe { libc::fstatvfs64(fd.as_raw_fd(), &mut found) })?;
    Ok(found)
}

pub fn make_dir(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<()> {
    // SAFETY: `name` is valid for the call.
    checked(unsafe { libc::mkdirat(dir.as_raw_fd(), name.as_ptr(), mode) })
}

pub fn make_node(dir: BorrowedFd<'_>, name: &CStr, mode: u32, rdev: u64) -> io::Result<()> {
    // SAFETY: `name` is valid for the call.
    checked(unsafe { libc::mknodat(dir.as_raw_fd(), name.as_ptr(), mode, rdev) })
}

pub fn make_symlink(dir: BorrowedFd<'_>, name: &CStr, target: &CStr) -> io::Result<()> {
    // SAFETY: both strings are valid for the call.
    checked(unsafe { libc::symlinkat(target.as_ptr(), dir.as_raw_fd(), name.as_ptr()) })
}

/// Gives what an O_PATH descriptor means another name.
pub fn make_link(fd: BorrowedFd<'_>, dir: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: both strings are valid for the call.
    checked(unsafe { libc::linkat(libc::AT_FDCWD, link.as_ptr(), dir.as_raw_fd(), name.as_ptr(), libc::AT_SYMLINK_FOLLOW) })
}

/// `flags`: 0 or AT_REMOVEDIR.
pub fn remove(dir: BorrowedFd<'_>, name: &CStr, flags: i32) -> io::Result<()> {
    // SAFETY: `name` is valid for the call.
    checked(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), flags) })
}

pub fn rename(from: BorrowedFd<'_>, name: &CStr, to: BorrowedFd<'_>, new: &CStr, flags: u32) -> io::Result<()> {
    // SAFETY: both strings are valid for the call.
    let done =
        unsafe { libc::syscall(libc::SYS_renameat2, from.as_raw_fd(), name.as_ptr(), to.as_raw_fd(), new.as_ptr(), flags) };
    checked(done as i32)
}

pub fn read_link(fd: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let mut target = vec![0; libc::PATH_MAX as usize];
    // SAFETY: pointer and length describe `target`; the empty path means the descriptor itself (Linux 2.6.39).
    let length = unsafe { libc::readlinkat(fd.as_raw_fd(), c"".as_ptr(), target.as_mut_ptr().cast(), target.len()) };
    target.truncate(counted(length)?);
    Ok(target)
}

/// u32::MAX leaves one of them as it is.
pub fn change_owner(fd: BorrowedFd<'_>, uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: the empty path is a valid string.
    checked(unsafe { libc::fchownat(fd.as_raw_fd(), c"".as_ptr(), uid, gid, libc::AT_EMPTY_PATH) })
}

pub fn change_mode(fd: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: `link` is valid for the call.
    checked(unsafe { libc::chmod(link.as_ptr(), mode) })
}

pub fn change_times(fd: BorrowedFd<'_>, times: &[libc::timespec; 2]) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: `link` and the two times are valid for the call.
    checked(unsafe { libc::utimensat(libc::AT_FDCWD, link.as_ptr(), times.as_ptr(), 0) })
}

pub fn truncate(fd: BorrowedFd<'_>, size: u64) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: `link` is valid for the call.
    checked(unsafe { libc::truncate64(link.as_ptr(), size as i64) })
}

pub fn allocate(fd: BorrowedFd<'_>, mode: i32, offset: u64, length: u64) -> io::Result<()> {
    // SAFETY: fallocate takes no pointer.
    checked(unsafe { libc::fallocate64(fd.as_raw_fd(), mode, offset as i64, length as i64) })
}

/// For SEEK_DATA and SEEK_HOLE, and for the place in a directory.
pub fn seek(fd: BorrowedFd<'_>, offset: i64, whence: i32) -> io::Result<u64> {
    // SAFETY: lseek takes no pointer.
    let at = unsafe { libc::lseek64(fd.as_raw_fd(), offset, whence) };
    if at < 0 { Err(io::Error::last_os_error()) } else { Ok(at as u64) }
}

/// Raw records of getdents64 from the descriptor's place on; their layout is in `effect::file_io::operations`.
pub fn read_dir(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length describe `buffer`.
    let length = unsafe { libc::syscall(libc::SYS_getdents64, fd.as_raw_fd(), buffer.as_mut_ptr(), buffer.len()) };
    counted(length as isize)
}

pub fn copy_range(from: &File, at: u64, to: &File, to_at: u64, length: usize) -> io::Result<usize> {
    let (mut at, mut to_at) = (at as i64, to_at as i64);
    // SAFETY: both offsets are valid and writable for the call.
    counted(unsafe { libc::copy_file_range(from.as_raw_fd(), &mut at, to.as_raw_fd(), &mut to_at, length, 0) })
}

pub fn set_attribute(fd: BorrowedFd<'_>, name: &CStr, value: &[u8], flags: i32) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: both strings are valid for the call; pointer and length describe `value`.
    checked(unsafe { libc::setxattr(link.as_ptr(), name.as_ptr(), value.as_ptr().cast(), value.len(), flags) })
}

/// An empty buffer asks for the length.
pub fn get_attribute(fd: BorrowedFd<'_>, name: &CStr, buffer: &mut [u8]) -> io::Result<usize> {
    let link = link_to(fd);
    // SAFETY: both strings are valid for the call; pointer and length describe `buffer`.
    counted(unsafe { libc::getxattr(link.as_ptr(), name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) })
}

pub fn list_attributes(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let link = link_to(fd);
    // SAFETY: `link` is valid for the call; pointer and length describe `buffer`.
    counted(unsafe { libc::listxattr(link.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) })
}

pub fn remove_attribute(fd: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let link = link_to(fd);
    // SAFETY: both strings are valid for the call.
    checked(unsafe { libc::removexattr(link.as_ptr(), name.as_ptr()) })
}

/// Lets this process have as many open files as it may, for each file that a victim opens is open here too. How many that is.
pub fn allow_many() -> io::Result<u64> {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable for the call.
    checked(unsafe { libc::getrlimit64(libc::RLIMIT_NOFILE, &mut limit) })?;
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: `limit` is valid for the call.
    checked(unsafe { libc::setrlimit64(libc::RLIMIT_NOFILE, &limit) })?;
    Ok(limit.rlim_cur)
}

/// What this thread creates gets the mode that is asked for: the callers' own masks have been applied by the kernel.
/// The mask belongs to the thread from here on, and not to the process (CLONE_FS).
pub fn mask_nothing() -> io::Result<()> {
    // SAFETY: unshare and umask take no pointer; only the calling thread gets its own mask and directories.
    unsafe {
        checked(libc::unshare(libc::CLONE_FS))?;
        libc::umask(0);
    }
    Ok(())
}

pub(super) fn owned(fd: i32) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(super) fn checked(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn counted(length: isize) -> io::Result<usize> {
    usize::try_from(length).map_err(|_| io::Error::last_os_error())
}

/// Takes O_NONBLOCK off an open file.
pub fn let_it_wait(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: fcntl takes no pointer here.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    checked(flags)?;
    // SAFETY: the same.
    checked(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK) })
}

/// A second descriptor for the same open file.
pub fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    fd.as_fd().try_clone_to_owned()
}
