//! Who will be hit: from the request's words to handles on one process and its network namespace.
//! A handle is opened once and held, so that a crash-looping container or a reused pid cannot strand or misdirect a fault.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A victim after resolution. `netns` and `start_time` together tell a reused pid from the process that was meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedVictim {
    pub namespace: String,
    pub pod: String,
    pub container: String,
    pub pid: u32,
    /// Field 22 of /proc/PID/stat, in clock ticks since boot.
    pub start_time: u64,
    pub netns: NetnsRef,
}

/// A network namespace as undo can find it again: by path if it still leads to the same inode, else by any process in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NetnsRef {
    pub inode: u64,
    pub paths: Vec<PathBuf>,
}
