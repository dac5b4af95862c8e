//! Names come, change and go.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::super::wire::{Body, Opcode, Request};
use super::{Done, TORN, Told, Volume, errno, inode_of};
use crate::sys::file;

impl Volume {
    pub(super) fn look_up(&self, request: &Request<'_>, told: Told<'_>) -> Done {
        let name = request.name().ok_or(TORN)?;
        let dir = self.directory(request.node)?;
        self.entry(request.node, dir.as_fd(), name, told)
    }

    pub(super) fn make(&self, opcode: Opcode, request: &Request<'_>, told: Told<'_>) -> Done {
        let name = request.name().ok_or(TORN)?;
        let dir = self.directory(request.node)?;
        let made = match opcode {
            Opcode::Mkdir => file::make_dir(dir.as_fd(), name, request.u32(0).ok_or(TORN)?),
            Opcode::Symlink => file::make_symlink(dir.as_fd(), name, request.text_behind(0).ok_or(TORN)?),
            _ => {
                let (mode, rdev) = (request.u32(0).ok_or(TORN)?, request.u32(4).ok_or(TORN)?);
                file::make_node(dir.as_fd(), name, mode, u64::from(rdev))
            }
        };
        match made.map_err(errno) {
            Ok(()) => self.give(dir.as_fd(), name, request)?,
            // The server that is gone had made it and could not say so any more.
            Err(libc::EEXIST) if request.is_resent() => {}
            Err(refused) => return Err(refused),
        }
        self.entry(request.node, dir.as_fd(), name, told)
    }

    /// What is made belongs to whoever asked for it, and to the group of the directory where that is the directory's custom.
    pub(super) fn give(&self, dir: BorrowedFd<'_>, name: &CStr, request: &Request<'_>) -> Result<(), i32> {
        let above = file::stat(dir).map_err(errno)?;
        let gid = if above.st_mode & libc::S_ISGID != 0 { u32::MAX } else { request.gid };
        let fd = file::open_at(dir, name, libc::O_PATH, 0).map_err(errno)?;
        let before = file::stat(fd.as_fd()).map_err(errno)?;
        if before.st_uid == request.uid && (gid == u32::MAX || before.st_gid == gid) {
            return Ok(());
        }
        file::change_owner(fd.as_fd(), request.uid, gid).map_err(errno)
    }

    pub(super) fn link(&self, request: &Request<'_>, told: Told<'_>) -> Done {
        let (old, name) = (request.u64(0).ok_or(TORN)?, request.name().ok_or(TORN)?);
        let file = self.find(old)?;
        let dir = self.directory(request.node)?;
        match file::make_link(file.as_fd(), dir.as_fd(), name).map_err(errno) {
            Err(libc::EEXIST) if request.is_resent() => {}
            linked => linked?,
        }
        self.entry(request.node, dir.as_fd(), name, told)
    }

    pub(super) fn remove(&self, opcode: Opcode, request: &Request<'_>) -> Done {
        let name = request.name().ok_or(TORN)?;
        let dir = self.directory(request.node)?;
        let flags = if opcode == Opcode::Rmdir { libc::AT_REMOVEDIR } else { 0 };
        let doomed = file::open_at(dir.as_fd(), name, libc::O_PATH, 0);
        match doomed {
            Ok(doomed) => {
                self.keep_if_open(&doomed);
                file::remove(dir.as_fd(), name, flags).map_err(errno)?;
                self.forget_name(request.node, name, doomed)?;
            }
            Err(error) if request.is_resent() && error.raw_os_error() == Some(libc::ENOENT) => {}
            Err(error) => return Err(errno(error)),
        }
        Ok(Body::default())
    }

    /// A file that somebody has open lives on without a name, and must live on when this process does not.
    fn keep_if_open(&self, doomed: &OwnedFd) {
        let Ok(stat) = file::stat(doomed.as_fd()) else { return };
        let inode = inode_of(&stat);
        let is_last_name = stat.st_nlink == 1 && stat.st_mode & libc::S_IFMT == libc::S_IFREG;
        if is_last_name && self.nodes().is_open_on(inode) {
            self.journal.keep_deleted(inode, doomed.as_fd());
        }
    }

    fn forget_name(&self, parent: u64, name: &CStr, gone: OwnedFd) -> Result<(), i32> {
        let inode = inode_of(&file::stat(gone.as_fd()).map_err(errno)?);
        let mut nodes = self.nodes();
        nodes.unname(parent, name.to_bytes(), inode);
        nodes.keep_nameless(inode, gone);
        Ok(())
    }

    pub(super) fn rename(&self, opcode: Opcode, request: &Request<'_>) -> Done {
        let name_at = opcode.name_at().ok_or(TORN)?;
        let (parent, flags) = match opcode {
            Opcode::Rename2 => (request.u64(0).ok_or(TORN)?, request.u32(8).ok_or(TORN)?),
            _ => (request.u64(0).ok_or(TORN)?, 0),
        };
        let (name, new) = (request.name().ok_or(TORN)?, request.text_behind(name_at).ok_or(TORN)?);
        let (dir, to) = (self.directory(request.node)?, self.directory(parent)?);
        let moved = file::open_at(dir.as_fd(), name, libc::O_PATH, 0);
        let replaced = file::open_at(to.as_fd(), new, libc::O_PATH, 0).ok();
        if request.is_resent() && moved.is_err() && replaced.is_some() {
            return Ok(Body::default());
        }
        let moved = moved.map_err(errno)?;
        if let Some(replaced) = &replaced {
            self.keep_if_open(replaced);
        }
        file::rename(dir.as_fd(), name, to.as_fd(), new, flags).map_err(errno)?;
        self.follow((request.node, name), (parent, new), &moved, replaced, flags)
    }

    fn follow(&self, from: (u64, &CStr), to: (u64, &CStr), moved: &OwnedFd, replaced: Option<OwnedFd>, flags: u32) -> Done {
        let (from, to) = ((from.0, from.1.to_bytes()), (to.0, to.1.to_bytes()));
        let inode = |fd: &OwnedFd| file::stat(fd.as_fd()).map(|stat| inode_of(&stat)).map_err(errno);
        let mut nodes = self.nodes();
        let mut news = Vec::new();
        if let Some(replaced) = replaced {
            let replaced_as = inode(&replaced)?;
            nodes.unname(to.0, to.1, replaced_as);
            if flags & libc::RENAME_EXCHANGE != 0 {
                news.extend(nodes.rename(to, from, replaced_as));
            }
            nodes.keep_nameless(replaced_as, replaced);
        }
        let exchanged = if flags & libc::RENAME_EXCHANGE != 0 { (0, b"".as_slice()) } else { from };
        nodes.unname(from.0, from.1, inode(moved)?);
        news.extend(nodes.rename(exchanged, to, inode(moved)?));
        news.iter().for_each(|named| self.journal.named(named, &nodes));
        Ok(Body::default())
    }
}
