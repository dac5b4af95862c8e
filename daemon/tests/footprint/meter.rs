//! What a daemon and its keeper take, as the kernel accounts them: CPU time and memory of a cgroup of their own, with every child
//! that they have meanwhile. A stressor is on its victim's account, because the daemon puts it there before it begins.

use std::fs;
use std::time::{Duration, Instant};

use crate::daemon::Site;
use crate::groups::{Group, Version};

pub struct Meter {
    group: Group,
}

impl Meter {
    /// Whatever the site starts from now on is in the meter's cgroup before its first instruction.
    pub fn of(site: &mut Site) -> Meter {
        let group = [Version::V1, Version::V2].into_iter().find_map(|version| Group::new(version, &["cpuacct", "memory"]));
        let group = group.expect("figures need a cgroup of their own");
        let join: Vec<String> = ["freezer", "cpu", "cpuacct", "memory"]
            .iter()
            .map(|controller| format!("echo $$ > {}/cgroup.procs", group.dir(controller).display()))
            .collect();
        let script = format!("{} && exec \"$@\"", join.join(" && "));
        site.wrapped_in = ["sh", "-c", &script, "sh"].map(str::to_owned).to_vec();
        Meter { group }
    }

    /// The most that all of them together ever took: what the kernel charged to the cgroup, its own buffers included, and the
    /// program's file pages besides, which are on the account of whoever read the file first.
    pub fn peak_mb(&self, daemon: u32) -> f64 {
        self.charged_peak_mb() + of_status(daemon, "RssFile")
    }

    fn charged_peak_mb(&self) -> f64 {
        let file = if self.group.version == Version::V1 { "memory.max_usage_in_bytes" } else { "memory.peak" };
        mb(self.group.read("memory", file).trim().parse().expect("a number"))
    }

    /// CPU time of all processes, of those that have ended too.
    pub fn cpu(&self) -> Duration {
        match self.group.version {
            Version::V1 => Duration::from_nanos(self.group.read("cpuacct", "cpuacct.usage").trim().parse().expect("a number")),
            Version::V2 => {
                let stat = self.group.read("cpuacct", "cpu.stat");
                let used = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).expect("counted always");
                Duration::from_micros(used.parse().expect("a number"))
            }
        }
    }
}

/// The most that one process ever had resident.
pub fn peak_rss_of(pid: u32) -> f64 {
    of_status(pid, "VmHWM")
}

fn of_status(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("alive");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("with its memory");
    mb(line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024)
}

/// CPU time of the thread that serves the packet queues.
pub fn cpu_of_queues(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("alive").map_while(Result::ok);
    let of_queues = tasks
        .map(|task| task.path())
        .filter(|task| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "packet-queue"));
    // schedstat: nanoseconds on the CPU, nanoseconds waiting, time slices.
    let spent = |task: std::path::PathBuf| {
        fs::read_to_string(task.join("schedstat")).ok()?.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    of_queues.filter_map(spent).sum()
}

pub fn percent_of_a_core(spent: Duration, since: Instant) -> f64 {
    100.0 * spent.as_secs_f64() / since.elapsed().as_secs_f64()
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The value below which this share of them lies, by nearest rank.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}
