//! What the kernel counts on the victim's account: CPU time and memory of its cgroup, in both versions.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::{PressureError, PressureReceipt};
use crate::cgroup::{self, Cgroup, Controller, Version};
use crate::fault::Percent;

/// The figures of one victim before its stressor starts.
pub struct Figures {
    pod: String,
    cpu: Option<Cgroup>,
    memory: Option<(Cgroup, u64)>,
    cores: f64,
}

impl Figures {
    pub fn of(receipt: &PressureReceipt) -> Result<Figures, PressureError> {
        let pod = receipt.pod.clone();
        let group =
            |controller| cgroup::of(receipt.pid, controller).map_err(|cause| PressureError::Cgroup { pod: pod.clone(), cause });
        let cpu = if receipt.workers > 0 { Some(group(Controller::Cpuacct)?) } else { None };
        let memory = if receipt.bytes > 0 { Some(group(Controller::Memory)?) } else { None };
        let memory = match memory {
            Some(group) => {
                let before =
                    memory_used(&group).map_err(|cause| PressureError::Figure { pod: pod.clone(), file: MEMORY, cause })?;
                Some((group, before))
            }
            None => None,
        };
        let quota = cgroup::of(receipt.pid, Controller::Cpu).ok().and_then(|group| quota_of(&group));
        let all = thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        Ok(Figures { pod, cpu, memory, cores: quota.map_or(all, |quota| quota.min(all)) })
    }

    /// What the node and the victim's quota leave of the load that was asked for, in cores.
    pub fn reachable_cores(&self, workers: u16, load: Percent) -> f64 {
        (f64::from(workers) * load.fraction()).min(self.cores)
    }

    /// Cores that the group uses from now on, and over which time: a short look, and a longer one where the node is too busy for the
    /// short one to reach `enough`.
    pub fn cores_used(&self, looks: [Duration; 2], enough: f64) -> Result<(f64, Duration), PressureError> {
        let Some(group) = &self.cpu else { return Ok((0.0, looks[0])) };
        let used = || cpu_used(group).map_err(|cause| self.unread(CPU, cause));
        let (before, started) = (used()?, Instant::now());
        let cores = || -> Result<f64, PressureError> {
            Ok(used()?.saturating_sub(before).as_secs_f64() / started.elapsed().as_secs_f64())
        };
        thread::sleep(looks[0]);
        while cores()? < enough && started.elapsed() < looks[1] {
            thread::sleep(looks[0]);
        }
        Ok((cores()?, started.elapsed()))
    }

    /// Bytes that the group holds more than before.
    pub fn memory_added(&self) -> Result<u64, PressureError> {
        let Some((group, before)) = &self.memory else { return Ok(0) };
        Ok(memory_used(group).map_err(|cause| self.unread(MEMORY, cause))?.saturating_sub(*before))
    }

    fn unread(&self, file: &'static str, cause: io::Error) -> PressureError {
        PressureError::Figure { pod: self.pod.clone(), file, cause }
    }
}

const CPU: &str = "cpuacct.usage or cpu.stat";
const MEMORY: &str = "memory.usage_in_bytes or memory.current";

fn cpu_used(group: &Cgroup) -> io::Result<Duration> {
    match group.version {
        Version::V1 => Ok(Duration::from_nanos(number(&group.read("cpuacct.usage")?)?)),
        Version::V2 => {
            let stat = group.read("cpu.stat")?;
            let used = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).unwrap_or_default();
            Ok(Duration::from_micros(number(used)?))
        }
    }
}

pub fn memory_used(group: &Cgroup) -> io::Result<u64> {
    match group.version {
        Version::V1 => number(&group.read("memory.usage_in_bytes")?),
        Version::V2 => number(&group.read("memory.current")?),
    }
}

/// The smallest limit from the group up to the root, in bytes; None where there is none.
pub fn memory_limit(group: &Cgroup) -> io::Result<Option<u64>> {
    match group.version {
        Version::V1 => {
            let stat = group.read("memory.stat")?;
            let limit = stat.lines().find_map(|line| line.strip_prefix("hierarchical_memory_limit ")).unwrap_or_default();
            Ok(Some(number(limit)?).filter(|limit| *limit < UNLIMITED_V1))
        }
        Version::V2 => {
            let depth = group.name.split('/').filter(|part| !part.is_empty()).count();
            // A group above that does not rule memory has no such file, and limits nothing.
            let limits =
                group.path.ancestors().take(depth).filter_map(|dir| std::fs::read_to_string(dir.join("memory.max")).ok());
            Ok(limits.filter_map(|limit| limit.trim().parse().ok()).min())
        }
    }
}

/// Version 1 writes "no limit" as the largest whole number of pages (PAGE_COUNTER_MAX), far beyond any machine.
const UNLIMITED_V1: u64 = 1 << 62;

/// Whether the kernel ends the whole group when memory runs out in it (memory.oom.group, which kubelets set on version 2).
pub fn ends_together(group: &Cgroup) -> bool {
    group.version == Version::V2 && group.read("memory.oom.group").is_ok_and(|text| text.trim() == "1")
}

/// Cores; None without a quota.
fn quota_of(group: &Cgroup) -> Option<f64> {
    let (quota, period) = match group.version {
        Version::V1 => (group.read("cpu.cfs_quota_us").ok()?, group.read("cpu.cfs_period_us").ok()?),
        Version::V2 => {
            let max = group.read("cpu.max").ok()?;
            let (quota, period) = max.trim().split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
    };
    // -1 and "max" are no quota.
    let quota: f64 = quota.trim().parse().ok().filter(|quota| *quota > 0.0)?;
    Some(quota / period.trim().parse::<f64>().ok()?)
}

fn number(text: &str) -> io::Result<u64> {
    text.trim().parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}
