//! Doing what the kernel asks, on the volume itself: one request in, the body of its answer or an errno out. Every file is found by a
//! path below the volume that crosses no symbolic link, and is checked to be the file that the kernel means.

mod attributes;
mod directories;
mod files;
mod names;

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::journal::Journal;
use super::nodes::{Inode, Nodes};
use super::rule::{Fate, Rules};
use super::wire::{Agreed, Body, Opcode, Request};
use crate::sys::file::{self, Stat};

/// An answer, or the errno that stands for it.
pub type Done = Result<Body, i32>;

/// A volume as it is served: the directory behind it, and what the kernel knows of it.
pub struct Volume {
    pub device: File,
    pub root: OwnedFd,
    /// Where it is in the container.
    pub path: Vec<u8>,
    /// None once somebody only serves to take the faults back.
    pub rules: Rules,
    pub nodes: Mutex<Nodes>,
    pub agreed: OnceLock<Agreed>,
    pub journal: Journal,
}

impl Volume {
    /// None where the kernel wants no answer.
    pub fn perform(&self, request: &Request<'_>, fate: &Fate) -> Option<Done> {
        let Some(opcode) = request.opcode else { return Some(Err(libc::ENOSYS)) };
        let told = Told { fate };
        Some(match opcode {
            Opcode::Forget | Opcode::BatchForget => {
                self.forget(opcode, request);
                return None;
            }
            // The server hears these itself.
            Opcode::Interrupt => return None,
            Opcode::Destroy => Ok(Body::default()),
            Opcode::Init => self.init(request),
            Opcode::Lookup => self.look_up(request, told),
            Opcode::Mknod | Opcode::Mkdir | Opcode::Symlink => self.make(opcode, request, told),
            Opcode::Link => self.link(request, told),
            Opcode::Create => self.create(request, told),
            Opcode::Unlink | Opcode::Rmdir => self.remove(opcode, request),
            Opcode::Rename | Opcode::Rename2 => self.rename(opcode, request),
            Opcode::Getattr => self.get_attributes(request, told),
            Opcode::Setattr => self.set_attributes(request, told),
            Opcode::Readlink => self.read_link(request),
            Opcode::Statfs => self.statfs(),
            Opcode::Setxattr | Opcode::Getxattr | Opcode::Listxattr | Opcode::Removexattr => {
                self.extended_attribute(opcode, request)
            }
            Opcode::Open => self.open(request),
            Opcode::Read => self.read(request, fate),
            Opcode::Write => self.write(request, fate),
            Opcode::Flush => self.flush(request),
            Opcode::Release | Opcode::Releasedir => self.release(request),
            Opcode::Fsync | Opcode::Fsyncdir => self.sync(request),
            Opcode::Fallocate => self.allocate(request),
            Opcode::Lseek => self.seek(request),
            Opcode::CopyFileRange => self.copy_range(request),
            Opcode::Opendir => self.open_dir(request),
            Opcode::Readdir => self.read_dir(request),
        })
    }

    /// The path of what a request is about, as the container names it.
    pub fn path_of(&self, request: &Request<'_>) -> Vec<u8> {
        let nodes = self.nodes();
        let below = match request.name() {
            Some(name) => nodes.path_of(request.node, name.to_bytes()),
            None => nodes.path(request.node),
        };
        self.in_container(&below.unwrap_or_default())
    }

    fn in_container(&self, below: &[u8]) -> Vec<u8> {
        if below.is_empty() { self.path.clone() } else { [&self.path, b"/".as_slice(), below].concat() }
    }

    pub fn nodes(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn init(&self, request: &Request<'_>) -> Done {
        let (body, agreed) = super::wire::agree(request).ok_or(libc::EPROTO)?;
        // The kernel asks once for each mount.
        let _ = self.agreed.set(agreed);
        Ok(body)
    }

    fn forget(&self, opcode: Opcode, request: &Request<'_>) {
        let mut kept = Vec::new();
        let mut nodes = self.nodes();
        if opcode == Opcode::Forget {
            kept.extend(nodes.forget(request.node, request.u64(0).unwrap_or(0)));
        }
        let batch = if opcode == Opcode::Forget { 0 } else { request.u32(0).unwrap_or(0) as usize };
        for at in 0..batch {
            let (Some(node), Some(times)) = (request.u64(8 + at * 16), request.u64(16 + at * 16)) else { break };
            kept.extend(nodes.forget(node, times));
        }
        // What was kept goes behind the lock.
        drop(nodes);
    }

    /// A descriptor (O_PATH where nobody has it open) of the very file that the kernel means.
    fn find(&self, node: u64) -> Result<OwnedFd, i32> {
        let found = self.nodes().find(node);
        let inode = found.inode.ok_or(libc::ESTALE)?;
        for path in &found.paths {
            if let Ok(fd) = self.open_path(path)
                && file::stat(fd.as_fd()).is_ok_and(|stat| inode_of(&stat) == inode)
            {
                return Ok(fd);
            }
        }
        match found.open {
            Some(open) => file::duplicate(open.as_fd()).map_err(errno),
            None => self.journal.deleted(inode).map_err(|_| libc::EIO)?.ok_or(libc::ESTALE),
        }
    }

    /// The directory that a request names, as a descriptor.
    fn directory(&self, node: u64) -> Result<OwnedFd, i32> {
        self.find(node)
    }

    pub fn open_path(&self, path: &[u8]) -> io::Result<OwnedFd> {
        let path = if path.is_empty() { c".".to_owned() } else { CString::new(path)? };
        file::open_below(self.root.as_fd(), &path, libc::O_PATH | libc::O_NOFOLLOW)
    }

    /// Opens what is behind a node for reading or writing.
    fn open_node(&self, node: u64, flags: i32) -> Result<OwnedFd, i32> {
        file::reopen(self.find(node)?.as_fd(), flags).map_err(errno)
    }

    /// What a name in a directory means, told to the kernel.
    fn entry(&self, parent: u64, dir: BorrowedFd<'_>, name: &CStr, told: Told<'_>) -> Done {
        let (node, stat) = self.known(parent, dir, name)?;
        Ok(Body::default().entry(node, &told.of(stat)))
    }

    fn known(&self, parent: u64, dir: BorrowedFd<'_>, name: &CStr) -> Result<(u64, Stat), i32> {
        let fd = file::open_at(dir, name, libc::O_PATH, 0).map_err(errno)?;
        let stat = file::stat(fd.as_fd()).map_err(errno)?;
        let mut nodes = self.nodes();
        let (node, news) = nodes.look_up(parent, name.to_bytes(), inode_of(&stat));
        if let Some(named) = news {
            self.journal.named(&named, &nodes);
        }
        Ok((node, stat))
    }
}

/// What is told of a file: the truth, or with wrong attributes.
#[derive(Clone, Copy)]
struct Told<'a> {
    fate: &'a Fate,
}

impl Told<'_> {
    fn of(self, mut stat: Stat) -> Stat {
        self.fate.misreport(&mut stat);
        stat
    }
}

pub fn inode_of(stat: &Stat) -> Inode {
    Inode { device: stat.st_dev, number: stat.st_ino }
}

fn errno(error: io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

/// A request that is shorter than its kind must be.
const TORN: i32 = libc::EINVAL;
