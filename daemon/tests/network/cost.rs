//! What the daemon's packet thread costs: CPU time and memory of this process, as the kernel accounts them.

use std::fs;
use std::time::Duration;

/// CPU time used so far by the thread with this name.
pub fn cpu_of_thread(name: &str) -> Duration {
    let threads = fs::read_dir("/proc/self/task").expect("we have threads");
    let of_thread = |path: std::path::PathBuf| {
        let found = fs::read_to_string(path.join("comm")).ok()?;
        if found.trim() != name {
            return None;
        }
        // schedstat: nanoseconds on the CPU, nanoseconds waiting, time slices. Finer than the ticks of stat.
        let text = fs::read_to_string(path.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    threads.filter_map(|entry| of_thread(entry.ok()?.path())).sum()
}

/// Resident memory of this process, in MiB.
pub fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("we have a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("with our memory");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("in KiB");
    kib / 1024.0
}
