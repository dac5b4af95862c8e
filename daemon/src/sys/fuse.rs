//! The device through which the kernel asks a process for a file system.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use super::file::checked;

/// _IOW(229, 1, struct fuse_backing_map) and _IOW(229, 2, uint32_t), Linux 6.9.
const BACKING_OPEN: libc::c_ulong = 0x4010_e501;
const BACKING_CLOSE: libc::c_ulong = 0x4004_e502;

#[repr(C)]
struct BackingMap {
    fd: i32,
    flags: u32,
    padding: u64,
}

/// A new connection, without a file system yet.
pub fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/fuse")
}

/// Lets the kernel read and write this file itself for whoever opens it with the number that is returned.
pub fn open_backing(device: &File, file: BorrowedFd<'_>) -> io::Result<u32> {
    let map = BackingMap { fd: file.as_raw_fd(), flags: 0, padding: 0 };
    // SAFETY: `map` has the layout of the kernel's struct fuse_backing_map and is valid for the call.
    let number = unsafe { libc::ioctl(device.as_raw_fd(), BACKING_OPEN, &raw const map) };
    u32::try_from(number).map_err(|_| io::Error::last_os_error())
}

pub fn close_backing(device: &File, number: u32) -> io::Result<()> {
    // SAFETY: `number` is valid for the call.
    checked(unsafe { libc::ioctl(device.as_raw_fd(), BACKING_CLOSE, &raw const number) })
}

/// One answer in one call, as the device demands.
pub fn answer(mut device: &File, parts: &[IoSlice<'_>]) -> io::Result<()> {
    device.write_vectored(parts).map(drop)
}

/// Waits until one of two descriptors can be read; true when it is the first.
pub fn wait(device: BorrowedFd<'_>, bell: BorrowedFd<'_>) -> io::Result<bool> {
    let watched = |fd: BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut both = [watched(device), watched(bell)];
    // SAFETY: pointer and length describe `both`, which outlives the call.
    if unsafe { libc::poll(both.as_mut_ptr(), 2, -1) } < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(true) } else { Err(error) };
    }
    Ok(both[1].revents == 0)
}
