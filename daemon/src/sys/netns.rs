//! Network namespaces. A thread that has entered one never returns to a pool: it does its work and dies,
//! so that no other work of the daemon can find itself in a victim's network.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::thread;

/// Runs `work` on a thread of its own inside the namespace and waits for it.
pub fn inside<T: Send>(netns: &File, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    on_own_thread(|| enter(netns.as_fd()), work)
}

/// Runs `work` on a thread of its own inside a new, empty namespace that is gone afterwards.
pub fn inside_a_new_one<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    on_own_thread(unshare, work)
}

/// Opens the namespace with this inode: by the first path that still leads to it, else through any process in it.
/// None when it is gone.
pub fn find(inode: u64, paths: &[PathBuf]) -> io::Result<Option<File>> {
    for path in paths {
        if let Some(netns) = open_if(path, inode)? {
            return Ok(Some(netns));
        }
    }
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let is_process = name.to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        if is_process && let Some(netns) = open_if(&Path::new("/proc").join(name).join("ns/net"), inode)? {
            return Ok(Some(netns));
        }
    }
    Ok(None)
}

/// The inode of the namespace that the calling thread is in.
pub fn own_inode() -> io::Result<u64> {
    Ok(fs::metadata("/proc/thread-self/ns/net")?.ino())
}

/// The kernel's own number of the namespace that the calling thread is in (SO_NETNS_COOKIE, Linux 5.14). No other namespace of this boot
/// ever has it, while the inode of one that is gone is given to the next. None where the kernel tells none.
pub fn own_cookie() -> io::Result<Option<u64>> {
    let socket = UnixDatagram::unbound()?;
    let mut cookie = 0_u64;
    let mut length = size_of::<u64>() as libc::socklen_t;
    // SAFETY: `cookie` and `length` are writable for the call and the length is that of `cookie`; the descriptor is open meanwhile.
    let refused = unsafe {
        let into = (&raw mut cookie).cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NETNS_COOKIE, into, &raw mut length)
    };
    match io::Error::last_os_error() {
        _ if refused == 0 => Ok(Some(cookie)),
        unknown if unknown.raw_os_error() == Some(libc::ENOPROTOOPT) => Ok(None),
        error => Err(error),
    }
}

/// A path that is gone, or a process that may not be looked at, is not the namespace; everything else is an error.
fn open_if(path: &Path, inode: u64) -> io::Result<Option<File>> {
    let absent = |error: io::Error| match error.raw_os_error() {
        Some(libc::ENOENT | libc::ESRCH | libc::EACCES | libc::EPERM | libc::ENOTDIR) => Ok(None),
        _ => Err(error),
    };
    match fs::metadata(path) {
        Ok(found) if found.ino() == inode => {}
        Ok(_) => return Ok(None),
        Err(error) => return absent(error),
    }
    let netns = match File::open(path) {
        Ok(netns) => netns,
        Err(error) => return absent(error),
    };
    // The path may have come to mean another namespace between the look and the opening.
    Ok((netns.metadata()?.ino() == inode).then_some(netns))
}

pub(super) fn on_own_thread<T: Send>(
    prepare: impl FnOnce() -> io::Result<()> + Send,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    thread::scope(|scope| {
        let visitor = thread::Builder::new()
            .name("netns-visitor".into())
            .stack_size(512 * 1024)
            .spawn_scoped(scope, || prepare().map(|()| work()))?;
        visitor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn enter(netns: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: setns takes no pointer; the descriptor is open while borrowed, and only the calling thread moves.
    let refused = unsafe { libc::setns(netns.as_raw_fd(), libc::CLONE_NEWNET) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn unshare() -> io::Result<()> {
    // SAFETY: unshare takes no pointer, and with CLONE_NEWNET only the calling thread moves.
    let refused = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
