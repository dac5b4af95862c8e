//! What must be so before a volume is covered: everything that would break, or could not be brought back, is found here, before anything
//! is done. Reads /proc and touches nothing.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

use super::holders::{self, Ground, Mappings, Obstacle};
use super::place::{self, Mount};
use crate::fault::file_io::VolumePath;
use crate::sys::file;

/// How many obstacles an answer names.
const TOLD: usize = 3;

/// Why the volume cannot be covered, in words. `served` tells which file systems of ours this process serves: faults join there.
pub fn judge(pid: u32, namespace: u64, volume: &VolumePath, served: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let told = |cause: io::Error| cause.to_string();
    let inside = place::enter(namespace, None, pid).map_err(told)?.ok_or("the process has ended")?;
    let own = place::namespace_of(std::process::id()).map_err(told)?;
    if namespace == own {
        return Err("the process shares its mounts with this daemon: the fault would hit the node".to_owned());
    }
    let path = CString::new(volume.as_str()).map_err(|_| "its path has a zero byte".to_owned())?;
    let root = file::open_in_root(inside.root.as_fd(), &path, libc::O_PATH | libc::O_DIRECTORY)
        .map_err(|cause| format!("the container has no such directory: {cause}"))?;
    let ground = ground_of(namespace, &root, 0).map_err(told)?;
    judge_mounts(&place::mounts_of(pid).map_err(told)?, &ground, served)?;
    let held = holders::all(&ground).map_err(told)?;
    let obstacles = holders::obstacles(&ground, &held).map_err(told)?;
    if obstacles.is_empty() { Ok(()) } else { Err(in_words(&obstacles)) }
}

/// How references to the directory are told, once the device `over` may lie over it.
pub fn ground_of(namespace: u64, root: &OwnedFd, over: u64) -> io::Result<Ground> {
    let seen_at = std::fs::read_link(format!("/proc/self/fd/{}", root.as_raw_fd()))?.into_os_string().into_vec();
    let mount = holders::mount_of(root.as_raw_fd())?;
    Ok(Ground { namespace, mount, seen_at, mappings: Mappings::SharedBeside(over) })
}

fn judge_mounts(mounts: &[Mount], ground: &Ground, served: &dyn Fn(&str) -> bool) -> Result<(), String> {
    if let Some(own) = mounts.iter().find(|mount| mount.id == ground.mount) {
        if let Some(of) = own.fault() {
            let point = &own.point;
            if point.as_bytes() != ground.seen_at {
                return Err(format!(
                    "{point}, in which it lies, carries fault {of}: name {point} itself, or revert that one first"
                ));
            }
            if !served(of) {
                return Err(format!(
                    "{point} carries fault {of}, which this daemon does not serve: `chaosgated panic` takes it away"
                ));
            }
        }
        if own.is_shared {
            let point = &own.point;
            return Err(format!(
                "{point} is a shared mount: whatever is mounted there appears in other containers or on the node"
            ));
        }
    }
    let below = mounts.iter().find(|mount| {
        mount.id != ground.mount
            && mount.point.as_bytes() != ground.seen_at
            && place::is_within(mount.point.as_bytes(), &ground.seen_at)
    });
    match below {
        Some(mount) => {
            Err(format!("another file system ({}) is mounted in it at {}: choose a volume without", mount.kind, mount.point))
        }
        None => Ok(()),
    }
}

fn in_words(obstacles: &[Obstacle]) -> String {
    let told: Vec<String> = obstacles
        .iter()
        .take(TOLD)
        .map(|obstacle| format!("pid {} and {:?}: {}", obstacle.pid, obstacle.path, obstacle.why))
        .collect();
    let more = obstacles.len().saturating_sub(TOLD);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_mount(id: u64, point: &str) -> Mount {
        Mount { id, device: 1, point: point.to_owned(), is_shared: false, kind: "ext4".to_owned(), source: "/dev/a".to_owned() }
    }

    #[test]
    fn a_volume_is_refused_where_a_mount_on_it_would_reach_further_or_hide_another() {
        let ground = Ground { namespace: 1, mount: 2, seen_at: b"/data".to_vec(), mappings: Mappings::SharedBeside(0) };
        let (root, own) = (a_mount(1, "/"), a_mount(2, "/data"));
        let ours = Mount { kind: place::KIND.to_owned(), source: "chaosgate:r.f".to_owned(), ..own.clone() };
        let shared = Mount { is_shared: true, ..own.clone() };
        let served = |fault: &str| fault == "r.f";
        let said = |mounts: &[Mount]| judge_mounts(mounts, &ground, &served).err().unwrap_or_default();
        assert_eq!(said(&[root.clone(), own.clone()]), "");
        let strange = Mount { source: "chaosgate:other".to_owned(), ..ours.clone() };
        assert_eq!(said(&[root.clone(), own.clone(), ours.clone()]), "");
        assert_eq!(said(&[root.clone(), ours.clone()]), "", "a second fault joins the first");
        assert!(said(&[root.clone(), strange]).contains("does not serve"));
        let above = Mount { point: "/".to_owned(), ..ours };
        assert!(said(&[above]).contains("in which it lies, carries fault r.f"));
        assert!(said(&[root.clone(), shared]).contains("shared mount"));
        assert!(said(&[root, own, a_mount(3, "/data/sub")]).contains("/data/sub"));
    }
}
