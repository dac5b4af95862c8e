//! From a pid to its directories: what /proc/PID/cgroup says, joined with where the hierarchies are mounted, and then checked by
//! asking the directory itself whether it holds the process. A path that merely looks right is not believed.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Cgroup, CgroupError, Version};
use crate::sys::cgroup_ns;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    Freezer,
    Cpu,
    Cpuacct,
    Cpuset,
    Memory,
}

impl Controller {
    /// Its name in version 1; version 2 counts CPU time without a controller of its own.
    pub fn word(self) -> &'static str {
        match self {
            Controller::Freezer => "freezer",
            Controller::Cpu => "cpu",
            Controller::Cpuacct => "cpuacct",
            Controller::Cpuset => "cpuset",
            Controller::Memory => "memory",
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One mounted hierarchy, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    pub version: Version,
    /// Of version 1; a hierarchy of version 2 has all that no other one took.
    pub controllers: Vec<String>,
    root: String,
    pub mounted_at: PathBuf,
}

/// The process's group where this controller rules it: version 1 where the node mounts it so, else version 2.
pub fn of(pid: u32, controller: Controller) -> Result<Cgroup, CgroupError> {
    let own = |line: &Line| line.controllers.iter().any(|word| word == controller.word());
    find(pid, controller, own).or_else(|error| match error {
        CgroupError::NotMounted { .. } => unified_of(pid, controller),
        other => Err(other),
    })
}

/// The process's group of version 2, which hybrid nodes have beside version 1.
pub fn unified_of(pid: u32, controller: Controller) -> Result<Cgroup, CgroupError> {
    find(pid, controller, |line| line.controllers.is_empty())
}

fn find(pid: u32, controller: Controller, meant: impl Fn(&Line) -> bool + Sync) -> Result<Cgroup, CgroupError> {
    let refused = |cause: io::Error| match cause.raw_os_error() {
        Some(libc::ENOENT | libc::ESRCH) => CgroupError::Gone { pid },
        _ => CgroupError::Read { pid, cause },
    };
    let looked = cgroup_ns::as_the_node_sees(|| {
        let text = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
        let lines = text.lines().filter_map(Line::parse);
        Ok(lines.into_iter().find(|line| meant(line)).and_then(|line| holding(pid, &line, &mounted())))
    });
    let found: Option<Cgroup> = looked.and_then(|inner: io::Result<Option<Cgroup>>| inner).map_err(refused)?;
    found.ok_or(CgroupError::NotMounted { pid, controller })
}

/// The first directory that a mount shows under the line's name and that holds the process.
fn holding(pid: u32, line: &Line, hierarchies: &[Hierarchy]) -> Option<Cgroup> {
    let places = hierarchies.iter().filter(|hierarchy| hierarchy.is_of(line));
    let candidates = places.filter_map(|hierarchy| Some((hierarchy.version, hierarchy.path_of(&line.name)?)));
    candidates
        .filter_map(|(version, path)| Cgroup::at(version, line.name.clone(), path).ok())
        .find(|group| group.processes().is_ok_and(|members| members.contains(&pid)))
}

/// Every hierarchy that can be reached from here, our own mounts before those of the node's first process.
pub fn hierarchies() -> io::Result<Vec<Hierarchy>> {
    cgroup_ns::as_the_node_sees(mounted)
}

fn mounted() -> Vec<Hierarchy> {
    // Either may be closed to us, and then the other one has to do.
    let of = |table: &str, below: &str| -> Vec<Hierarchy> {
        let table = fs::read_to_string(table).unwrap_or_default();
        table.lines().filter_map(|line| Hierarchy::parse(line, Path::new(below))).collect()
    };
    let mut found = of("/proc/self/mountinfo", "/");
    found.extend(of("/proc/1/mountinfo", "/proc/1/root"));
    found
}

/// A line of /proc/PID/cgroup: `6:freezer:/kubepods/pod1/c1`, or `0::/kubepods.slice/...` of version 2 (cgroups(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    controllers: Vec<String>,
    name: String,
}

impl Line {
    fn parse(line: &str) -> Option<Line> {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, name) = (parts.next()?, parts.next()?, parts.next()?);
        let controllers = controllers.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Some(Line { controllers, name: name.to_owned() })
    }
}

impl Hierarchy {
    /// A line of /proc/PID/mountinfo (proc(5)): root and place are fields 4 and 5, the rest stands behind a dash.
    fn parse(line: &str, below: &Path) -> Option<Hierarchy> {
        let (front, behind) = line.split_once(" - ")?;
        let mut front = front.split(' ').skip(3);
        let (root, place) = (front.next()?, front.next()?);
        let mut behind = behind.split(' ');
        let version = match behind.next()? {
            "cgroup" => Version::V1,
            "cgroup2" => Version::V2,
            _ => return None,
        };
        let options = behind.nth(1).unwrap_or_default();
        let controllers = if version == Version::V1 { options.split(',').map(str::to_owned).collect() } else { Vec::new() };
        let mounted_at = below.join(place.trim_start_matches('/'));
        Some(Hierarchy { version, controllers, root: root.to_owned(), mounted_at })
    }

    fn is_of(&self, line: &Line) -> bool {
        match line.controllers.first() {
            None => self.version == Version::V2,
            Some(first) => self.version == Version::V1 && self.controllers.contains(first),
        }
    }

    /// None when this mount does not show that group.
    fn path_of(&self, name: &str) -> Option<PathBuf> {
        let rest = match self.root.as_str() {
            "/" => name,
            root => name.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/'))?,
        };
        let outside = rest.split('/').any(|part| part == "..");
        (!outside).then(|| self.mounted_at.join(rest.trim_start_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREEZER: &str = "37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime shared:3 - cgroup cgroup rw,freezer";
    const UNIFIED: &str = "38 31 0:38 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

    fn hierarchy(line: &str) -> Hierarchy {
        Hierarchy::parse(line, Path::new("/")).expect("a hierarchy")
    }

    fn line(text: &str) -> Line {
        Line::parse(text).expect("a line")
    }

    #[test]
    fn a_line_belongs_to_the_hierarchy_of_its_controllers() {
        let (freezer, unified) = (line("6:freezer:/kubepods/pod1/c1"), line("0::/kubepods.slice/c1.scope"));
        assert!(hierarchy(FREEZER).is_of(&freezer) && !hierarchy(FREEZER).is_of(&unified));
        assert!(hierarchy(UNIFIED).is_of(&unified) && !hierarchy(UNIFIED).is_of(&freezer));
        let joined = hierarchy(&FREEZER.replace("rw,freezer", "rw,cpu,cpuacct"));
        assert!(joined.is_of(&line("2:cpu,cpuacct:/a:b")) && line("2:cpu,cpuacct:/a:b").name == "/a:b");
    }

    #[test]
    fn a_name_becomes_a_path_only_where_the_mount_shows_it() {
        let whole = hierarchy(UNIFIED);
        let part = hierarchy(&UNIFIED.replace("0:38 /", "0:38 /kubepods.slice"));
        let cases = [
            (&whole, "/", Some("/sys/fs/cgroup")),
            (&whole, "/kubepods.slice/c1", Some("/sys/fs/cgroup/kubepods.slice/c1")),
            (&part, "/kubepods.slice/c1", Some("/sys/fs/cgroup/c1")),
            (&part, "/kubepods.slice", Some("/sys/fs/cgroup")),
            (&part, "/kubepods.slicer/c1", None),
            (&whole, "/../../c1", None),
        ];
        for (hierarchy, name, expected) in cases {
            let path = hierarchy.path_of(name);
            assert_eq!(
                path.as_deref().map(|path| path.to_string_lossy().trim_end_matches('/').to_owned()),
                expected.map(str::to_owned)
            );
        }
    }

    #[test]
    fn what_is_no_hierarchy_is_passed_over() {
        assert_eq!(Hierarchy::parse("22 1 0:21 / /proc rw - proc proc rw", Path::new("/")), None);
        assert_eq!(Hierarchy::parse("torn", Path::new("/")), None);
        assert_eq!(Line::parse("6:freezer"), None);
    }

    #[test]
    fn a_process_is_found_in_a_group_that_holds_it() {
        let own = std::process::id();
        match of(own, Controller::Cpu) {
            Ok(group) => assert!(group.processes().expect("readable").contains(&own)),
            Err(error) => assert!(matches!(error, CgroupError::NotMounted { .. }), "{error}"),
        }
        assert!(matches!(of(u32::MAX, Controller::Cpu), Err(CgroupError::Gone { .. })));
    }
}
