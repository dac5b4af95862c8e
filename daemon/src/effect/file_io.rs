//! File operations that are late, fail, or tell wrong things: a file system of our own over a directory of the victim's container, that
//! does on the directory behind it what it is asked, and what the fault says. What is open moves over, and back when the fault ends.
//! The kernel's end of it is kept by the keeper: when the daemon dies, calls wait until somebody takes over, and none fails.

mod holders;
mod journal;
mod locks;
mod mounted;
mod moving;
mod nodes;
mod opening;
mod operations;
mod place;
mod placing;
mod preflight;
mod rings;
mod rule;
mod server;
mod sweeping;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Capability, Effect, Felt, Residue, Swept, sweep_each};
use crate::custody::{Custody, CustodyError};
use crate::fault::Fault;
use crate::fault::file_io::{FileIoFault, VolumePath};
use crate::sys::fuse;
use crate::victim::ResolvedVictim;
use journal::Journal;
use server::Server;

const PROBE_PATIENCE: Duration = Duration::from_millis(250);
const PROBE_STEP: Duration = Duration::from_millis(5);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileIoReceipt {
    pub fault: String,
    pub pid: u32,
    /// The inode of the victim's mount namespace.
    pub namespace: u64,
    /// Tells it from one that gets its inode when it is gone. None where the kernel has no such number.
    #[serde(default)]
    pub namespace_number: Option<u64>,
    pub volume: VolumePath,
    /// Wrong bytes may be in the victim's files for good.
    pub alters_data: bool,
}

#[derive(Debug, Error)]
pub enum FileIoError {
    #[error("fault {fault} is not one for files")]
    NotFileIo { fault: String },
    #[error("could not put a fault on {volume} of {pod}: {why}")]
    Refused { pod: String, volume: String, why: String },
    #[error(transparent)]
    Custody(#[from] CustodyError),
    #[error("could not {what} for fault {fault}: {cause}")]
    Step { fault: String, what: &'static str, cause: io::Error },
    #[error(
        "could not move {} for fault {fault}: {cause}; an undo is tried again by itself, and goes through once that process \
         can be stopped or has ended", held_by(*pid, path)
    )]
    Move { fault: String, pid: u32, path: String, cause: io::Error },
    #[error(
        "fault {fault} is over and its mount is gone, but {} stays on it for good ({others} more are in the daemon's log): {cause}; \
         restart that process", held_by(*pid, path)
    )]
    Left { fault: String, pid: u32, path: String, others: usize, cause: io::Error },
    #[error(
        "{what} of {pod} is still mounted after its undoing: other faults are on it, or it is no place of a volume; `chaosgated panic`"
    )]
    Stays { pod: String, what: String },
    #[error("could not look for file systems of ours in the mounts of {pod}: {cause}")]
    Blind { pod: String, cause: io::Error },
}

/// The volumes that this process serves.
#[derive(Default)]
pub struct FileIoEffect {
    custody: Option<Custody>,
    /// By the fault under whose name the file system is mounted.
    served: Mutex<BTreeMap<String, Serving>>,
}

/// A file system of ours, and the receipt of the fault under whose name it is mounted.
#[derive(Clone)]
struct Serving {
    receipt: FileIoReceipt,
    server: Arc<Server>,
}

impl FileIoEffect {
    /// Without a state directory there is no keeper to be found, and no fault is put on.
    pub fn with_state(state_dir: &Path) -> FileIoEffect {
        FileIoEffect { custody: Some(Custody::of(state_dir)), ..FileIoEffect::default() }
    }

    pub fn capabilities(&self) -> Vec<Capability> {
        let probed = probe();
        let available = probed.is_ok();
        let reason = probed.unwrap_or_else(|why| why);
        vec![Capability { effect: "file-io", available, back_end: "fuse", reason }]
    }

    fn custody(&self, fault: &str) -> Result<&Custody, FileIoError> {
        let cause = || io::Error::new(io::ErrorKind::NotFound, "this process has no state directory");
        self.custody.as_ref().ok_or_else(|| FileIoError::Step {
            fault: fault.to_owned(),
            what: "find the keeper",
            cause: cause(),
        })
    }

    fn served(&self) -> MutexGuard<'_, BTreeMap<String, Serving>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What serves the volume of a receipt already.
    fn serving_on(&self, receipt: &FileIoReceipt) -> Option<Serving> {
        let place = |receipt: &FileIoReceipt| (receipt.namespace, receipt.namespace_number, receipt.volume.clone());
        let is_it = |one: &&Serving| place(&one.receipt) == place(receipt);
        self.served().values().find(is_it).cloned()
    }

    /// What does a fault now, under its own name or another's. Two where joining them failed half-way: the old one and the new one.
    fn serving(&self, fault: &str) -> Vec<Serving> {
        self.served().values().filter(|one| one.server.volume().rules.knows(fault)).cloned().collect()
    }
}

impl Effect for FileIoEffect {
    type Receipt = FileIoReceipt;
    type Error = FileIoError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<FileIoReceipt, FileIoError> {
        let asked = file_io(name, fault)?;
        let refused =
            |why: String| FileIoError::Refused { pod: victim.pod.clone(), volume: asked.volume.as_str().to_owned(), why };
        probe().map_err(refused)?;
        let custody = self.custody(name)?;
        custody.get(name)?;
        let (namespace, namespace_number) = place::identity_of(victim.pid).map_err(|cause| refused(cause.to_string()))?;
        if self.served().contains_key(name) {
            return Err(refused("other faults there go by this one's name: give the new one another name".to_owned()));
        }
        let served = |fault: &str| self.served().contains_key(fault);
        preflight::judge(victim.pid, namespace, &asked.volume, &served).map_err(refused)?;
        Ok(FileIoReceipt {
            fault: name.to_owned(),
            pid: victim.pid,
            namespace,
            namespace_number,
            volume: asked.volume.clone(),
            alters_data: asked.alters_data(),
        })
    }

    fn apply(&self, receipt: &FileIoReceipt, fault: &Fault) -> Result<Felt, FileIoError> {
        let asked = file_io(&receipt.fault, fault)?;
        self.place(receipt, asked)?;
        let serving = self.serving(&receipt.fault);
        Ok(serving.first().map_or_else(|| felt(0), |serving| watch(&serving.server, &receipt.fault)))
    }

    fn undo(&self, receipt: &FileIoReceipt) -> Result<(), FileIoError> {
        let step = |what| move |cause| FileIoError::Step { fault: receipt.fault.clone(), what, cause };
        let serving = self.serving(&receipt.fault);
        serving.iter().for_each(|one| one.server.lift(&receipt.fault));
        let over = serving.iter().filter(|one| one.server.volume().rules.names().next().is_none());
        let mut names: Vec<String> = over.map(|one| one.receipt.fault.clone()).collect();
        if serving.is_empty() {
            // From the record alone: what carries it may not have been mounted yet when its daemon died, and its own may still be.
            names.push(receipt.fault.clone());
            if let Some(custody) = &self.custody {
                names.extend(Journal::carrier_of(custody, &receipt.fault).map_err(step("read who does the fault"))?);
            }
        }
        // Every one is tried, whatever becomes of another.
        let tried: Vec<_> =
            names.into_iter().map(|fault| self.take_away_whole(&FileIoReceipt { fault, ..receipt.clone() })).collect();
        tried.into_iter().collect::<Result<(), _>>()?;
        match &self.custody {
            Some(custody) => Journal::forget_carrier(custody, &receipt.fault).map_err(step("remove what was written down")),
            None => Ok(()),
        }
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, FileIoError> {
        let (found, blind) = self.found_on(victim);
        let residue = || found.iter().map(|one| one.residue(victim)).collect();
        blind.into_iter().next().map_or_else(|| Ok(residue()), Err)
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<FileIoError> {
        let (found, mut failed) = self.found_on(victim);
        let found = found.into_iter().map(|one| (one.residue(victim), one));
        let (swept, more) = sweep_each(found, |one| self.sweep_one(victim, one));
        failed.extend(more);
        (swept, failed)
    }
}

fn file_io<'a>(name: &str, fault: &'a Fault) -> Result<&'a FileIoFault, FileIoError> {
    match fault {
        Fault::FileIo(asked) => Ok(asked),
        _ => Err(FileIoError::NotFileIo { fault: name.to_owned() }),
    }
}

/// Pid 0 is nobody: what failed is to look at all of them.
fn held_by(pid: u32, path: &str) -> String {
    match (pid, path) {
        (0, _) => "what the victim's processes hold".to_owned(),
        (pid, "") => format!("all that pid {pid} holds"),
        (pid, path) => format!("{path:?}, which pid {pid} holds,"),
    }
}

/// What this node lacks, or what it has.
fn probe() -> Result<String, String> {
    match fuse::open() {
        Ok(_) if cfg!(target_arch = "x86_64") => Ok("/dev/fuse opens; open files are moved by ptrace".to_owned()),
        Ok(_) => Err("open files can be moved on x86-64 only".to_owned()),
        Err(cause) => {
            Err(format!("/dev/fuse cannot be opened: {cause}; the daemon needs the device and the kernel CONFIG_FUSE_FS"))
        }
    }
}

/// Watches for a moment whether an operation of the victim meets the fault.
fn watch(server: &Server, fault: &str) -> Felt {
    let start = Instant::now();
    while server.met(fault) == 0 && start.elapsed() < PROBE_PATIENCE {
        thread::sleep(PROBE_STEP);
    }
    felt(server.met(fault))
}

fn felt(met: u64) -> Felt {
    let how = match met {
        0 => format!("no file operation of the victim matched within {} ms", PROBE_PATIENCE.as_millis()),
        met => format!("{met} file operations of the victim met the fault"),
    };
    Felt { measured: met > 0, felt: met > 0, how }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_moved_is_told_with_who_holds_it_and_what_to_do() {
        let told = |pid, path: &str| {
            let (fault, path, cause) = ("r.f".to_owned(), path.to_owned(), io::ErrorKind::ResourceBusy.into());
            FileIoError::Move { fault, pid, path, cause }.to_string()
        };
        assert!(told(9, "a").starts_with("could not move \"a\", which pid 9 holds, for fault r.f: "));
        assert!(told(9, "").starts_with("could not move all that pid 9 holds for fault r.f: "));
        assert!(told(0, "").starts_with("could not move what the victim's processes hold for fault r.f: "));
        assert!(told(0, "").contains("is tried again by itself"));
    }
}
