//! That a file system of ours was mounted, and on whom: a file of its own beside the other ones in custody. It is there before anybody can
//! be on the mount and goes last, so that an undo which failed half-way, when no mount shows it any more, is found and done again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FileIoReceipt;
use super::journal::remove_file;
use crate::custody::Custody;

const EXTENSION: &str = "mount";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mounted {
    pub receipt: FileIoReceipt,
    /// What the mount is called in /proc.
    pub mount: u64,
    pub device: u64,
}

impl Mounted {
    /// Whole or not at all: whoever reads half of it would not find what is mounted.
    pub fn write(&self, custody: &Custody) -> io::Result<()> {
        let path = path_in(custody.directory(), &self.receipt.fault);
        let beside = path.with_extension("mount-new");
        fs::write(&beside, serde_json::to_vec(self)?)?;
        fs::rename(beside, path)
    }

    /// None when it never came to be, or is undone.
    pub fn read(custody: &Custody, fault: &str) -> io::Result<Option<Mounted>> {
        read(&path_in(custody.directory(), fault))
    }

    pub fn is_there(directory: &Path, fault: &str) -> bool {
        path_in(directory, fault).exists()
    }

    /// Every one that is not undone, and why others could not be read.
    pub fn all(custody: &Custody) -> (Vec<Mounted>, Vec<io::Error>) {
        let entries = match fs::read_dir(custody.directory()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Vec::new(), Vec::new()),
            Err(error) => return (Vec::new(), vec![error]),
        };
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.and_then(|entry| if is_one(&entry.path()) { read(&entry.path()) } else { Ok(None) }) {
                Ok(found) => all.extend(found),
                Err(error) => failed.push(error),
            }
        }
        (all, failed)
    }

    pub fn remove(custody: &Custody, fault: &str) -> io::Result<()> {
        remove_file(&path_in(custody.directory(), fault))
    }
}

fn read(path: &Path) -> io::Result<Option<Mounted>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

fn path_in(directory: &Path, fault: &str) -> PathBuf {
    directory.join(format!("{fault}.{EXTENSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::file_io::VolumePath;

    impl Mounted {
        pub fn example(fault: &str) -> Mounted {
            let volume = VolumePath::of_mount_point("/data").expect("a path");
            let (fault, namespace_number) = (fault.to_owned(), None);
            let receipt = FileIoReceipt { fault, pid: 9, namespace: 7, namespace_number, volume, alters_data: false };
            Mounted { receipt, mount: 36, device: 5 }
        }
    }

    #[test]
    fn what_is_mounted_is_found_by_its_fault_and_among_all_until_it_is_removed() {
        let state = std::env::temp_dir().join(format!("chaosgated-mounted-{}", std::process::id()));
        let custody = Custody::of(&state);
        assert_eq!(Mounted::all(&custody).0, []);
        custody.prepare().expect("writable");
        let mounted = Mounted::example("t1-0.f1");
        mounted.write(&custody).expect("writable");
        fs::write(custody.directory().join("t1-0.f2.mount"), "{\"receipt\":").expect("writable");
        assert_eq!(Mounted::read(&custody, "t1-0.f1").expect("readable"), Some(mounted.clone()));
        assert!(Mounted::read(&custody, "t1-0.f2").is_err(), "what cannot be read is not what is not there");
        let (all, failed) = Mounted::all(&custody);
        assert_eq!((all, failed.len()), (vec![mounted], 1));
        Mounted::remove(&custody, "t1-0.f1").expect("writable");
        assert_eq!(Mounted::read(&custody, "t1-0.f1").expect("readable"), None);
        fs::remove_dir_all(&state).expect("our own directory");
    }
}
