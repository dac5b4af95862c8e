//! Who will be hit: from the request's words to one process and its network namespace, both named so that a reused pid or a
//! crash-looping container cannot strand or misdirect a fault. Refuses what must never be hit; touches nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contract;
use crate::cri::{CriError, Found};
use crate::procfs;
use crate::sys::netns;

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
    /// Tells it from one that gets its inode when it is gone. None where the kernel has no such number, or it could not be asked.
    #[serde(default)]
    pub cookie: Option<u64>,
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, Error)]
pub enum VictimError {
    #[error("victim names no target: set container_id or local_pid")]
    NoTarget,
    #[error("victim.{field} is {length} bytes long: Kubernetes names have at most {LONGEST_NAME}")]
    Name { field: &'static str, length: usize },
    #[error(transparent)]
    Cri(#[from] CriError),
    #[error(
        "container {container:?} is of {what} {found:?}, and the request says {asked:?}: it is not the victim that was meant"
    )]
    NotWhoWasMeant { container: String, what: &'static str, found: String, asked: String },
    #[error("pod {namespace}/{pod} has its node's own network: a fault there would hit the node")]
    HostNetwork { namespace: String, pod: String },
    #[error(
        "victim is local pid {pid}, and this daemon hits containers only; start it with --allow-local-victims on a test machine"
    )]
    LocalVictims { pid: u32 },
    #[error("local pid {pid} is not running: it ended, or it lives in a pid namespace that this daemon cannot see")]
    Gone { pid: u32 },
    #[error("pid {pid} is another process's than the one that the container runtime named: that one has ended; ask again")]
    Replaced { pid: u32 },
    #[error("local pid {pid} is this daemon, or one of the processes above it: nothing would be left to undo the fault")]
    OwnLineage { pid: u32 },
    #[error(
        "local pid {pid} shares the network namespace of {whose}: a fault there would hit the node and cut our own connection"
    )]
    SharedNetns { pid: u32, whose: &'static str },
    #[error(
        "could not look at local pid {pid}: {cause}; the daemon needs to be root, or the owner of the victim's user namespace"
    )]
    Unreadable { pid: u32, cause: io::Error },
}

const LONGEST_NAME: usize = 253;
const NAMED_NETNS: [&str; 2] = ["/run/netns", "/var/run/netns"];

/// Turns a request's victim into handles, or says why it must not or cannot be hit. `container` is what the runtime says of the
/// container that the request names.
pub fn resolve(victim: &contract::Victim, container: Option<&Found>, allow_local: bool) -> Result<ResolvedVictim, VictimError> {
    let names = [("namespace", &victim.namespace), ("pod", &victim.pod), ("container", &victim.container)];
    if let Some((field, name)) = names.into_iter().find(|(_, name)| name.len() > LONGEST_NAME) {
        return Err(VictimError::Name { field, length: name.len() });
    }
    match (&victim.target, container) {
        (Some(contract::victim::Target::ContainerId(id)), Some(found)) => resolve_container(victim, id, found),
        (Some(contract::victim::Target::LocalPid(pid)), _) if !allow_local => Err(VictimError::LocalVictims { pid: *pid }),
        (Some(contract::victim::Target::LocalPid(pid)), _) => resolve_pid(victim, *pid, None, &[]),
        (Some(contract::victim::Target::ContainerId(_)) | None, _) => Err(VictimError::NoTarget),
    }
}

/// The ticket was judged by the request's words, so these must be the runtime's own.
fn resolve_container(victim: &contract::Victim, id: &str, found: &Found) -> Result<ResolvedVictim, VictimError> {
    let told = [
        ("namespace", &found.namespace, &victim.namespace),
        ("pod", &found.pod, &victim.pod),
        ("pod uid", &found.pod_uid, &victim.pod_uid),
        ("container name", &found.container, &victim.container),
    ];
    if let Some((what, found, asked)) = told.into_iter().find(|(_, found, asked)| found != asked) {
        let container = id.chars().take(80).collect();
        return Err(VictimError::NotWhoWasMeant { container, what, found: found.clone(), asked: asked.clone() });
    }
    if found.host_network {
        return Err(VictimError::HostNetwork { namespace: found.namespace.clone(), pod: found.pod.clone() });
    }
    resolve_pid(victim, found.pid, Some(found.start_time), &found.netns_paths)
}

/// `started` is when the process did that was meant, where somebody else has named it, and maybe long ago.
fn resolve_pid(
    victim: &contract::Victim,
    pid: u32,
    started: Option<u64>,
    ways: &[PathBuf],
) -> Result<ResolvedVictim, VictimError> {
    let seen = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => VictimError::Gone { pid },
        _ => VictimError::Unreadable { pid, cause },
    };
    let before = procfs::stat(pid).map_err(seen)?;
    if started.is_some_and(|started| started != before.start_time) {
        return Err(VictimError::Replaced { pid });
    }
    refuse_own_lineage(pid)?;
    let inode = procfs::netns_inode(pid).map_err(seen)?;
    refuse_shared_netns(pid, inode)?;
    // The pid may have been reused between the two reads; the start time would have changed with it.
    let after = procfs::stat(pid).map_err(seen)?;
    if before.is_dead || after.start_time != before.start_time {
        return Err(VictimError::Gone { pid });
    }
    // A sandbox outlives its containers, so a container that starts again and again cannot strand what is in its network.
    let ways = ways.iter().filter(|path| procfs::inode_of(path).is_ok_and(|found| found == inode)).cloned();
    Ok(ResolvedVictim {
        namespace: victim.namespace.clone(),
        pod: victim.pod.clone(),
        container: victim.container.clone(),
        pid,
        start_time: after.start_time,
        netns: NetnsRef { inode, cookie: cookie_of(pid, inode), paths: ways.chain(paths_to(pid, inode)).collect() },
    })
}

/// A namespace that cannot be entered has none, and the effect that would have to enter it says why.
fn cookie_of(pid: u32, inode: u64) -> Option<u64> {
    let netns = netns::find(inode, &[procfs::netns_path(pid)]).ok()??;
    netns::inside(&netns, netns::own_cookie).ok()?.ok()?
}

fn refuse_own_lineage(pid: u32) -> Result<(), VictimError> {
    let lineage = procfs::own_lineage().map_err(|cause| VictimError::Unreadable { pid, cause })?;
    if pid <= 1 || lineage.contains(&pid) { Err(VictimError::OwnLineage { pid }) } else { Ok(()) }
}

fn refuse_shared_netns(pid: u32, inode: u64) -> Result<(), VictimError> {
    let own = procfs::netns_inode(std::process::id()).map_err(|cause| VictimError::Unreadable { pid, cause })?;
    if inode == own {
        return Err(VictimError::SharedNetns { pid, whose: "this daemon" });
    }
    // An unprivileged daemon may not look at pid 1, and then it may not enter that namespace either.
    if procfs::netns_inode(1).is_ok_and(|host| host == inode) {
        return Err(VictimError::SharedNetns { pid, whose: "the host (hostNetwork)" });
    }
    Ok(())
}

/// A named bind mount outlives the process, so it is the better path when there is one.
fn paths_to(pid: u32, inode: u64) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = NAMED_NETNS.iter().flat_map(|dir| named_in(Path::new(dir), inode)).collect();
    paths.push(procfs::netns_path(pid));
    paths
}

fn named_in(dir: &Path, inode: u64) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new(); // Most machines name no namespace, and then the directory does not exist.
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.filter(|path| procfs::inode_of(path).is_ok_and(|found| found == inode)).collect()
}

/// One process of every network namespace that can be seen from here, this daemon's and the host's own left out.
pub fn one_in_every_netns() -> io::Result<Vec<ResolvedVictim>> {
    let mut seen: BTreeSet<u64> = [std::process::id(), 1].into_iter().filter_map(|pid| procfs::netns_inode(pid).ok()).collect();
    let mut victims = Vec::new();
    for pid in procfs::all_pids()? {
        // A process that ended since the listing, or that we may not look at, cannot hold a fault of ours.
        let Ok(victim) = unnamed(pid) else { continue };
        if seen.insert(victim.netns.inode) {
            victims.push(victim);
        }
    }
    Ok(victims)
}

/// Handles on a process that nobody asked to hit: to look and to sweep, never to inject.
pub fn unnamed(pid: u32) -> io::Result<ResolvedVictim> {
    let inode = procfs::netns_inode(pid)?;
    Ok(ResolvedVictim {
        namespace: String::new(),
        pod: format!("pid {pid}"),
        container: String::new(),
        pid,
        start_time: procfs::stat(pid)?.start_time,
        netns: NetnsRef { inode, cookie: None, paths: paths_to(pid, inode) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_pid(pid: u32) -> contract::Victim {
        contract::Victim { target: Some(contract::victim::Target::LocalPid(pid)), ..Default::default() }
    }

    fn said(victim: &contract::Victim, allow_local: bool) -> String {
        resolve(victim, None, allow_local).map_or_else(|error| error.to_string(), |_| "resolved".to_owned())
    }

    #[test]
    fn what_must_not_be_hit_is_refused() {
        let long = contract::Victim { pod: "p".repeat(254), ..by_pid(2) };
        let cases = [
            (contract::Victim::default(), true, "set container_id or local_pid"),
            (by_pid(2), false, "--allow-local-victims"),
            (by_pid(std::process::id()), true, "is this daemon"),
            (by_pid(u32::MAX), true, "is not running"),
            (long, true, "at most 253"),
        ];
        for (victim, allow_local, expected) in cases {
            let answer = said(&victim, allow_local);
            assert!(answer.contains(expected), "expected {expected:?} in {answer:?}");
        }
    }

    #[test]
    fn a_container_of_other_names_is_not_the_victim() {
        let found = Found {
            pid: std::process::id(),
            start_time: procfs::stat(std::process::id()).expect("this process").start_time,
            namespace: "shop".to_owned(),
            pod: "cart-1".to_owned(),
            pod_uid: "u1".to_owned(),
            container: "app".to_owned(),
            host_network: false,
            netns_paths: Vec::new(),
        };
        let target = Some(contract::victim::Target::ContainerId("containerd://1".to_owned()));
        let meant = contract::Victim {
            namespace: "shop".to_owned(),
            pod: "cart-1".to_owned(),
            pod_uid: "u1".to_owned(),
            container: "app".to_owned(),
            target,
        };
        let cases = [
            (contract::Victim { namespace: "bank".to_owned(), ..meant.clone() }, "is of namespace \"shop\""),
            (contract::Victim { pod: "cart-2".to_owned(), ..meant.clone() }, "is of pod \"cart-1\""),
            (contract::Victim { pod_uid: String::new(), ..meant.clone() }, "is of pod uid \"u1\""),
            (contract::Victim { container: "proxy".to_owned(), ..meant.clone() }, "is of container name \"app\""),
            (meant.clone(), "is this daemon"),
        ];
        for (victim, expected) in cases {
            let refused = resolve(&victim, Some(&found), false).expect_err(expected).to_string();
            assert!(refused.contains(expected), "expected {expected:?} in {refused:?}");
        }
        let of_another = Found { start_time: found.start_time + 1, ..found.clone() };
        assert!(matches!(resolve(&meant, Some(&of_another), false), Err(VictimError::Replaced { .. })), "its pid is another's");
        let on_the_node = Found { host_network: true, ..found };
        assert!(matches!(resolve(&meant, Some(&on_the_node), false), Err(VictimError::HostNetwork { .. })));
        assert!(matches!(resolve(&meant, None, true), Err(VictimError::NoTarget)));
    }

    #[test]
    fn a_process_beside_the_daemon_in_its_own_network_is_refused() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().expect("sleep runs");
        let answer = said(&by_pid(child.id()), true);
        child.kill().expect("our own child");
        child.wait().expect("our own child");
        assert!(answer.contains("shares the network namespace of this daemon"), "{answer}");
    }
}
