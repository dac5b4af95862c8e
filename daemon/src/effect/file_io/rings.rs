//! Whether an io_uring of a process may hold files of a volume where nobody can see them. Every Node has rings that never touch a file
//! (libuv registers its pollers through them), so having one is no reason to refuse: holding files, or being at work, is.

use std::fs;

const LINK: &str = "anon_inode:[io_uring]";

/// Why no file of this process can be moved, if so.
pub fn trouble(pid: u32) -> Option<&'static str> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return None };
    let is_ring = |path: &std::path::Path| fs::read_link(path).is_ok_and(|link| link.as_os_str() == LINK);
    let rings: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_ring(path)).collect();
    if rings.is_empty() && has_hidden(pid) {
        return Some(
            "it has closed the descriptor of an io_uring that it goes on to use: end that use, or choose another container",
        );
    }
    let info = |path: &std::path::PathBuf| {
        let fd = path.file_name()?.to_str()?;
        fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).ok()
    };
    // A ring that is gone meanwhile holds nothing.
    rings.iter().filter_map(info).find_map(|info| trouble_in(&info))
}

/// A ring that is registered with its threads can be used without a descriptor; its mapping stays.
fn has_hidden(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/maps")).is_ok_and(|maps| maps.lines().any(|line| line.ends_with(LINK)))
}

/// What the kernel says of one ring (fdinfo). One that says too little is not trusted.
fn trouble_in(info: &str) -> Option<&'static str> {
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    let (Some(files), Some(thread)) = (value("UserFiles"), value("SqThread")) else {
        return Some("it has an io_uring of which this kernel does not say what it holds: choose another container");
    };
    if files != "0" {
        return Some("files are registered with its io_uring, and cannot be opened a second time: unregister them first");
    }
    if thread != "-1" {
        return Some("a thread of the kernel polls its io_uring and may begin an operation at any moment: turn off SQPOLL");
    }
    // As many entries were taken from the one queue as were put into the other: nothing is under way.
    let (submitted, taken, answered) = (value("SqTail"), value("CachedSqHead"), value("CachedCqTail"));
    if submitted.is_none() || submitted != taken || taken != answered {
        return Some("operations of its io_uring are under way or cannot be told: try again when it is at rest");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux 6.18 tells of a ring.
    fn a_ring(tail: u32, cached_head: u32, cached_tail: u32, files: u32, thread: i32) -> String {
        format!(
            "pos:\t0\nSqMask:\t0xff\nSqHead:\t0\nSqTail:\t{tail}\nCachedSqHead:\t{cached_head}\nCachedCqTail:\t{cached_tail}\nSQEs:\t0\nSqThread:\t{thread}\nSqThreadCpu:\t-1\nUserFiles:\t{files}\n"
        )
    }

    #[test]
    fn only_a_ring_at_rest_without_files_is_harmless() {
        let said = |info: &str| trouble_in(info).unwrap_or("harmless");
        assert_eq!(said(&a_ring(3, 3, 3, 0, -1)), "harmless");
        assert!(said(&a_ring(3, 3, 3, 2, -1)).contains("registered"));
        assert!(said(&a_ring(3, 3, 3, 0, 77)).contains("SQPOLL"));
        assert!(said(&a_ring(4, 3, 3, 0, -1)).contains("under way"), "submitted and not taken");
        assert!(said(&a_ring(4, 4, 3, 0, -1)).contains("under way"), "taken and not answered");
        assert!(said("pos:\t0\n").contains("does not say"), "an old kernel");
    }
}
