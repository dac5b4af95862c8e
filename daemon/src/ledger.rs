//! What was done and how to undo it, on disk before it is done: one file per fault, written beside its place and renamed into it.
//! A record of an earlier boot describes a kernel that is gone and is dropped; one that cannot be read is set aside, never skipped.
//! Nothing is synced to the medium: the directory is meant to be a tmpfs, which dies with the kernel state it describes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::effect::Receipt;
use crate::ids::{Epoch, FaultId, FaultKey, RunId};
use crate::lease::BootTime;
use crate::procfs;
use crate::sys;
use crate::victim::ResolvedVictim;

/// A receipt of 256 peers is near 40 KiB; a file far beyond that is not one of ours.
const LONGEST_RECORD: u64 = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub boot_id: String,
    pub run: RunId,
    pub fault_id: FaultId,
    pub epoch: Epoch,
    /// Orders the undoing: newest first.
    pub recorded_at: BootTime,
    pub victim: ResolvedVictim,
    pub receipt: Receipt,
}

impl Record {
    pub fn key(&self) -> FaultKey {
        FaultKey { run: self.run.clone(), fault: self.fault_id.clone() }
    }
}

/// What was found on disk. `torn` files have been moved out of the way and keep their bytes for a person to read.
#[derive(Debug, Default)]
pub struct Found {
    /// Newest first.
    pub records: Vec<Record>,
    pub torn: Vec<Torn>,
    pub of_another_boot: usize,
}

#[derive(Debug)]
pub struct Torn {
    pub kept_at: PathBuf,
    pub why: String,
}

#[derive(Debug, Error)]
pub enum LedgerError {
    #[error("could not prepare the state directory {dir}: {cause}; it must be a writable directory, best on a tmpfs", dir = dir.display())]
    Directory { dir: PathBuf, cause: io::Error },
    #[error("could not write the undo record {path}: {cause}; nothing was done to the victim; make room in the state directory", path = path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("could not remove the undo record {path}: {cause}; its fault is undone, and will be undone again harmlessly", path = path.display())]
    Remove { path: PathBuf, cause: io::Error },
    #[error("could not list the undo records in {dir}: {cause}", dir = dir.display())]
    List { dir: PathBuf, cause: io::Error },
}

/// The lock goes with the file.
#[derive(Debug)]
pub struct ActingAlone {
    _locked: File,
}

#[derive(Debug)]
pub struct Ledger {
    records: PathBuf,
    torn: PathBuf,
    lock: PathBuf,
    boot_id: String,
}

/// Where the record of a fault is, which is named as its key is written.
pub fn record_path(state_dir: &Path, fault: &str) -> PathBuf {
    state_dir.join(RECORDS).join(format!("{fault}.json"))
}

const RECORDS: &str = "records";

impl Ledger {
    /// Makes the directories where they are missing.
    pub fn open(state_dir: &Path) -> Result<Ledger, LedgerError> {
        let refused = |cause| LedgerError::Directory { dir: state_dir.to_owned(), cause };
        let ledger = Ledger {
            records: state_dir.join(RECORDS),
            torn: state_dir.join("torn"),
            lock: state_dir.join("lock"),
            boot_id: procfs::boot_id().map_err(refused)?,
        };
        for dir in [&ledger.records, &ledger.torn] {
            // What is on record here is undone as root, so nobody else may write it.
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(refused)?;
        }
        Ok(ledger)
    }

    pub fn boot_id(&self) -> &str {
        &self.boot_id
    }

    /// Keeps every other process from acting between a record and its act, or between an undo and its forgetting.
    /// None when someone else holds on for longer than `patience`: whoever undoes goes on then, whoever injects does not.
    pub fn act_alone(&self, patience: Duration) -> io::Result<Option<ActingAlone>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.lock)?;
        let asked = Instant::now();
        while !sys::lock::try_exclusive(&file)? {
            if asked.elapsed() >= patience {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Some(ActingAlone { _locked: file }))
    }

    /// On return the record is complete under its name, or it is not there at all.
    pub fn record(&self, record: &Record) -> Result<(), LedgerError> {
        let path = self.path_of(&record.key());
        let beside = path.with_extension("new");
        let written = write_whole(&beside, record).and_then(|()| fs::rename(&beside, &path));
        written.map_err(|cause| {
            // The half-written file is not a record; if it cannot be removed either, `found` passes over its extension.
            let _ = fs::remove_file(&beside);
            LedgerError::Write { path, cause }
        })
    }

    /// Forgets a fault that is undone. "Not there" is success: someone else has undone it too.
    pub fn forget(&self, key: &FaultKey) -> Result<(), LedgerError> {
        let path = self.path_of(key);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(LedgerError::Remove { path, cause }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether the fault is still on record; `chaosgated panic` and the keeper take records away.
    pub fn has(&self, key: &FaultKey) -> bool {
        self.path_of(key).exists()
    }

    /// How many faults are on record, readable or not. Changes nothing.
    pub fn count(&self) -> Result<usize, LedgerError> {
        match fs::read_dir(&self.records) {
            Ok(entries) => Ok(entries.count()),
            Err(cause) => Err(LedgerError::List { dir: self.records.clone(), cause }),
        }
    }

    /// Reads every record, sets the unreadable aside and drops those of an earlier boot.
    pub fn found(&self) -> Result<Found, LedgerError> {
        let refused = |cause| LedgerError::List { dir: self.records.clone(), cause };
        let mut found = Found::default();
        for entry in fs::read_dir(&self.records).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("new") => continue, // Its act never happened: the rename comes before the act.
                _ => self.sort_in(&path, &mut found),
            }
        }
        found.records.sort_by_key(|record| std::cmp::Reverse(record.recorded_at));
        Ok(found)
    }

    fn sort_in(&self, path: &Path, found: &mut Found) {
        match read_whole(path) {
            Ok(record) if record.boot_id != self.boot_id => {
                found.of_another_boot += 1;
                // If it stays, the next start counts and drops it again: the boot id still differs.
                let _ = fs::remove_file(path);
            }
            Ok(record) => found.records.push(record),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {} // Undone by another process since the listing.
            Err(cause) => found.torn.push(self.set_aside(path, &cause)),
        }
    }

    fn set_aside(&self, path: &Path, cause: &io::Error) -> Torn {
        let kept_at = path.file_name().map_or_else(|| self.torn.clone(), |name| self.torn.join(name));
        match fs::rename(path, &kept_at) {
            Ok(()) => Torn { kept_at, why: cause.to_string() },
            Err(stuck) => Torn { kept_at: path.to_owned(), why: format!("{cause}; and it could not be set aside: {stuck}") },
        }
    }

    fn path_of(&self, key: &FaultKey) -> PathBuf {
        self.records.join(format!("{key}.json"))
    }
}

fn write_whole(path: &Path, record: &Record) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&serde_json::to_vec(record)?)
}

fn read_whole(path: &Path) -> io::Result<Record> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_RECORD).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
