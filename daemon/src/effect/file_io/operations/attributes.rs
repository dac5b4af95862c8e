//! What is said about a file, and what is changed about it that is not its data.

use std::os::fd::AsFd;

use super::super::wire::{Body, Opcode, Request};
use super::{Done, TORN, Told, Volume, errno};
use crate::sys::file;

/// FATTR_* of fuse_setattr_in.valid.
const MODE: u32 = 1 << 0;
const UID: u32 = 1 << 1;
const GID: u32 = 1 << 2;
const SIZE: u32 = 1 << 3;
const ATIME: u32 = 1 << 4;
const MTIME: u32 = 1 << 5;
const ATIME_NOW: u32 = 1 << 7;
const MTIME_NOW: u32 = 1 << 8;
/// XATTR_SIZE_MAX and XATTR_LIST_MAX of the kernel.
const LARGEST_ATTRIBUTE: u32 = 65_536;

impl Volume {
    pub(super) fn get_attributes(&self, request: &Request<'_>, told: Told<'_>) -> Done {
        let fd = self.find(request.node)?;
        let stat = file::stat(fd.as_fd()).map_err(errno)?;
        Ok(Body::default().attributes_alone(&told.of(stat)))
    }

    pub(super) fn set_attributes(&self, request: &Request<'_>, told: Told<'_>) -> Done {
        let valid = request.u32(0).ok_or(TORN)?;
        let fd = self.find(request.node)?;
        let fd = fd.as_fd();
        if valid & MODE != 0 {
            file::change_mode(fd, request.u32(68).ok_or(TORN)? & 0o7777).map_err(errno)?;
        }
        if valid & (UID | GID) != 0 {
            let uid = if valid & UID != 0 { request.u32(76).ok_or(TORN)? } else { u32::MAX };
            let gid = if valid & GID != 0 { request.u32(80).ok_or(TORN)? } else { u32::MAX };
            file::change_owner(fd, uid, gid).map_err(errno)?;
        }
        if valid & SIZE != 0 {
            file::truncate(fd, request.u64(16).ok_or(TORN)?).map_err(errno)?;
        }
        if valid & (ATIME | MTIME) != 0 {
            let atime = time(request, valid & ATIME != 0, valid & ATIME_NOW != 0, 32, 56).ok_or(TORN)?;
            let mtime = time(request, valid & MTIME != 0, valid & MTIME_NOW != 0, 40, 60).ok_or(TORN)?;
            file::change_times(fd, &[atime, mtime]).map_err(errno)?;
        }
        let stat = file::stat(fd).map_err(errno)?;
        Ok(Body::default().attributes_alone(&told.of(stat)))
    }

    pub(super) fn read_link(&self, request: &Request<'_>) -> Done {
        let fd = self.find(request.node)?;
        Ok(Body(file::read_link(fd.as_fd()).map_err(errno)?))
    }

    /// struct fuse_kstatfs.
    pub(super) fn statfs(&self) -> Done {
        let found = file::statvfs(self.root.as_fd()).map_err(errno)?;
        Ok(Body::default()
            .u64(found.f_blocks)
            .u64(found.f_bfree)
            .u64(found.f_bavail)
            .u64(found.f_files)
            .u64(found.f_ffree)
            .u32(found.f_bsize as u32)
            .u32(found.f_namemax as u32)
            .u32(found.f_frsize as u32)
            .u32(0)
            .u64(0)
            .u64(0)
            .u64(0))
    }

    pub(super) fn extended_attribute(&self, opcode: Opcode, request: &Request<'_>) -> Done {
        let fd = self.find(request.node)?;
        let fd = fd.as_fd();
        match opcode {
            Opcode::Setxattr => {
                let (size, flags) = (request.u32(0).ok_or(TORN)?, request.u32(4).ok_or(TORN)?);
                let name = request.text(8).ok_or(TORN)?;
                let value = request.bytes(8 + name.count_bytes() + 1, size as usize).ok_or(TORN)?;
                file::set_attribute(fd, name, value, flags as i32).map_err(errno)?;
                Ok(Body::default())
            }
            Opcode::Removexattr => {
                file::remove_attribute(fd, request.text(0).ok_or(TORN)?).map_err(errno)?;
                Ok(Body::default())
            }
            Opcode::Getxattr => {
                let name = request.text(8).ok_or(TORN)?;
                sized(request, |buffer| file::get_attribute(fd, name, buffer))
            }
            _ => sized(request, |buffer| file::list_attributes(fd, buffer)),
        }
    }
}

/// A size of 0 asks how long the answer would be.
fn sized(request: &Request<'_>, ask: impl Fn(&mut [u8]) -> std::io::Result<usize>) -> Done {
    let size = request.u32(0).ok_or(TORN)?.min(LARGEST_ATTRIBUTE);
    let mut buffer = vec![0; size as usize];
    let length = ask(&mut buffer).map_err(errno)?;
    if size == 0 {
        return Ok(Body::default().u32(length as u32).u32(0));
    }
    buffer.truncate(length);
    Ok(Body(buffer))
}

fn time(request: &Request<'_>, is_set: bool, is_now: bool, seconds: usize, nanos: usize) -> Option<libc::timespec> {
    Some(match (is_set, is_now) {
        (false, _) => libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT },
        (true, true) => libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_NOW },
        (true, false) => libc::timespec { tv_sec: request.u64(seconds)? as i64, tv_nsec: i64::from(request.u32(nanos)?) },
    })
}
