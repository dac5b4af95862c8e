//! Freezes a container through its cgroup: every process of it stands still, its connections stay open and nobody answers.
//! No image is pulled and nothing restarts. The mark of each fault is an extended attribute of the group itself, so that faults
//! compose without knowing each other, are found without a record, and end with the group.
//!
//! Frozen tasks of cgroup v1 ignore SIGKILL until they are thawed (kernel/cgroup/legacy_freezer.c), so a pod that is deleted would
//! hang: `is_over` sees the signal that its deletion sends, and whoever watches thaws at once.

mod state;

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Capability, Effect, Felt, Over, Residue, Swept, add_swept, swept_at_once};
use crate::cgroup::{self, Cgroup, CgroupError, Controller};
use crate::fault::Fault;
use crate::procfs;
use crate::sys::xattr;
use crate::victim::ResolvedVictim;

/// Only who may administer the node can set or see these (xattr(7)), so no victim can forge or remove one.
const MARK: &str = "trusted.chaosgate.";
/// A group of hundreds of processes freezes within a few milliseconds; one in an uninterruptible wait may never.
const PATIENCE: Duration = Duration::from_millis(250);
const STEP: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeReceipt {
    pub fault: String,
    pub pod: String,
    pub pid: u32,
    pub start_time: u64,
    pub cgroup: Cgroup,
}

#[derive(Debug, Error)]
pub enum FreezeError {
    #[error("could not freeze {pod}: {cause}")]
    Cgroup { pod: String, cause: CgroupError },
    #[error(
        "could not freeze {pod}: its cgroup {name} is frozen already and not by chaosgate; whoever paused it must resume it"
    )]
    FrozenByAnother { pod: String, name: String },
    #[error("could not {doing} cgroup {name} of {pod}: {cause}; this needs SYS_ADMIN and a writable /sys/fs/cgroup")]
    Touch { doing: &'static str, pod: String, name: String, cause: io::Error },
    #[error("cgroup {name} of {pod} was told to thaw and is still frozen after {} ms", PATIENCE.as_millis())]
    StillFrozen { pod: String, name: String },
    #[error("fault {fault} is not a freeze")]
    NotAFreeze { fault: String },
}

#[derive(Debug, Default, Clone, Copy)]
pub struct FreezeEffect;

impl FreezeEffect {
    pub fn capabilities(&self) -> Vec<Capability> {
        let (available, back_end, reason) = state::ability();
        vec![Capability { effect: "process-freeze", available, back_end, reason }]
    }

    /// Why the freeze has no sense any more, if so: the victim is being ended, or someone else thawed it.
    pub fn is_over(&self, receipt: &FreezeReceipt) -> Option<Over> {
        let is_thawed = state::is_told_to_thaw(&receipt.cgroup);
        if !procfs::is_running(receipt.pid, receipt.start_time) {
            return Some(Over::VictimGone("the victim ended"));
        }
        if procfs::is_told_to_end(receipt.pid).unwrap_or(false) {
            return Some(Over::VictimGone("the victim is being deleted, so it is thawed"));
        }
        // A group that is not frozen need not be thawed: whoever comes into it, or is on its way out, moves for a moment.
        is_thawed.unwrap_or(false).then_some(Over::Stopped("someone else thawed the victim"))
    }

    /// Every group of this node that bears a mark of ours, whoever is in it.
    pub fn residue_of_the_node(&self) -> Result<Vec<Residue>, FreezeError> {
        Ok(state::marked_groups().map_err(blind)?.iter().flat_map(residue_of).collect())
    }

    pub fn sweep_the_node(&self) -> Swept<FreezeError> {
        let groups = match state::marked_groups() {
            Ok(groups) => groups,
            Err(cause) => return (Vec::new(), vec![blind(cause)]),
        };
        let mut all = (Vec::new(), Vec::new());
        for group in &groups {
            add_swept(&mut all, swept_at_once(sweep_group(group, "a cgroup without a record")));
        }
        all
    }
}

impl Effect for FreezeEffect {
    type Receipt = FreezeReceipt;
    type Error = FreezeError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<FreezeReceipt, FreezeError> {
        let Fault::Freeze = fault else { return Err(FreezeError::NotAFreeze { fault: name.to_owned() }) };
        let pod = || victim.pod.clone();
        let refused = |cause| FreezeError::Cgroup { pod: pod(), cause };
        let cgroup = own_group_of(victim.pid).map_err(refused)?;
        cgroup.refuse_if_shared(victim.pid).map_err(refused)?;
        let touched = |doing| touched(doing, pod(), &cgroup);
        let is_to_stand = state::is_to_stand(&cgroup).map_err(touched("read the state of"))?;
        if is_to_stand && marks(&cgroup).map_err(touched("read the marks of"))?.is_empty() {
            return Err(FreezeError::FrozenByAnother { pod: pod(), name: cgroup.name });
        }
        Ok(FreezeReceipt { fault: name.to_owned(), pod: pod(), pid: victim.pid, start_time: victim.start_time, cgroup })
    }

    fn apply(&self, receipt: &FreezeReceipt, _fault: &Fault) -> Result<Felt, FreezeError> {
        let started = Instant::now();
        match freeze(receipt) {
            Ok(()) => Ok(felt(receipt, started)),
            Err(error) => {
                // What cannot be taken back here stays on record, and the node undoes it once more and says so.
                let _ = self.undo(receipt);
                Err(error)
            }
        }
    }

    /// Thaws with the last mark, and only takes its own off while another fault keeps the group frozen.
    fn undo(&self, receipt: &FreezeReceipt) -> Result<(), FreezeError> {
        let group = &receipt.cgroup;
        match undo_in(receipt) {
            Err(_) if !group.exists() => Ok(()),
            answer => answer,
        }
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, FreezeError> {
        match own_group_of(victim.pid) {
            Ok(group) => Ok(residue_of(&group)),
            Err(error) => nothing_if_gone(error, victim),
        }
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<FreezeError> {
        swept_at_once(match own_group_of(victim.pid) {
            Ok(group) => sweep_group(&group, &victim.pod),
            Err(error) => nothing_if_gone(error, victim),
        })
    }
}

/// A process without a freezer of its own cannot be frozen, so nothing of ours can be on it.
fn nothing_if_gone(error: CgroupError, victim: &ResolvedVictim) -> Result<Vec<Residue>, FreezeError> {
    match error {
        CgroupError::Gone { .. } | CgroupError::NotMounted { .. } | CgroupError::Root { .. } => Ok(Vec::new()),
        cause => Err(FreezeError::Cgroup { pod: victim.pod.clone(), cause }),
    }
}

/// The freezer of version 1 where it holds the process apart from the rest of the node, else version 2, which always can.
fn own_group_of(pid: u32) -> Result<Cgroup, CgroupError> {
    let ruled = cgroup::of(pid, Controller::Freezer)?;
    if !ruled.is_root() || ruled.version == cgroup::Version::V2 {
        return Ok(ruled);
    }
    cgroup::unified_of(pid, Controller::Freezer).or(Ok(ruled))
}

fn freeze(receipt: &FreezeReceipt) -> Result<(), FreezeError> {
    let group = &receipt.cgroup;
    let touched = |doing| touched(doing, receipt.pod.clone(), group);
    if !group.exists() || !procfs::is_running(receipt.pid, receipt.start_time) {
        return Err(FreezeError::Cgroup { pod: receipt.pod.clone(), cause: CgroupError::Gone { pid: receipt.pid } });
    }
    xattr::set(&group.path, &mark_of(&receipt.fault)).map_err(touched("mark"))?;
    state::set(group, true).map_err(touched("freeze"))
}

fn undo_in(receipt: &FreezeReceipt) -> Result<(), FreezeError> {
    let group = &receipt.cgroup;
    if !group.exists() {
        return Ok(());
    }
    let touched = |doing| touched(doing, receipt.pod.clone(), group);
    let own = mark_of(&receipt.fault);
    let marks = marks(group).map_err(touched("read the marks of"))?;
    if marks.iter().all(|mark| *mark != own) {
        return Ok(());
    }
    if marks.len() == 1 {
        thaw(group, &receipt.pod)?;
    }
    xattr::remove(&group.path, &own).map_err(touched("take the mark off"))
}

fn thaw(group: &Cgroup, pod: &str) -> Result<(), FreezeError> {
    state::set(group, false).map_err(touched("thaw", pod.to_owned(), group))?;
    if state::comes_to(group, false) {
        return Ok(());
    }
    Err(FreezeError::StillFrozen { pod: pod.to_owned(), name: group.name.clone() })
}

/// The kernel's own word, read back: every task of the group stands.
fn felt(receipt: &FreezeReceipt, started: Instant) -> Felt {
    let frozen = state::comes_to(&receipt.cgroup, true);
    let tasks = receipt.cgroup.processes().map_or(0, |members| members.len());
    let how = match frozen {
        true => format!("the kernel reports {tasks} processes frozen after {} us", started.elapsed().as_micros()),
        false => format!("not all of {tasks} processes stood still within {} ms", PATIENCE.as_millis()),
    };
    Felt { measured: true, felt: frozen, how }
}

fn sweep_group(group: &Cgroup, whose: &str) -> Result<Vec<Residue>, FreezeError> {
    let found = residue_of(group);
    if found.is_empty() {
        return Ok(found);
    }
    thaw(group, whose)?;
    for mark in marks(group).map_err(touched("read the marks of", whose.to_owned(), group))? {
        xattr::remove(&group.path, &mark).map_err(touched("take the mark off", whose.to_owned(), group))?;
    }
    Ok(found)
}

fn residue_of(group: &Cgroup) -> Vec<Residue> {
    // A group that went away bears no mark; everything else that may be listed can be listed by root.
    let marks = marks(group).unwrap_or_default();
    let name = |mark: &str| mark.strip_prefix(MARK).unwrap_or(mark).to_owned();
    let place = format!("cgroup {}", group.name);
    marks.iter().map(|mark| Residue { place: place.clone(), what: format!("frozen by fault {}", name(mark)) }).collect()
}

fn marks(group: &Cgroup) -> io::Result<Vec<String>> {
    Ok(xattr::list(&group.path)?.into_iter().filter(|name| name.starts_with(MARK)).collect())
}

fn mark_of(fault: &str) -> String {
    format!("{MARK}{fault}")
}

fn touched(doing: &'static str, pod: String, group: &Cgroup) -> impl Fn(io::Error) -> FreezeError {
    let name = group.name.clone();
    move |cause| FreezeError::Touch { doing, pod: pod.clone(), name: name.clone(), cause }
}

fn blind(cause: io::Error) -> FreezeError {
    FreezeError::Touch { doing: "look for marks on", pod: "the node".to_owned(), name: "/".to_owned(), cause }
}

/// Asks again and again for a moment.
fn within_patience(mut is_so: impl FnMut() -> bool) -> bool {
    let asked = Instant::now();
    while !is_so() {
        if asked.elapsed() >= PATIENCE {
            return false;
        }
        thread::sleep(STEP);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn group_that_says(files: &[(&str, &str)], version: cgroup::Version) -> Cgroup {
        // Tests of one process run beside each other.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("chaosgated-freeze-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("writable");
        files.iter().for_each(|(file, text)| fs::write(path.join(file), text).expect("writable"));
        Cgroup { version, name: "/a".to_owned(), inode: fs::metadata(&path).expect("there").ino(), path }
    }

    fn end_of(cgroup: Cgroup) -> Option<Over> {
        let pid = std::process::id();
        let start_time = procfs::stat(pid).expect("this process").start_time;
        let path = cgroup.path.clone();
        let receipt = FreezeReceipt { fault: "f".to_owned(), pod: "p".to_owned(), pid, start_time, cgroup };
        let over = FreezeEffect.is_over(&receipt);
        fs::remove_dir_all(path).expect("our own directory");
        over
    }

    #[test]
    fn a_group_that_somebody_is_freezing_stands_already() {
        use cgroup::Version::{V1, V2};
        let cases: [(_, &[(&str, &str)], _); 6] = [
            (V1, &[("freezer.state", "FREEZING\n")], true),
            (V1, &[("freezer.state", "FROZEN\n")], true),
            (V1, &[("freezer.state", "THAWED\n")], false),
            (V2, &[("cgroup.events", "populated 1\nfrozen 0\n"), ("cgroup.freeze", "1\n")], true),
            (V2, &[("cgroup.events", "populated 1\nfrozen 1\n"), ("cgroup.freeze", "0\n")], true),
            (V2, &[("cgroup.events", "populated 1\nfrozen 0\n"), ("cgroup.freeze", "0\n")], false),
        ];
        for (version, files, expected) in cases {
            let group = group_that_says(files, version);
            assert_eq!(state::is_to_stand(&group).expect("readable"), expected, "{files:?}");
            fs::remove_dir_all(group.path).expect("our own directory");
        }
    }

    #[test]
    fn a_group_that_still_freezes_was_not_thawed_by_anybody() {
        use cgroup::Version::{V1, V2};
        let thawed = Some(Over::Stopped("someone else thawed the victim"));
        let cases: [(_, &[(&str, &str)], _); 4] = [
            (V1, &[("freezer.state", "FREEZING\n"), ("freezer.self_freezing", "1\n")], None),
            (V1, &[("freezer.state", "THAWED\n"), ("freezer.self_freezing", "0\n")], thawed),
            (V2, &[("cgroup.events", "populated 1\nfrozen 0\n"), ("cgroup.freeze", "1\n")], None),
            (V2, &[("cgroup.events", "populated 1\nfrozen 0\n"), ("cgroup.freeze", "0\n")], thawed),
        ];
        for (version, files, expected) in cases {
            assert_eq!(end_of(group_that_says(files, version)), expected, "{files:?}");
        }
    }
}
