//! Listing directories. Places in a directory are those of the file system behind, so that a listing goes on where it was when an
//! open directory moves between the two.

use std::os::fd::AsFd;

use super::super::wire::{Body, LARGEST, Request};
use super::{Done, TORN, Volume, errno};
use crate::sys::file;

/// Lengths of the fixed parts of struct linux_dirent64 and struct fuse_dirent.
const THEIR_HEAD: usize = 19;
const OUR_HEAD: usize = 24;

impl Volume {
    pub(super) fn open_dir(&self, request: &Request<'_>) -> Done {
        let dir = self.open_node(request.node, libc::O_RDONLY | libc::O_DIRECTORY)?;
        let handle = self.nodes().opened(request.node, dir.into(), None);
        Ok(Body::default().opened(handle, 0, None))
    }

    pub(super) fn read_dir(&self, request: &Request<'_>) -> Done {
        let offset = request.u64(8).ok_or(TORN)?;
        let size = (request.u32(16).ok_or(TORN)? as usize).min(LARGEST);
        let dir = self.handle(request, libc::O_RDONLY | libc::O_DIRECTORY)?;
        file::seek(dir.as_fd(), offset as i64, libc::SEEK_SET).map_err(errno)?;
        // Theirs are shorter than ours, so some may not fit; the kernel asks for those again by their place.
        let mut records = vec![0; size];
        let length = file::read_dir(dir.as_fd(), &mut records).map_err(errno)?;
        Ok(Body(rewritten(&records[..length], size)))
    }
}

/// struct linux_dirent64 (ino, off, reclen, type, name) to struct fuse_dirent (ino, off, namelen, type, name), as many as fit.
fn rewritten(records: &[u8], size: usize) -> Vec<u8> {
    let mut ours = Vec::with_capacity(size);
    let mut rest = records;
    while rest.len() > THEIR_HEAD {
        let length = usize::from(u16::from_ne_bytes([rest[16], rest[17]]));
        let Some(record) = rest.get(..length).filter(|record| record.len() > THEIR_HEAD) else { break };
        let name = record[THEIR_HEAD..].split(|byte| *byte == 0).next().unwrap_or_default();
        let padded = (OUR_HEAD + name.len()).next_multiple_of(8);
        if ours.len() + padded > size {
            break;
        }
        let end = ours.len() + padded;
        ours.extend(&record[..16]);
        ours.extend((name.len() as u32).to_ne_bytes());
        ours.extend(u32::from(record[18]).to_ne_bytes());
        ours.extend(name);
        ours.resize(end, 0);
        rest = &rest[length..];
    }
    ours
}
