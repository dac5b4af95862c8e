//! The freezer's files in both versions of cgroups, and what this node can do with them.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{MARK, within_patience};
use crate::cgroup::{self, Cgroup, Controller, Version};
use crate::sys::xattr;

/// Freezes or thaws. The files are those of the kernel's cgroup-v1/freezer-subsystem and cgroup-v2 documents.
pub fn set(group: &Cgroup, frozen: bool) -> io::Result<()> {
    match (group.version, frozen) {
        (Version::V1, true) => group.write("freezer.state", "FROZEN"),
        (Version::V1, false) => group.write("freezer.state", "THAWED"),
        (Version::V2, true) => group.write("cgroup.freeze", "1"),
        (Version::V2, false) => group.write("cgroup.freeze", "0"),
    }
}

/// Whether every task of the group stands still.
pub fn is_frozen(group: &Cgroup) -> io::Result<bool> {
    Ok(match group.version {
        Version::V1 => group.read("freezer.state")?.trim() == "FROZEN",
        Version::V2 => group.read("cgroup.events")?.lines().any(|line| line == "frozen 1"),
    })
}

/// Whether somebody has the group stand still, or has told it to: milliseconds go by until the last of its tasks has stopped.
pub fn is_to_stand(group: &Cgroup) -> io::Result<bool> {
    Ok(match group.version {
        Version::V1 => group.read("freezer.state")?.trim() != "THAWED",
        Version::V2 => !is_told_to_thaw(group)?,
    })
}

/// Waits a moment for the state. A group that cannot be read is asked again: it is only right when it says so.
/// Thawed is what the group itself asks for: a parent that someone else froze keeps it standing, and that is not ours.
pub fn comes_to(group: &Cgroup, frozen: bool) -> bool {
    within_patience(|| match frozen {
        // A freeze of version 1 can stay FREEZING when a task forks meanwhile; telling it again is harmless.
        true => is_frozen(group).unwrap_or(false) || (set(group, true).is_ok() && is_frozen(group).unwrap_or(false)),
        false => is_told_to_thaw(group).unwrap_or(false),
    })
}

/// Whether the group itself is not to stand any more.
pub fn is_told_to_thaw(group: &Cgroup) -> io::Result<bool> {
    Ok(match group.version {
        Version::V1 => group.read("freezer.self_freezing")?.trim() == "0",
        Version::V2 => group.read("cgroup.freeze")?.trim() == "0" && !is_frozen(group)?,
    })
}

/// Every group with a mark of ours in the hierarchies that can freeze.
pub fn marked_groups() -> io::Result<Vec<Cgroup>> {
    let mut found: Vec<Cgroup> = Vec::new();
    for hierarchy in freezers()? {
        let below = cgroup::all_below(&hierarchy.mounted_at);
        for path in below.into_iter().filter(|path| is_marked(path)) {
            let inside = path.strip_prefix(&hierarchy.mounted_at).unwrap_or(&path).display();
            let inode = fs::metadata(&path)?.ino();
            // The same hierarchy may be mounted, or seen through the node's first process, more than once.
            if found.iter().all(|other| other.inode != inode || other.version != hierarchy.version) {
                found.push(Cgroup { version: hierarchy.version, name: format!("/{inside}"), path, inode });
            }
        }
    }
    Ok(found)
}

fn is_marked(path: &Path) -> bool {
    xattr::list(path).is_ok_and(|names| names.iter().any(|name| name.starts_with(MARK)))
}

fn freezers() -> io::Result<Vec<cgroup::Hierarchy>> {
    let freezes = |hierarchy: &cgroup::Hierarchy| match hierarchy.version {
        Version::V1 => hierarchy.controllers.iter().any(|word| word == Controller::Freezer.word()),
        Version::V2 => true,
    };
    Ok(cgroup::hierarchies()?.into_iter().filter(freezes).collect())
}

/// Finds out by making a group, marking it, freezing nobody in it, and removing it.
pub fn ability() -> (bool, &'static str, String) {
    let hierarchies = match freezers() {
        Ok(found) => found,
        Err(cause) => return (false, "cgroup", format!("could not see the cgroups of the node: {cause}")),
    };
    let mut why = "no cgroup hierarchy that can freeze is mounted".to_owned();
    for hierarchy in hierarchies {
        let place = hierarchy.mounted_at.display();
        match try_in(&hierarchy.mounted_at, hierarchy.version) {
            Ok(()) => return (true, hierarchy.version.word(), format!("a group under {place} freezes and thaws")),
            Err(cause) => why = format!("no group can be made and frozen under {place}: {cause}"),
        }
    }
    (false, "cgroup", why)
}

fn try_in(hierarchy: &Path, version: Version) -> io::Result<()> {
    let path = hierarchy.join(format!("chaosgate-probe-{}", std::process::id()));
    match fs::create_dir(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        // Left by a probe that was ended in the middle, or by one that probes right now.
        Ok(()) | Err(_) => {}
    }
    let tried = freeze_and_thaw(&path, version);
    let removed = fs::remove_dir(&path);
    tried.and(removed)
}

fn freeze_and_thaw(path: &Path, version: Version) -> io::Result<()> {
    let name = "/chaosgate-probe".to_owned();
    let group = Cgroup { version, name, inode: fs::metadata(path)?.ino(), path: path.to_owned() };
    let mark = format!("{MARK}probe");
    xattr::set(path, &mark)?;
    set(&group, true)?;
    set(&group, false)?;
    xattr::remove(path, &mark)
}
