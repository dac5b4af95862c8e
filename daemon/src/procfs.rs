//! What /proc says about a process. Reads only, each answer bounded by the kernel.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Facts of /proc/PID/stat, whose second field may contain anything, brackets and spaces included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub parent: u32,
    /// Field 22: clock ticks since boot. With the pid it names one process for the life of this kernel.
    pub start_time: u64,
    /// Ended, and only waiting for its parent to ask how.
    pub is_dead: bool,
    /// On its way there: it runs none of its program any more, and gives back what it held.
    pub is_ending: bool,
}

/// Of the flags in field 9 (include/linux/sched.h); it stays set when the process is dead.
const PF_EXITING: u64 = 0x4;

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
        is_ending: fields.get(6)?.parse::<u64>().ok()? & PF_EXITING != 0,
        parent: fields.get(1)?.parse().ok()?,
        start_time: fields.get(19)?.parse().ok()?,
    })
}

/// Whether the very process that started then still runs; a zombie does not.
pub fn is_running(pid: u32, start_time: u64) -> bool {
    stat(pid).is_ok_and(|now| now.start_time == start_time && !now.is_dead)
}

/// The name that the process's first thread gave itself, or its program's; the kernel keeps it to the end.
pub fn name(pid: u32) -> io::Result<Vec<u8>> {
    let name = fs::read(format!("/proc/{pid}/comm")).map_err(gone_is_not_found)?;
    Ok(name.trim_ascii_end().to_vec())
}

/// Whether SIGTERM or SIGKILL waits for the process: someone wants it to end. NotFound when there is no such process.
pub fn is_told_to_end(pid: u32) -> io::Result<bool> {
    // A process may call itself by bytes that are no text, and its name stands there too.
    let status = fs::read(format!("/proc/{pid}/status")).map_err(gone_is_not_found)?;
    Ok(waits_for_end(&String::from_utf8_lossy(&status)))
}

/// Pending signals stand as hexadecimal masks, those of the thread apart from those of the process (proc(5)).
fn waits_for_end(status: &str) -> bool {
    let ends = (1u64 << (libc::SIGTERM - 1)) | (1u64 << (libc::SIGKILL - 1));
    let masks = status.lines().filter_map(|line| line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:")));
    masks.filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok()).any(|mask| mask & ends != 0)
}

/// Of one thread: whether it has ended, whether it waits and no signal can wake it, and who traces it (0: nobody).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadStatus {
    pub is_dead: bool,
    pub is_uninterruptible: bool,
    pub tracer: u32,
}

pub fn thread_status(pid: u32, thread: u32) -> io::Result<ThreadStatus> {
    let text = fs::read(format!("/proc/{pid}/task/{thread}/status")).map_err(gone_is_not_found)?;
    let text = String::from_utf8_lossy(&text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let state = field("State:").unwrap_or_default();
    let (is_dead, is_uninterruptible) = (state.starts_with(['Z', 'X']), state.starts_with('D'));
    Ok(ThreadStatus { is_dead, is_uninterruptible, tracer: field("TracerPid:").and_then(|pid| pid.parse().ok()).unwrap_or(0) })
}

/// Where the kernel has put the vDSO of a 64-bit program (AT_SYSINFO_EHDR of its auxiliary vector); None when it has none.
pub fn vdso(pid: u32) -> io::Result<Option<u64>> {
    let vector = fs::read(format!("/proc/{pid}/auxv")).map_err(gone_is_not_found)?;
    Ok(vdso_of(&vector))
}

/// Pairs of 64-bit words, key and value. A 32-bit program's are shorter, and this key is then in no even place.
fn vdso_of(vector: &[u8]) -> Option<u64> {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let (pairs, _) = vector.as_chunks::<16>();
    let found = pairs.iter().find(|pair| word(&pair[..8]) == libc::AT_SYSINFO_EHDR)?;
    Some(word(&found[8..])).filter(|address| *address != 0)
}

/// The control groups of a process, one a hierarchy, as `controllers:/path`.
pub fn cgroups(pid: u32) -> io::Result<Vec<String>> {
    let text = fs::read(format!("/proc/{pid}/cgroup")).map_err(gone_is_not_found)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter_map(|line| Some(line.split_once(':')?.1.to_owned())).collect())
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

/// How far TCP may grow a connection's buffers here, and who controls its congestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpSettings {
    /// Bytes; the third figure of net.ipv4.tcp_rmem.
    pub rmem: u64,
    /// Bytes; the third figure of net.ipv4.tcp_wmem.
    pub wmem: u64,
    pub congestion_control: String,
}

/// The settings of this process's network namespace, which new ones begin with.
pub fn tcp_settings() -> io::Result<TcpSettings> {
    let sysctl = |name: &str| fs::read_to_string(format!("/proc/sys/net/ipv4/{name}"));
    let largest = |name: &str| largest_buffer(&sysctl(name)?).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData));
    Ok(TcpSettings {
        rmem: largest("tcp_rmem")?,
        wmem: largest("tcp_wmem")?,
        congestion_control: sysctl("tcp_congestion_control")?.trim().to_owned(),
    })
}

/// Least, first and largest buffer stand in a row.
fn largest_buffer(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().nth(2)?.parse().ok()
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
        assert_eq!(parse_stat(text), Some(Stat { parent: 7, start_time: 98765, is_dead: false, is_ending: false }));
        let ending = text.replace("4194560", "4194564");
        assert!(parse_stat(&ending).is_some_and(|stat| stat.is_ending));
    }

    #[test]
    fn the_largest_buffer_is_the_third_of_three() {
        assert_eq!(largest_buffer("4096\t131072\t6291456\n"), Some(6_291_456));
        assert_eq!(largest_buffer("4096 131072"), None);
    }

    #[test]
    fn a_signal_that_ends_is_told_from_others() {
        for (pending, expected) in [("0000000000004000", true), ("0000000000000100", true), ("0000000000000200", false)] {
            assert_eq!(waits_for_end(&format!("SigQ:\t0/1\nSigPnd:\t0\nShdPnd:\t{pending}\n")), expected, "{pending}");
        }
        assert!(!waits_for_end("torn"));
    }

    #[test]
    fn a_process_whose_name_is_no_text_is_told_to_end_like_any_other() {
        use std::os::unix::ffi::OsStringExt;
        let name = [format!("chaosgated-{}-", std::process::id()).as_bytes(), b"\xff"].concat();
        let link = std::env::temp_dir().join(std::ffi::OsString::from_vec(name));
        std::os::unix::fs::symlink("/bin/sleep", &link).expect("writable");
        let mut child = std::process::Command::new(&link).arg("30").spawn().expect("sleep runs");
        let told = is_told_to_end(child.id());
        child.kill().expect("our own child");
        child.wait().expect("our own child");
        fs::remove_file(&link).expect("our own link");
        assert!(!told.expect("readable"));
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
