//! What /proc says about a process. Reads only, each answer bounded by the kernel.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Two facts of /proc/PID/stat, whose second field may contain anything, brackets and spaces included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub parent: u32,
    /// Field 22: clock ticks since boot. With the pid it names one process for the life of this kernel.
    pub start_time: u64,
    /// Ended, and only waiting for its parent to ask how.
    pub is_dead: bool,
}

/// NotFound when there is no such process.
pub fn stat(pid: u32) -> io::Result<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).map_err(gone_is_not_found)?;
    parse_stat(&String::from_utf8_lossy(&text)).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// A process that ends between open and read answers ESRCH instead of ENOENT.
fn gone_is_not_found(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::ESRCH) { io::ErrorKind::NotFound.into() } else { error }
}

fn parse_stat(text: &str) -> Option<Stat> {
    let (_, behind_name) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
    Some(Stat {
        is_dead: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        start_time: fields.get(19)?.parse().ok()?,
    })
}

/// Whether the very process that started then still runs; a zombie does not.
pub fn is_running(pid: u32, start_time: u64) -> bool {
    stat(pid).is_ok_and(|now| now.start_time == start_time && !now.is_dead)
}

/// The inode that names a process's network namespace.
pub fn netns_inode(pid: u32) -> io::Result<u64> {
    inode_of(&netns_path(pid)).map_err(gone_is_not_found)
}

pub fn netns_path(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
}

/// The inode that a namespace path leads to.
pub fn inode_of(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|meta| meta.ino())
}

/// This process and all above it, up to the first of the pid namespace.
pub fn own_lineage() -> io::Result<Vec<u32>> {
    let mut lineage = vec![std::process::id()];
    let mut pid = std::process::id();
    while pid > 1 {
        pid = stat(pid)?.parent;
        lineage.push(pid);
    }
    Ok(lineage)
}

/// Every process that is visible from here.
pub fn all_pids() -> io::Result<Vec<u32>> {
    let entries = fs::read_dir("/proc")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Names this boot of this kernel; kernel state on record under another name is gone.
pub fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_does_not_shift_the_fields() {
        let text = "42 (a) b (c)) S 7 1 1 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 98765 1 1";
        assert_eq!(parse_stat(text), Some(Stat { parent: 7, start_time: 98765, is_dead: false }));
    }

    #[test]
    fn a_torn_line_is_no_answer() {
        assert_eq!(parse_stat("42 (a) S 7"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn this_process_runs_and_descends_from_the_first() {
        let own = std::process::id();
        let start_time = stat(own).expect("this process").start_time;
        assert!(is_running(own, start_time));
        assert!(!is_running(own, start_time + 1));
        assert_eq!(own_lineage().expect("readable").first(), Some(&own));
    }
}
