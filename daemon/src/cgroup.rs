//! Control groups of a process, version 1 and 2: which directory of which hierarchy holds it, and who else is in there.
//! Looks and names; what is done to a group is its caller's.

mod find;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use find::{Controller, Hierarchy, hierarchies, of, unified_of};

use crate::procfs;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Version {
    V1,
    V2,
}

impl Version {
    /// As a back end is called.
    pub fn word(self) -> &'static str {
        match self {
            Version::V1 => "cgroup-v1",
            Version::V2 => "cgroup-v2",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1 => "cgroup v1",
            Version::V2 => "cgroup v2",
        })
    }
}

/// One directory. The inode tells it from another that is made at the same path later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    pub version: Version,
    /// Within its hierarchy, as the node sees it; "/" is everybody's.
    pub name: String,
    pub path: PathBuf,
    pub inode: u64,
}

#[derive(Debug, Error)]
pub enum CgroupError {
    #[error("pid {pid} has ended")]
    Gone { pid: u32 },
    #[error("could not read the cgroups of pid {pid}: {cause}")]
    Read { pid: u32, cause: io::Error },
    #[error(
        "no mounted hierarchy shows pid {pid} in its {controller} cgroup; mount the node's /sys/fs/cgroup into the daemon, or share \
         its pid namespace"
    )]
    NotMounted { pid: u32, controller: Controller },
    #[error("could not look into {path}: {cause}", path = path.display())]
    Look { path: PathBuf, cause: io::Error },
    #[error("pid {pid} is in the root cgroup, with everybody: it has none of its own")]
    Root { pid: u32 },
    #[error("pid {pid} shares its cgroup {name} with this daemon")]
    WithUs { pid: u32, name: String },
    #[error("pid {pid} shares its cgroup {name} with pid {other}, which is of another network and nobody asked to hit")]
    WithStrangers { pid: u32, name: String, other: u32 },
}

impl Cgroup {
    fn at(version: Version, name: String, path: PathBuf) -> io::Result<Cgroup> {
        let inode = fs::metadata(&path)?.ino();
        Ok(Cgroup { version, name, path, inode })
    }

    pub fn is_root(&self) -> bool {
        self.name == "/"
    }

    /// Whether the very directory is still there.
    pub fn exists(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode)
    }

    pub fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.path.join(file))
    }

    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path.join(file), text)
    }

    /// Those directly in it, by the pids of our own namespace; 0 is a process that we cannot name.
    pub fn processes(&self) -> io::Result<Vec<u32>> {
        processes_in(&self.path)
    }

    /// Refuses a group whose members are not the victim's alone: what is done to it would be done to them.
    pub fn refuse_if_shared(&self, pid: u32) -> Result<(), CgroupError> {
        if self.is_root() {
            return Err(CgroupError::Root { pid });
        }
        let ours: BTreeSet<u32> = own_lineage(pid)?.into_iter().collect();
        let members = with_all_below(&self.path).map_err(|cause| CgroupError::Look { path: self.path.clone(), cause })?;
        if members.iter().any(|member| ours.contains(member)) {
            return Err(CgroupError::WithUs { pid, name: self.name.clone() });
        }
        match self.stranger_to(pid) {
            Some(other) => Err(CgroupError::WithStrangers { pid, name: self.name.clone(), other }),
            None => Ok(()),
        }
    }

    /// A member of another network, as long as it runs. Those further below are containers of the victim's own, and a child of
    /// this daemon is there on an errand.
    fn stranger_to(&self, pid: u32) -> Option<u32> {
        let home = procfs::netns_inode(pid).ok()?;
        let ours = std::process::id();
        let sent = |member: u32| procfs::stat(member).is_ok_and(|stat| stat.parent == ours);
        let members = self.processes().ok()?;
        let away = |member: &u32| procfs::netns_inode(*member).is_ok_and(|theirs| theirs != home);
        members.into_iter().find(|member| away(member) && !sent(*member))
    }
}

fn own_lineage(pid: u32) -> Result<Vec<u32>, CgroupError> {
    procfs::own_lineage().map_err(|cause| CgroupError::Read { pid, cause })
}

fn processes_in(dir: &Path) -> io::Result<Vec<u32>> {
    Ok(fs::read_to_string(dir.join("cgroup.procs"))?.lines().filter_map(|line| line.parse().ok()).collect())
}

fn with_all_below(dir: &Path) -> io::Result<Vec<u32>> {
    let mut members = Vec::new();
    for dir in all_below(dir) {
        // A group below that is gone by now has no members.
        members.extend(processes_in(&dir).unwrap_or_default());
    }
    Ok(members)
}

/// The directory and every one below it, parents first.
pub fn all_below(dir: &Path) -> Vec<PathBuf> {
    let mut dirs = vec![dir.to_owned()];
    let mut next = 0;
    while let Some(dir) = dirs.get(next) {
        // Gone since it was listed, which is as good as empty.
        let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
        let below: Vec<PathBuf> =
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect();
        dirs.extend(below);
        next += 1;
    }
    dirs
}
