//! Who holds what of a volume: open files, working directories, root directories and mappings of the processes in one mount namespace.
//! Reads /proc and touches nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use super::{locks, place, rings};
use crate::procfs;

/// How a reference to the volume is told from others.
#[derive(Debug, Clone)]
pub struct Ground {
    pub namespace: u64,
    pub mount: u64,
    /// What the paths begin with that /proc shows for it. Empty for a mount that is detached: its paths begin in it.
    pub seen_at: Vec<u8>,
    pub mappings: Mappings,
}

/// Which mappings of files on the volume count, by the device that /proc/PID/maps names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mappings {
    /// Shared ones that are not on the file system over the volume yet; a private one keeps the file it has.
    SharedBeside(u64),
    On(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub pid: u32,
    pub what: What,
    /// Below the volume.
    pub path: Vec<u8>,
    pub is_deleted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// `flags` as in fdinfo, O_CLOEXEC for the descriptor included.
    Descriptor {
        fd: i32,
        flags: i32,
        position: i64,
    },
    WorkingDirectory,
    RootDirectory,
    Mapping {
        start: u64,
        end: u64,
        protection: i32,
        is_shared: bool,
        offset: u64,
    },
}

/// What must not be moved, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    pub pid: u32,
    pub path: String,
    pub why: &'static str,
}

const DELETED: &[u8] = b" (deleted)";

/// Every reference of every process of the namespace.
pub fn all(ground: &Ground) -> io::Result<Vec<Held>> {
    let mut held = Vec::new();
    for pid in procfs::all_pids()? {
        // A process that ends meanwhile holds nothing.
        if place::namespace_of(pid).is_ok_and(|namespace| namespace == ground.namespace) {
            of_process(pid, ground, &mut held);
        }
    }
    Ok(held)
}

/// What one process holds; nothing when it has ended.
pub fn of_process(pid: u32, ground: &Ground, held: &mut Vec<Held>) {
    descriptors(pid, ground, held);
    for (name, what) in [("cwd", What::WorkingDirectory), ("root", What::RootDirectory)] {
        let link = format!("/proc/{pid}/{name}");
        if let Some((path, is_deleted)) = fs::read_link(&link).ok().and_then(|path| below(path.as_os_str().as_bytes(), ground))
            && is_on(&link, ground)
        {
            held.push(Held { pid, what, path, is_deleted });
        }
    }
    mappings(pid, ground, held);
}

/// A directory has no fdinfo of its own; opening it by its link gives one.
fn is_on(link: &str, ground: &Ground) -> bool {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    let opened = fs::OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(link);
    opened.is_ok_and(|dir| {
        let info = Info::read(&format!("/proc/self/fdinfo/{}", dir.as_raw_fd()));
        info.is_some_and(|info| info.mount == ground.mount)
    })
}

fn descriptors(pid: u32, ground: &Ground, held: &mut Vec<Held>) {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return };
    for entry in entries.map_while(Result::ok) {
        let Some(fd) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(link) = fs::read_link(entry.path()) else { continue };
        let Some((path, is_deleted)) = below(link.as_os_str().as_bytes(), ground) else { continue };
        let Some(info) = Info::read(&format!("/proc/{pid}/fdinfo/{fd}")) else { continue };
        if info.mount == ground.mount {
            let what = What::Descriptor { fd, flags: info.flags, position: info.position };
            held.push(Held { pid, what, path, is_deleted });
        }
    }
}

struct Info {
    position: i64,
    flags: i32,
    mount: u64,
}

impl Info {
    fn read(path: &str) -> Option<Info> {
        let text = fs::read_to_string(path).ok()?;
        let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        Some(Info {
            position: value("pos:")?.parse().ok()?,
            flags: i32::from_str_radix(value("flags:")?, 8).ok()?,
            mount: value("mnt_id:")?.parse().ok()?,
        })
    }
}

/// The mount that one of our own descriptors is on.
pub fn mount_of(fd: i32) -> io::Result<u64> {
    Info::read(&format!("/proc/self/fdinfo/{fd}")).map(|info| info.mount).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The path below the volume of a path that /proc shows.
fn below(shown: &[u8], ground: &Ground) -> Option<(Vec<u8>, bool)> {
    let (path, is_deleted) = match shown.strip_suffix(DELETED) {
        Some(path) => (path, true),
        None => (shown, false),
    };
    if !place::is_within(path, &ground.seen_at) {
        return None;
    }
    let rest = &path[ground.seen_at.len()..];
    Some((rest.strip_prefix(b"/").unwrap_or(rest).to_vec(), is_deleted))
}

fn mappings(pid: u32, ground: &Ground, held: &mut Vec<Held>) {
    let Ok(maps) = fs::read(format!("/proc/{pid}/maps")) else { return };
    held.extend(maps.split(|byte| *byte == b'\n').filter_map(|line| mapping(pid, line, ground)));
}

/// `start-end rwxs offset major:minor inode   path`.
fn mapping(pid: u32, line: &[u8], ground: &Ground) -> Option<Held> {
    let path_at = line.iter().position(|byte| *byte == b'/')?;
    let fields = std::str::from_utf8(&line[..path_at]).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let offset = hex(fields.next()?)?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let device = libc::makedev(hex(major)? as u32, hex(minor)? as u32);
    let is_shared = rights.ends_with('s');
    let is_meant = match ground.mappings {
        Mappings::SharedBeside(other) => is_shared && device != other,
        Mappings::On(meant) => device == meant,
    };
    if !is_meant {
        return None;
    }
    let (path, is_deleted) = below(&line[path_at..], ground)?;
    let right = |letter, bit| if rights.contains(letter) { bit } else { 0 };
    let protection = right('r', libc::PROT_READ) | right('w', libc::PROT_WRITE) | right('x', libc::PROT_EXEC);
    let what = What::Mapping { start: hex(start)?, end: hex(end)?, protection, is_shared, offset };
    Some(Held { pid, what, path, is_deleted })
}

/// What of a volume must stay where it is, and what may hold files where nobody can see them.
pub fn obstacles(ground: &Ground, held: &[Held]) -> io::Result<Vec<Obstacle>> {
    let mut obstacles: Vec<Obstacle> = held.iter().filter_map(obstacle).collect();
    obstacles.extend(locks(held)?);
    for pid in procfs::all_pids()? {
        if place::namespace_of(pid).is_ok_and(|namespace| namespace == ground.namespace)
            && let Some(why) = rings::trouble(pid)
        {
            obstacles.push(Obstacle { pid, path: "io_uring".to_owned(), why });
        }
    }
    Ok(obstacles)
}

fn obstacle(held: &Held) -> Option<Obstacle> {
    let why = match held.what {
        What::RootDirectory => "the root directory of the process lies in the volume: name a volume outside of it",
        _ if held.is_deleted => {
            "it is deleted and still open, and cannot be opened a second time: close it, or restart the process"
        }
        What::Descriptor { fd, .. } if is_pipe(held.pid, fd) => {
            "it is a pipe, whose contents would be lost: close it, or name a volume without it"
        }
        _ => return None,
    };
    Some(Obstacle { pid: held.pid, path: String::from_utf8_lossy(&held.path).into_owned(), why })
}

fn is_pipe(pid: u32, fd: i32) -> bool {
    fs::metadata(format!("/proc/{pid}/fd/{fd}")).is_ok_and(|found| found.file_type().is_fifo())
}

/// Locks go with the open file or the process and its last descriptor; neither survives the exchange.
fn locks(held: &[Held]) -> io::Result<Vec<Obstacle>> {
    let locked: BTreeSet<(u64, u64)> = locks::all()?.iter().map(|lock| (lock.device, lock.inode)).collect();
    let obstacle = |one: &Held| {
        let What::Descriptor { fd, .. } = one.what else { return None };
        let found = fs::metadata(format!("/proc/{}/fd/{fd}", one.pid)).ok()?;
        let why = "somebody holds a lock on it, which would be lost: release it, or name a volume without it";
        let path = String::from_utf8_lossy(&one.path).into_owned();
        locked.contains(&(found.dev(), found.ino())).then_some(Obstacle { pid: one.pid, path, why })
    };
    Ok(held.iter().filter_map(obstacle).collect())
}

/// The number of what is held, as whoever holds it would be told.
pub fn inode_of(held: &Held) -> io::Result<u64> {
    let link = match held.what {
        What::Descriptor { fd, .. } => format!("fd/{fd}"),
        What::WorkingDirectory => "cwd".to_owned(),
        What::RootDirectory => "root".to_owned(),
        What::Mapping { start, end, .. } => format!("map_files/{start:x}-{end:x}"),
    };
    fs::metadata(format!("/proc/{}/{link}", held.pid)).map(|found| found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(mappings: Mappings) -> Ground {
        Ground { namespace: 1, mount: 1, seen_at: b"/data".to_vec(), mappings }
    }

    #[test]
    fn a_mapping_is_told_by_its_path_or_by_its_device() {
        let line = b"7f00-7f10 rw-s 00001000 00:2f 77                         /data/a b (deleted)";
        let held = mapping(9, line, &ground(Mappings::SharedBeside(0))).expect("shared and in the volume");
        assert_eq!((held.path.as_slice(), held.is_deleted), (b"a b".as_slice(), true));
        let private = b"7f00-7f10 r--p 00000000 00:2f 77 /data/a";
        assert_eq!(mapping(9, line, &ground(Mappings::SharedBeside(libc::makedev(0, 0x2f)))), None, "it has moved already");
        assert_eq!(mapping(9, private, &ground(Mappings::SharedBeside(0))), None, "a private mapping keeps the file it has");
        assert!(mapping(9, private, &ground(Mappings::On(libc::makedev(0, 0x2f)))).is_some());
        assert_eq!(mapping(9, b"7f00-7f10 rw-s 00000000 00:2f 77 /database/a", &ground(Mappings::SharedBeside(0))), None);
        assert_eq!(mapping(9, b"7f00-7f10 rw-p 00000000 00:00 0 ", &ground(Mappings::SharedBeside(0))), None);
    }

    #[test]
    fn what_must_stay_is_told_with_its_process_and_file() {
        let held =
            Held { pid: 9, what: What::Descriptor { fd: 3, flags: 0, position: 0 }, path: b"a".to_vec(), is_deleted: true };
        assert!(obstacle(&held).is_some_and(|obstacle| obstacle.pid == 9 && obstacle.path == "a"));
    }
}
