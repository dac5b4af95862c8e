//! Where a stressor stands and how much it may take: the victim's groups, its limit, and what the node can spare.

use std::fs;
use std::io;
use std::path::Path;

use super::figures::{ends_together, memory_limit, memory_used};
use super::{Capability, PressureError};
use crate::cgroup::{self, Cgroup, Controller, Hierarchy, Version};
use crate::fault::{MemorySize, PressureFault};
use crate::stressor::{self, Found};
use crate::victim::ResolvedVictim;

/// Without a limit the node itself is the limit, and a tenth of it stays free: the kubelet evicts pods at 100 MiB
/// (memory.available in its default eviction thresholds), which is closer to the edge than an experiment should go.
const KEPT_FREE: u64 = 10;

/// CPU needs the groups that count and bound CPU time; memory needs its own as well, and pays for filling in the victim's time.
pub fn groups_for(pressure: &PressureFault, victim: &ResolvedVictim) -> Result<Vec<Cgroup>, PressureError> {
    let refused = |cause| PressureError::Cgroup { pod: victim.pod.clone(), cause };
    let mut groups: Vec<Cgroup> = Vec::new();
    let mut needed = vec![Controller::Cpu, Controller::Cpuacct];
    needed.extend(pressure.memory.map(|_| Controller::Memory));
    for controller in needed {
        let group = cgroup::of(victim.pid, controller).map_err(refused)?;
        group.refuse_if_shared(victim.pid).map_err(refused)?;
        add(&mut groups, group);
    }
    // Without one of its own the victim may run on every CPU, and so may its stressor.
    if let Ok(group) = cgroup::of(victim.pid, Controller::Cpuset)
        && !group.is_root()
    {
        add(&mut groups, group);
    }
    Ok(groups)
}

fn add(groups: &mut Vec<Cgroup>, group: Cgroup) {
    if groups.iter().all(|other| other.path != group.path) {
        groups.push(group);
    }
}

/// Bytes that the stressor may take, all told; refuses what would hit somebody else than the victim.
pub fn bytes_of(size: MemorySize, victim: &ResolvedVictim) -> Result<u64, PressureError> {
    let pod = || victim.pod.clone();
    let unread = |file| move |cause| PressureError::Figure { pod: victim.pod.clone(), file, cause };
    let group = cgroup::of(victim.pid, Controller::Memory).map_err(|cause| PressureError::Cgroup { pod: pod(), cause })?;
    let limit = memory_limit(&group).map_err(unread("its memory limit"))?;
    let asked = match (size, limit) {
        (MemorySize::Bytes(bytes), _) => bytes,
        (MemorySize::OfTheLimit(percent), Some(limit)) => (limit as f64 * percent.fraction()) as u64,
        (MemorySize::OfTheLimit(_), None) => return Err(PressureError::NoLimit { pod: pod() }),
    };
    let Some(limit) = limit else {
        let available = spare_memory().map_err(unread("/proc/meminfo"))?;
        let fits = asked <= available;
        return if fits { Ok(asked) } else { Err(PressureError::NodeTooSmall { pod: pod(), asked, available }) };
    };
    if asked > limit {
        return Err(PressureError::AboveLimit { pod: pod(), asked, limit });
    }
    let used = memory_used(&group).map_err(unread("its memory usage"))?;
    if ends_together(&group) && used.saturating_add(asked) > limit {
        return Err(PressureError::WouldKillAll { pod: pod(), asked, used, limit });
    }
    Ok(asked)
}

/// MemAvailable less what is kept free, in bytes.
fn spare_memory() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let kib = |name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name))?.trim().trim_end_matches(" kB").parse().ok()
    };
    let (all, available) = kib("MemTotal:").zip(kib("MemAvailable:")).ok_or(io::ErrorKind::InvalidData)?;
    Ok(available.saturating_sub(all / KEPT_FREE) * 1024)
}

/// Stressors in the victim's own groups. A group that cannot be found holds none.
pub fn stressors_beside(pid: u32) -> Vec<Found> {
    let groups = [Controller::Cpu, Controller::Memory].map(|controller| cgroup::of(pid, controller));
    let own = groups.into_iter().filter_map(Result::ok).filter(|group| !group.is_root());
    let mut found: Vec<Found> = own.flat_map(|group| stressor::of_group(&group)).collect();
    found.sort_by_key(|found| found.pid);
    found.dedup();
    found
}

pub fn capabilities() -> Vec<Capability> {
    let hierarchies = cgroup::hierarchies();
    [("cpu-pressure", Controller::Cpu), ("memory-pressure", Controller::Memory)]
        .into_iter()
        .map(|(effect, controller)| match &hierarchies {
            Ok(hierarchies) => ability(effect, controller, hierarchies),
            Err(cause) => no(effect, format!("could not see the cgroups of the node: {cause}")),
        })
        .collect()
}

/// Found out by making a group there and removing it.
fn ability(effect: &'static str, controller: Controller, hierarchies: &[Hierarchy]) -> Capability {
    let mut why = format!("no cgroup hierarchy with the {controller} controller is mounted");
    for hierarchy in hierarchies.iter().filter(|hierarchy| rules(hierarchy, controller)) {
        let place = hierarchy.mounted_at.display();
        match try_in(&hierarchy.mounted_at) {
            Ok(()) => {
                let reason = format!("a stressor of our own joins the victim's group under {place}");
                return Capability { effect, available: true, back_end: hierarchy.version.word(), reason };
            }
            Err(cause) => why = format!("no group can be made under {place}: {cause}"),
        }
    }
    no(effect, why)
}

fn no(effect: &'static str, reason: String) -> Capability {
    Capability { effect, available: false, back_end: "cgroup", reason }
}

fn rules(hierarchy: &Hierarchy, controller: Controller) -> bool {
    let word = controller.word();
    match hierarchy.version {
        Version::V1 => hierarchy.controllers.iter().any(|other| other == word),
        Version::V2 => fs::read_to_string(hierarchy.mounted_at.join("cgroup.controllers"))
            .is_ok_and(|text| text.split_whitespace().any(|other| other == word)),
    }
}

fn try_in(hierarchy: &Path) -> io::Result<()> {
    let path = hierarchy.join(format!("chaosgate-probe-{}", std::process::id()));
    match fs::create_dir(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => fs::remove_dir(&path),
    }
}
