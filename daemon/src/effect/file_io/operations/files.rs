//! Open files: their data, and how they are opened so that the fault meets what it should and nothing else pays for it.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::super::rule::Fate;
use super::super::wire::{Body, LARGEST, Request};
use super::{Done, TORN, Told, Volume, errno};
use crate::sys::{file, fuse};

/// FOPEN_* of fuse_open_out.open_flags.
const DIRECT_IO: u32 = 1 << 0;
const PARALLEL_DIRECT_WRITES: u32 = 1 << 6;
const PASSTHROUGH: u32 = 1 << 7;
/// FUSE_FSYNC_FDATASYNC.
const ONLY_DATA: u32 = 1;
/// Of an open's flags, those that mean something to the file behind: the kernel has done the rest already.
const KEPT_FLAGS: i32 = libc::O_ACCMODE | libc::O_SYNC | libc::O_DSYNC | libc::O_NOATIME;

impl Volume {
    pub(super) fn open(&self, request: &Request<'_>) -> Done {
        let flags = request.u32(0).ok_or(TORN)? as i32 & KEPT_FLAGS;
        let file = self.open_node(request.node, flags)?;
        let path = self.nodes().path(request.node).unwrap_or_default();
        Ok(self.opened(request.node, file, &path, Body::default()))
    }

    pub(super) fn create(&self, request: &Request<'_>, told: Told<'_>) -> Done {
        let (flags, mode) = (request.u32(0).ok_or(TORN)? as i32, request.u32(4).ok_or(TORN)?);
        let name = request.name().ok_or(TORN)?;
        let dir = self.directory(request.node)?;
        let kept = flags & KEPT_FLAGS;
        let file = match file::open_at(dir.as_fd(), name, kept | libc::O_CREAT | libc::O_EXCL, mode) {
            Ok(file) => {
                self.give(dir.as_fd(), name, request)?;
                file
            }
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) && (flags & libc::O_EXCL == 0 || request.is_resent()) => {
                file::open_at(dir.as_fd(), name, kept, 0).map_err(errno)?
            }
            Err(error) => return Err(errno(error)),
        };
        let (node, stat) = self.known(request.node, dir.as_fd(), name)?;
        let path = self.nodes().path(node).unwrap_or_default();
        Ok(self.opened(node, file, &path, Body::default().entry(node, &told.of(stat))))
    }

    /// Where the fault may meet reads or writes, every one of them comes here (direct I/O); elsewhere the kernel does them itself
    /// where it can, and keeps its cache where it cannot. All who have one file open have it open in one way: the kernel insists.
    fn opened(&self, node: u64, file: OwnedFd, path: &[u8], body: Body) -> Body {
        let watched = self.rules.watches_data_of(&self.in_container(path));
        let mut nodes = self.nodes();
        let (is_open, backing) = nodes.how_open(node);
        let backing = match backing {
            Some(number) => Some(number),
            None if watched || is_open => None,
            None => self.backing_of(&file),
        };
        if backing.is_some() {
            self.journal.backed(node, backing);
        }
        let handle = nodes.opened(node, file.into(), backing);
        let flags = match backing {
            Some(_) => PASSTHROUGH,
            None if watched => DIRECT_IO | PARALLEL_DIRECT_WRITES,
            None => 0,
        };
        body.opened(handle, flags, backing)
    }

    /// None where the kernel cannot, which costs speed and nothing else.
    fn backing_of(&self, file: &OwnedFd) -> Option<u32> {
        let agreed = self.agreed.get()?;
        if agreed.passthrough { fuse::open_backing(&self.device, file.as_fd()).ok() } else { None }
    }

    /// The open file of a request. One that another server had opened is opened anew.
    pub(super) fn handle(&self, request: &Request<'_>, flags: i32) -> Result<Arc<File>, i32> {
        let number = request.u64(0).ok_or(TORN)?;
        if let Some(handle) = self.nodes().handle(number) {
            return Ok(handle.file);
        }
        self.open_node(request.node, flags).map(|file| Arc::new(file.into()))
    }

    fn readable(&self, request: &Request<'_>) -> Result<Arc<File>, i32> {
        self.handle(request, libc::O_RDONLY)
    }

    fn writable(&self, request: &Request<'_>) -> Result<Arc<File>, i32> {
        self.handle(request, libc::O_WRONLY)
    }

    pub(super) fn read(&self, request: &Request<'_>, fate: &Fate) -> Done {
        let (offset, size) = (request.u64(8).ok_or(TORN)?, request.u32(16).ok_or(TORN)? as usize);
        let file = self.readable(request)?;
        let mut data = vec![0; size.min(LARGEST)];
        let length = read_whole(&file, &mut data, offset)?;
        data.truncate(length);
        fate.garble(&mut data);
        Ok(Body(data))
    }

    pub(super) fn write(&self, request: &Request<'_>, fate: &Fate) -> Done {
        let (offset, size) = (request.u64(8).ok_or(TORN)?, request.u32(16).ok_or(TORN)?);
        let data = request.bytes(40, size as usize).ok_or(TORN)?;
        let file = self.writable(request)?;
        let written = if fate.garbles() {
            let mut wrong = data.to_vec();
            fate.garble(&mut wrong);
            write_whole(&file, &wrong, offset)?
        } else {
            write_whole(&file, data, offset)?
        };
        Ok(Body::default().u32(written as u32).u32(0))
    }

    /// Closing one of several descriptors: what the file system behind says to that is said to the victim.
    pub(super) fn flush(&self, request: &Request<'_>) -> Done {
        let number = request.u64(0).ok_or(TORN)?;
        let Some(handle) = self.nodes().handle(number) else { return Ok(Body::default()) };
        drop(file::duplicate(handle.file.as_fd()).map_err(errno)?);
        Ok(Body::default())
    }

    pub(super) fn release(&self, request: &Request<'_>) -> Done {
        let number = request.u64(0).ok_or(TORN)?;
        let mut nodes = self.nodes();
        let handle = nodes.handle(number);
        let (backing, kept) = nodes.released(number);
        if let Some(backing) = backing {
            self.journal.backed(request.node, None);
            // It goes with the mount in any case.
            let _ = fuse::close_backing(&self.device, backing);
        }
        let is_last = !nodes.how_open(request.node).0;
        drop(nodes);
        drop(kept);
        if let (Some(handle), true) = (handle, is_last) {
            self.journal.drop_deleted(handle.file.as_fd());
        }
        Ok(Body::default())
    }

    pub(super) fn sync(&self, request: &Request<'_>) -> Done {
        let file = self.readable(request)?;
        let only_data = request.u32(8).ok_or(TORN)? & ONLY_DATA != 0;
        if only_data { file.sync_data() } else { file.sync_all() }.map_err(errno)?;
        Ok(Body::default())
    }

    pub(super) fn allocate(&self, request: &Request<'_>) -> Done {
        let (offset, length) = (request.u64(8).ok_or(TORN)?, request.u64(16).ok_or(TORN)?);
        let mode = request.u32(24).ok_or(TORN)? as i32;
        file::allocate(self.writable(request)?.as_fd(), mode, offset, length).map_err(errno)?;
        Ok(Body::default())
    }

    pub(super) fn seek(&self, request: &Request<'_>) -> Done {
        let (offset, whence) = (request.u64(8).ok_or(TORN)?, request.u32(16).ok_or(TORN)?);
        // The place of a descriptor is shared with its duplicates, and nothing here reads or writes at it.
        let at = file::seek(self.readable(request)?.as_fd(), offset as i64, whence as i32).map_err(errno)?;
        Ok(Body::default().u64(at))
    }

    pub(super) fn copy_range(&self, request: &Request<'_>) -> Done {
        let word = |at| request.u64(at).ok_or(TORN);
        let from = self.readable(request)?;
        let handle = self.nodes().handle(word(24)?);
        let to = match handle {
            Some(handle) => handle.file,
            None => Arc::new(self.open_node(word(16)?, libc::O_WRONLY)?.into()),
        };
        let length = usize::try_from(word(40)?).unwrap_or(usize::MAX).min(1 << 30);
        let copied = file::copy_range(&from, word(8)?, &to, word(32)?, length).map_err(errno)?;
        Ok(Body::default().u32(copied as u32).u32(0))
    }
}

/// A short read means the end of the file to whoever asked, so it may only be one.
fn read_whole(file: &File, data: &mut [u8], offset: u64) -> Result<usize, i32> {
    let mut length = 0;
    while length < data.len() {
        match file.read_at(&mut data[length..], offset + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) if length > 0 => break,
            Err(error) => return Err(errno(error)),
        }
    }
    Ok(length)
}

fn write_whole(file: &File, data: &[u8], offset: u64) -> Result<usize, i32> {
    let mut length = 0;
    while length < data.len() {
        match file.write_at(&data[length..], offset + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) if length > 0 => break,
            Err(error) => return Err(errno(error)),
        }
    }
    Ok(length)
}
