//! Mounts by descriptor (the mount API of Linux 5.2), and a thread's visit to another process's mount namespace.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::thread;

use super::file::{checked, owned};

const FSCONFIG_SET_FLAG: u32 = 0;
const FSCONFIG_SET_STRING: u32 = 1;
const FSCONFIG_CMD_CREATE: u32 = 6;
const FSOPEN_CLOEXEC: u32 = 1;
const FSMOUNT_CLOEXEC: u32 = 1;

/// _IOR(0xb7, 5, __u64) of linux/nsfs.h.
const NS_GET_MNTNS_ID: libc::Ioctl = 0x8008_b705_u32 as libc::Ioctl;

/// One option of a file system: a word, or a word with a value.
pub enum Setting<'a> {
    Flag(&'a CStr),
    Text(&'a CStr, &'a CStr),
}

/// Makes a file system of this kind and a mount of it that is nowhere yet. `attributes`: MOUNT_ATTR_* bits.
pub fn make(kind: &CStr, settings: &[Setting<'_>], attributes: u32) -> io::Result<OwnedFd> {
    // SAFETY: `kind` is valid for the call.
    let context = owned(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) } as i32)?;
    for setting in settings {
        match setting {
            Setting::Flag(key) => configure(&context, FSCONFIG_SET_FLAG, Some(key), None)?,
            Setting::Text(key, value) => configure(&context, FSCONFIG_SET_STRING, Some(key), Some(value))?,
        }
    }
    configure(&context, FSCONFIG_CMD_CREATE, None, None)?;
    // SAFETY: fsmount takes no pointer.
    owned(unsafe { libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), FSMOUNT_CLOEXEC, attributes) } as i32)
}

fn configure(context: &OwnedFd, command: u32, key: Option<&CStr>, value: Option<&CStr>) -> io::Result<()> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: both strings, where given, are valid for the call.
    let done = unsafe { libc::syscall(libc::SYS_fsconfig, context.as_raw_fd(), command, pointer(key), pointer(value), 0) };
    checked(done as i32)
}

/// Puts a mount over a directory of the calling thread's namespace.
pub fn attach(mount: BorrowedFd<'_>, over: BorrowedFd<'_>) -> io::Result<()> {
    let flags = libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH;
    // SAFETY: the empty paths are valid strings; they mean the two descriptors.
    let done = unsafe {
        let nothing = c"".as_ptr();
        libc::syscall(libc::SYS_move_mount, mount.as_raw_fd(), nothing, over.as_raw_fd(), nothing, flags)
    };
    checked(done as i32)
}

/// The kernel's own number of a mount namespace (Linux 6.11). No other namespace of this boot ever has it, while the inode of one that is
/// gone is given to the next. None where the kernel tells none.
pub fn number_of(namespace: &File) -> io::Result<Option<u64>> {
    let mut number = 0_u64;
    // SAFETY: `number` is writable for the call, and NS_GET_MNTNS_ID writes as many bytes as it has.
    let refused = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_MNTNS_ID, &raw mut number) };
    match io::Error::last_os_error() {
        _ if refused == 0 => Ok(Some(number)),
        unknown if unknown.raw_os_error() == Some(libc::ENOTTY) => Ok(None),
        error => Err(error),
    }
}

/// Takes the uppermost mount at `path` away, at once for everyone who comes later; who is inside stays inside.
pub fn detach(path: &CStr) -> io::Result<()> {
    // SAFETY: `path` is valid for the call.
    checked(unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH | libc::UMOUNT_NOFOLLOW) })
}

/// Runs `work` on a thread of its own in the mount namespace, with `root` as its root directory, and waits for it.
pub fn inside<T: Send>(namespace: &File, root: &File, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let visitor = thread::Builder::new()
            .name("mount-visitor".into())
            .stack_size(512 * 1024)
            .spawn_scoped(scope, || enter(namespace.as_fd(), root.as_fd()).map(|()| work()))?;
        visitor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn enter(namespace: BorrowedFd<'_>, root: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: none of these calls takes a pointer but chroot, whose string is valid; only the calling thread moves, because it
    // first parts with the directories that it shares with the others.
    unsafe {
        checked(libc::unshare(libc::CLONE_FS))?;
        checked(libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNS))?;
        checked(libc::fchdir(root.as_raw_fd()))?;
        checked(libc::chroot(c".".as_ptr()))
    }
}
