//! Locks on what is moved back.

use std::collections::BTreeMap;
use std::io;

use super::others::Others;
use crate::effect::file_io::holders::{self, Ground, Held, Mappings, What};
use crate::effect::file_io::locks::{self, Lock};
use crate::sys::inject::Stopped;

/// Locks on files of the side that is left: they go with their open files, and are taken again before anybody runs who might want them.
/// Only the way back has any, because a fault is not put on where a lock is held.
pub(super) struct Locks(Vec<(Lock, Vec<usize>)>);

impl Locks {
    pub(super) fn of(ground: &Ground, held: &[Held]) -> Locks {
        let Mappings::On(device) = ground.mappings else { return Locks(Vec::new()) };
        // A table that cannot be read has no locks that could be told.
        let locks = locks::on(device).unwrap_or_default();
        let inodes: Vec<Option<u64>> = if locks.is_empty() { Vec::new() } else { held.iter().map(inode_of).collect() };
        let holding = |lock: &Lock| {
            let is_holder = |at: &usize| inodes[*at] == Some(lock.inode) && lock.may_be_of(held[*at].pid);
            (0..inodes.len()).filter(is_holder).collect()
        };
        Locks(locks.into_iter().map(|lock| (lock, holding(&lock))).collect())
    }

    pub(super) fn take_again(&self, stopped: &mut BTreeMap<u32, Stopped>, held: &[Held], others: &Others) {
        for (lock, holders) in &self.0 {
            let Some(first) = holders.first() else { continue };
            let taken = match (held[*first].what, stopped.get_mut(&held[*first].pid)) {
                (What::Descriptor { fd, .. }, Some(process)) if lock.is_of_process() => take_for(process, lock, fd),
                _ => others.file(*first).map_or(Ok(()), |file| lock.take(file)),
            };
            if let Err(error) = taken {
                let pid = held[*first].pid;
                tracing::error!(pid, ?lock, %error, "a lock that was taken during the fault could not be taken again after it");
            }
        }
    }
}

/// Locks of a process are its own, so it takes them itself.
fn take_for(process: &mut Stopped, lock: &Lock, fd: i32) -> io::Result<()> {
    let scratch = process.scratch();
    process.write(scratch, &lock.as_bytes())?;
    process.call(libc::SYS_fcntl, [fd as u64, libc::F_SETLK as u64, scratch, 0, 0, 0]).map(drop)
}

/// Of a descriptor; others cannot be locked.
fn inode_of(held: &Held) -> Option<u64> {
    if matches!(held.what, What::Descriptor { .. }) { holders::inode_of(held).ok() } else { None }
}
