//! How a process is, by the kernel's own word, and what a storm has done to it.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

/// What the allocator may keep of a burst. A leak of 20 bytes a message is more than that in a hundred thousand.
const KEPT_KIB: u64 = 2048;
/// Connections that were closed are closed at the other end a moment later.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// How it ended, if it did.
    pub ended: Option<String>,
    pub descriptors: usize,
    pub threads: usize,
    pub children: usize,
    pub resident_kib: u64,
    /// The most that it was.
    pub peak_kib: u64,
}

impl Vitals {
    pub fn of(child: &mut Child) -> Vitals {
        let ended = child.try_wait().expect("our own child").map(|status| status.to_string());
        let pid = child.id();
        let entries = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        Vitals {
            ended,
            descriptors: entries("fd"),
            threads: entries("task"),
            children: children_of(pid),
            resident_kib: kib("VmRSS:"),
            peak_kib: kib("VmHWM:"),
        }
    }

    /// What is worse than before once it has settled: nothing, or the sentences that say what.
    pub fn harm_since(before: &Vitals, child: &mut Child) -> Vec<String> {
        let asked = Instant::now();
        loop {
            let harm = harm(before, &Vitals::of(child));
            if harm.is_empty() || asked.elapsed() > SETTLES_WITHIN {
                return harm;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn children_of(pid: u32) -> usize {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().map_while(Result::ok);
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| of(task).split_whitespace().count()).sum()
}

pub fn harm(before: &Vitals, after: &Vitals) -> Vec<String> {
    let mut harm = Vec::new();
    if let Some(how) = &after.ended {
        harm.push(format!("it has ended: {how}"));
    }
    for (what, before, after) in [
        ("descriptors", before.descriptors, after.descriptors),
        ("threads", before.threads, after.threads),
        ("children", before.children, after.children),
    ] {
        if after > before {
            harm.push(format!("{what}: {before} before and {after} after"));
        }
    }
    if after.resident_kib > before.resident_kib + KEPT_KIB {
        harm.push(format!("memory: {} KiB before and {} KiB after", before.resident_kib, after.resident_kib));
    }
    harm
}
