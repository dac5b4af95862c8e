//! Loads a container from inside its own limits: a stressor, which is a child process of our own binary, joins the victim's cgroups
//! and takes CPU time or memory there. What it takes is on the victim's account and bounded by the victim's limits.
//! A stressor ends with the daemon's thread, with the pipe between them, and with the victim, whichever comes first; it is the first
//! that the kernel chooses when memory runs out; and it never takes more memory than was asked for.

mod figures;
mod ground;
mod nursery;

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Capability, Effect, Felt, Over, Residue, Swept, sweep_each};
use crate::cgroup::{Cgroup, CgroupError};
use crate::fault::{Fault, Percent};
use crate::procfs;
use crate::stressor::{self, Task};
use crate::sys;
use crate::victim::ResolvedVictim;
use figures::Figures;
use nursery::Nursery;

/// A gigabyte fills in under half a second; what takes longer than this is refused by reclaim or throttled away.
const FILLS_WITHIN: Duration = Duration::from_secs(5);
/// The second is for a node where the victim waits its turn.
const MEASURED_FOR: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
const ENDS_WITHIN: Duration = Duration::from_secs(1);
/// On a busy node the victim's share of a core may be small; less than this share of what was asked is nothing.
const FELT_SHARE_OF_CPU: f64 = 0.05;
const FELT_SHARE_OF_MEMORY: f64 = 0.9;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PressureReceipt {
    pub fault: String,
    pub pod: String,
    pub pid: u32,
    pub start_time: u64,
    /// Every group that the stressor joins, each once.
    pub cgroups: Vec<Cgroup>,
    pub workers: u16,
    pub load: Percent,
    /// 0: no memory is taken.
    pub bytes: u64,
}

#[derive(Debug, Error)]
pub enum PressureError {
    #[error("could not press {pod}: {cause}")]
    Cgroup { pod: String, cause: CgroupError },
    #[error("could not press {pod}: could not read {file} of its cgroup: {cause}")]
    Figure { pod: String, file: &'static str, cause: io::Error },
    #[error("{pod} has no memory limit, so a percentage of it means nothing: give a size, such as 256MB")]
    NoLimit { pod: String },
    #[error("{asked} bytes are more than {pod}'s memory limit of {limit}: ask for less")]
    AboveLimit { pod: String, asked: u64, limit: u64 },
    #[error(
        "{asked} bytes beside the {used} that {pod} uses pass its limit of {limit}, and its cgroup ends all of its processes when \
         memory runs out (memory.oom.group): the victim would be killed and not pressed"
    )]
    WouldKillAll { pod: String, asked: u64, used: u64, limit: u64 },
    #[error(
        "{pod} has no memory limit and the node has {available} bytes left: taking {asked} would press the node and not the pod"
    )]
    NodeTooSmall { pod: String, asked: u64, available: u64 },
    #[error("could not start a stressor for {pod}: {cause}")]
    Start { pod: String, cause: io::Error },
    #[error("could not put the stressor of fault {fault} into {group}: {cause}; this needs a writable /sys/fs/cgroup")]
    Join { fault: String, group: String, cause: io::Error },
    #[error("the stressor of fault {fault} ended before it had begun: {why}")]
    Ended { fault: String, why: &'static str },
    #[error("the {found} was killed and is still there")]
    StillThere { found: stressor::Found },
    #[error("could not list the processes of this node: {0}")]
    Blind(io::Error),
    #[error("fault {fault} is not a pressure")]
    NotAPressure { fault: String },
}

#[derive(Debug, Default)]
pub struct PressureEffect {
    nursery: Nursery,
}

impl PressureEffect {
    pub fn capabilities(&self) -> Vec<Capability> {
        ground::capabilities()
    }

    pub fn is_over(&self, receipt: &PressureReceipt) -> Option<Over> {
        if !procfs::is_running(receipt.pid, receipt.start_time) {
            return Some(Over::VictimGone("the victim ended"));
        }
        let ended = self.nursery.has_ended(&receipt.fault);
        ended.then_some(Over::Stopped("the stressor ended: memory ran out, or someone ended it"))
    }

    /// Every stressor of this node, whoever's account it is on.
    pub fn residue_of_the_node(&self) -> Result<Vec<Residue>, PressureError> {
        Ok(stressor::all().map_err(PressureError::Blind)?.iter().map(|found| residue_of(found, "the node")).collect())
    }

    pub fn sweep_the_node(&self) -> Swept<PressureError> {
        match stressor::all() {
            Ok(found) => end_each(&found, "the node"),
            Err(cause) => (Vec::new(), vec![PressureError::Blind(cause)]),
        }
    }
}

impl Effect for PressureEffect {
    type Receipt = PressureReceipt;
    type Error = PressureError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<PressureReceipt, PressureError> {
        let Fault::Pressure(pressure) = fault else {
            return Err(PressureError::NotAPressure { fault: name.to_owned() });
        };
        let cgroups = ground::groups_for(pressure, victim)?;
        let bytes = match pressure.memory {
            Some(size) => ground::bytes_of(size, victim)?,
            None => 0,
        };
        let cpu = pressure.cpu;
        Ok(PressureReceipt {
            fault: name.to_owned(),
            pod: victim.pod.clone(),
            pid: victim.pid,
            start_time: victim.start_time,
            cgroups,
            workers: cpu.map_or(0, |cpu| cpu.workers),
            load: cpu.map_or(Percent::ZERO, |cpu| cpu.load),
            bytes,
        })
    }

    fn apply(&self, receipt: &PressureReceipt, _fault: &Fault) -> Result<Felt, PressureError> {
        let pressed = self.press(receipt);
        if pressed.is_err() {
            // What cannot be ended here stays on record, and the node undoes it once more and says so.
            let _ = self.undo(receipt);
        }
        pressed
    }

    fn undo(&self, receipt: &PressureReceipt) -> Result<(), PressureError> {
        self.nursery.end(&receipt.fault);
        let left = receipt.cgroups.iter().filter(|group| group.exists()).flat_map(stressor::of_group);
        left.filter(|found| found.may_be_of(Some(&receipt.fault))).map(|found| end(&found)).fold(Ok(()), Result::and)
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, PressureError> {
        let place = format!("the cgroup of {}", victim.pod);
        Ok(ground::stressors_beside(victim.pid).iter().map(|found| residue_of(found, &place)).collect())
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<PressureError> {
        end_each(&ground::stressors_beside(victim.pid), &victim.pod)
    }
}

impl PressureEffect {
    fn press(&self, receipt: &PressureReceipt) -> Result<Felt, PressureError> {
        let figures = Figures::of(receipt)?;
        let pid = self.nursery.start(receipt).map_err(|cause| PressureError::Start { pod: receipt.pod.clone(), cause })?;
        join(receipt, pid)?;
        let ended = |why| PressureError::Ended { fault: receipt.fault.clone(), why };
        self.nursery.go(&receipt.fault).map_err(|_| ended("it did not take the order"))?;
        let filled = receipt.bytes == 0 || self.nursery.is_full_within(&receipt.fault, FILLS_WITHIN);
        let felt = felt(receipt, &figures, filled)?;
        if self.nursery.has_ended(&receipt.fault) {
            return Err(ended("memory ran out, and it is the first that the kernel ends"));
        }
        Ok(felt)
    }
}

/// Before it is told to go, so that not a page and not a tick is on another account.
fn join(receipt: &PressureReceipt, pid: u32) -> Result<(), PressureError> {
    let failed = |group: &Cgroup, cause| PressureError::Join { fault: receipt.fault.clone(), group: group.name.clone(), cause };
    let put = |group: &Cgroup| {
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        if !group.exists() { Err(gone()) } else { group.write("cgroup.procs", &pid.to_string()) }
    };
    let joined = sys::cgroup_ns::as_the_node_sees(|| {
        receipt.cgroups.iter().try_for_each(|group| put(group).map_err(|cause| failed(group, cause)))
    });
    joined.map_err(|cause| failed(&receipt.cgroups[0], cause))?
}

/// The group's own figures, before and after: the kernel's account of the victim and not the stressor's word.
fn felt(receipt: &PressureReceipt, figures: &Figures, filled: bool) -> Result<Felt, PressureError> {
    let mut words = Vec::new();
    let mut is_felt = true;
    if receipt.workers > 0 {
        let asked = figures.reachable_cores(receipt.workers, receipt.load);
        let enough = asked * FELT_SHARE_OF_CPU;
        let (used, over) = figures.cores_used(MEASURED_FOR, enough)?;
        is_felt &= used >= enough;
        words.push(format!("its cgroup used {used:.2} cores over {} ms, of {asked:.2} asked for", over.as_millis()));
    }
    if receipt.bytes > 0 {
        let more = figures.memory_added()?;
        is_felt &= filled && more as f64 >= receipt.bytes as f64 * FELT_SHARE_OF_MEMORY;
        words.push(format!("its cgroup holds {more} bytes more, of {} asked for", receipt.bytes));
    }
    Ok(Felt { measured: true, felt: is_felt, how: words.join("; ") })
}

fn end(found: &stressor::Found) -> Result<(), PressureError> {
    let Ok(process) = sys::process::open(found.pid) else { return Ok(()) };
    // The descriptor is open, so if it is still the stressor, it can be no other process. One that is ending is waited for.
    if !stressor::at(found.pid).is_some_and(|now| now.may_be_of(found.fault.as_deref())) {
        return Ok(());
    }
    // A failure shows in the next line: it is then still there.
    let _ = sys::process::signal(&process, libc::SIGKILL);
    let asked = Instant::now();
    while !sys::process::ended_within(&process, ENDS_WITHIN).unwrap_or(false) {
        if asked.elapsed() >= ENDS_WITHIN {
            return Err(PressureError::StillThere { found: found.clone() });
        }
    }
    Ok(())
}

fn end_each(found: &[stressor::Found], place: &str) -> Swept<PressureError> {
    sweep_each(found.iter().map(|found| (residue_of(found, place), found)), end)
}

fn residue_of(found: &stressor::Found, place: &str) -> Residue {
    Residue { place: place.to_owned(), what: found.to_string() }
}

impl PressureReceipt {
    fn task(&self) -> Task {
        Task {
            fault: self.fault.clone(),
            victim: self.pid,
            start_time: self.start_time,
            workers: self.workers,
            load: self.load,
            bytes: self.bytes,
        }
    }
}
