//! Who belongs to a victim's container: the processes of its cgroup, or, where that is also the daemon's own (a test machine, the
//! embedded mode), the victim and all that descend from it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::procfs;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Members {
    /// A line of /proc/PID/cgroup without its number, such as `pids:/kubepods/pod1/c1`; groups below it belong to it.
    Cgroup(String),
    DescendantsOf {
        pid: u32,
        start_time: u64,
    },
}

/// Every process of the node and its cgroups: one look for however many containers are asked about.
#[derive(Debug)]
pub struct Census(Vec<(u32, Vec<String>)>);

impl Census {
    pub fn take() -> io::Result<Census> {
        // One that ended meanwhile is in no cgroup.
        Ok(Census(procfs::all_pids()?.into_iter().map(|pid| (pid, procfs::cgroups(pid).unwrap_or_default())).collect()))
    }
}

impl Members {
    /// The deepest group that the victim is in and this daemon is not.
    pub fn of(pid: u32, start_time: u64) -> io::Result<Members> {
        let own: BTreeSet<String> = procfs::cgroups(std::process::id())?.into_iter().collect();
        let theirs = procfs::cgroups(pid)?.into_iter().filter(|group| !own.contains(group) && !group.ends_with(":/"));
        let deepest = theirs.max_by_key(|group| group.matches('/').count());
        Ok(deepest.map_or(Members::DescendantsOf { pid, start_time }, Members::Cgroup))
    }

    /// Everyone who belongs now.
    pub fn all(&self) -> io::Result<Vec<u32>> {
        Ok(self.among(&Census::take()?))
    }

    /// Everyone who belonged when the census was taken.
    pub fn among(&self, census: &Census) -> Vec<u32> {
        match self {
            Members::Cgroup(group) => {
                let members = census.0.iter().filter(|(_, groups)| groups.iter().any(|path| is_it_or_below(path, group)));
                members.map(|(pid, _)| *pid).collect()
            }
            Members::DescendantsOf { pid, start_time } if procfs::is_running(*pid, *start_time) => {
                let pids = census.0.iter().map(|(pid, _)| *pid);
                pids.filter(|found| lineage(*found).any(|above| above == *pid)).collect()
            }
            Members::DescendantsOf { .. } => Vec::new(),
        }
    }

    /// Whether one process belongs. `known` are members as they were last seen: an orphan has a new parent, and still belongs.
    pub fn has<Since>(&self, process: u32, known: &BTreeMap<u32, Since>) -> bool {
        match self {
            _ if known.contains_key(&process) => true,
            Members::Cgroup(group) => is_in(process, group),
            // The victim's pid may have come to mean a stranger, whose children are no members.
            Members::DescendantsOf { pid, start_time } => {
                let is_meant = procfs::is_running(*pid, *start_time);
                lineage(process).any(|above| if above == *pid { is_meant } else { known.contains_key(&above) })
            }
        }
    }
}

fn is_in(pid: u32, group: &str) -> bool {
    procfs::cgroups(pid).is_ok_and(|groups| groups.iter().any(|path| is_it_or_below(path, group)))
}

fn is_it_or_below(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A process and all above it. Bounded, because the tree changes while it is walked.
fn lineage(pid: u32) -> impl Iterator<Item = u32> {
    const DEEPEST: usize = 64;
    let parent = |pid: &u32| procfs::stat(*pid).ok().map(|stat| stat.parent).filter(|parent| *parent > 0);
    std::iter::successors(Some(pid), parent).take(DEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_that_came_to_mean_a_stranger_makes_no_members_of_those_below_it() {
        let own = std::process::id();
        let start_time = procfs::stat(own).expect("this process").start_time;
        let mut child = std::process::Command::new("sleep").arg("30").spawn().expect("sleep runs");
        let has = |start_time| Members::DescendantsOf { pid: own, start_time }.has(child.id(), &BTreeMap::<u32, ()>::new());
        let found = (has(start_time), has(start_time + 1));
        child.kill().expect("our own child");
        child.wait().expect("our own child");
        assert_eq!(found, (true, false));
    }
}
