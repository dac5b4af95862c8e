//! Cgroup namespaces: inside one of its own, a container reads every path of /proc/PID/cgroup from where it stands itself, and
//! may not move a process outside. The work is done from where the first process of the node stands, on a thread that then dies.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

use super::netns::on_own_thread;

const OWN: &str = "/proc/self/ns/cgroup";
const OF_THE_NODE: &str = "/proc/1/ns/cgroup";

/// Runs `work` where cgroup paths mean what the node means by them. Where the first process may not be looked at, or the kernel has
/// no such namespaces, that is here.
pub fn as_the_node_sees<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    match stranger() {
        Some(namespace) => on_own_thread(|| enter(&namespace), work),
        None => Ok(work()),
    }
}

fn stranger() -> Option<File> {
    let namespace = File::open(OF_THE_NODE).ok()?;
    let own = fs::metadata(OWN).ok()?.ino();
    (namespace.metadata().ok()?.ino() != own).then_some(namespace)
}

fn enter(namespace: &File) -> io::Result<()> {
    // SAFETY: setns takes no pointer; the descriptor is open while borrowed, and only the calling thread moves.
    let refused = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWCGROUP) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
