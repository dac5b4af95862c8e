//! What is on a victim without a record: mounts of ours that its processes see, and what is written down of mounts that are seen no more
//! because an undo took them away and then failed.

use std::collections::BTreeMap;
use std::io;

use super::mounted::Mounted;
use super::place::{self, Mount};
use super::{FileIoEffect, FileIoError, FileIoReceipt};
use crate::effect::{Effect, Residue};
use crate::fault::file_io::VolumePath;
use crate::procfs;
use crate::victim::ResolvedVictim;

pub enum Found {
    /// With a process that sees it.
    Seen(u32, Mount),
    Written(Mounted),
}

impl Found {
    pub fn residue(&self, victim: &ResolvedVictim) -> Residue {
        let what = match self {
            Found::Seen(_, mount) => format!("{} on {}", mount.source, mount.point),
            Found::Written(Mounted { receipt, .. }) => {
                format!("{}{} on {}, unmounted and not undone", place::SOURCE, receipt.fault, receipt.volume.as_str())
            }
        };
        Residue { place: format!("mounts of {}", victim.pod), what }
    }
}

impl FileIoEffect {
    /// In every mount namespace of the victim's pod, whose containers share one network; and why others could not be looked at.
    pub(super) fn found_on(&self, victim: &ResolvedVictim) -> (Vec<Found>, Vec<FileIoError>) {
        let (namespaces, mut failed) = namespaces_of(victim);
        let mut found = Vec::new();
        for pid in namespaces.values() {
            match place::mounts_of(*pid) {
                Ok(mounts) => found.extend(mounts.into_iter().filter(Mount::is_ours).map(|mount| Found::Seen(*pid, mount))),
                Err(cause) if has_ended(&cause) => {}
                Err(cause) => failed.push(blind(victim)(cause)),
            }
        }
        let (written, unread) = self.custody.as_ref().map(Mounted::all).unwrap_or_default();
        failed.extend(unread.into_iter().map(blind(victim)));
        let is_seen =
            |fault: &str| found.iter().any(|one| matches!(one, Found::Seen(_, mount) if mount.fault() == Some(fault)));
        let is_meant = |one: &Mounted| is_of(&one.receipt, &namespaces) && !is_seen(&one.receipt.fault);
        let unseen: Vec<Found> = written.into_iter().filter(is_meant).map(Found::Written).collect();
        found.extend(unseen);
        (found, failed)
    }

    pub(super) fn sweep_one(&self, victim: &ResolvedVictim, found: Found) -> Result<(), FileIoError> {
        match found {
            Found::Seen(pid, mount) => self.sweep_mount(victim, pid, &mount),
            Found::Written(mounted) => self.undo(&mounted.receipt),
        }
    }

    fn sweep_mount(&self, victim: &ResolvedVictim, pid: u32, mount: &Mount) -> Result<(), FileIoError> {
        let stays = || FileIoError::Stays { pod: victim.pod.clone(), what: format!("{} on {}", mount.source, mount.point) };
        let volume = VolumePath::of_mount_point(&mount.point).ok_or_else(stays)?;
        let fault = mount.source.trim_start_matches(place::SOURCE).to_owned();
        let (namespace, namespace_number) = place::identity_of(pid).map_err(blind(victim))?;
        let receipt = FileIoReceipt { fault, pid, namespace, namespace_number, volume, alters_data: false };
        self.write_down_mount(&receipt, mount)?;
        self.undo(&receipt)?;
        // The process through which it was seen may have ended meanwhile; others in the namespace see as much.
        let inside = place::enter(namespace, namespace_number, pid).map_err(blind(victim))?;
        let left = inside.map_or_else(|| Ok(Vec::new()), |inside| inside.mounts()).map_err(blind(victim))?;
        if left.iter().any(|left| left.id == mount.id) { Err(stays()) } else { Ok(()) }
    }

    /// What is written down may be lost like the record; the mount itself says as much as undoing needs.
    fn write_down_mount(&self, receipt: &FileIoReceipt, mount: &Mount) -> Result<(), FileIoError> {
        let step = |cause| FileIoError::Step { fault: receipt.fault.clone(), what: "write down the mount", cause };
        let custody = self.custody(&receipt.fault)?;
        if Mounted::read(custody, &receipt.fault).map_err(step)?.is_some() {
            return Ok(());
        }
        custody.prepare().map_err(step)?;
        Mounted { receipt: receipt.clone(), mount: mount.id, device: mount.device }.write(custody).map_err(step)
    }
}

/// The mount namespaces of the victim's pod, each with a process in it; and why others could not be seen.
fn namespaces_of(victim: &ResolvedVictim) -> (BTreeMap<u64, u32>, Vec<FileIoError>) {
    let (others, failed) =
        procfs::all_pids().map_or_else(|cause| (Vec::new(), vec![blind(victim)(cause)]), |pids| (pids, Vec::new()));
    let mut namespaces = BTreeMap::new();
    for pid in std::iter::once(victim.pid).chain(others) {
        let is_of_pod = pid == victim.pid || procfs::netns_inode(pid).is_ok_and(|netns| netns == victim.netns.inode);
        // A process that has ended, or that may not be looked at, is not the one through which to look.
        if let Some(namespace) = Some(pid).filter(|_| is_of_pod).and_then(|pid| place::namespace_of(pid).ok()) {
            namespaces.entry(namespace).or_insert(pid);
        }
    }
    (namespaces, failed)
}

/// Not of a namespace that has got the inode of one that is gone.
fn is_of(receipt: &FileIoReceipt, namespaces: &BTreeMap<u64, u32>) -> bool {
    let identity = namespaces.get(&receipt.namespace).and_then(|pid| place::identity_of(*pid).ok());
    identity.is_some_and(|(_, number)| receipt.namespace_number.is_none() || number == receipt.namespace_number)
}

fn has_ended(cause: &io::Error) -> bool {
    matches!(cause.raw_os_error(), Some(libc::ENOENT | libc::ESRCH | libc::EINVAL))
}

fn blind(victim: &ResolvedVictim) -> impl Fn(io::Error) -> FileIoError {
    let pod = victim.pod.clone();
    move |cause| FileIoError::Blind { pod: pod.clone(), cause }
}
