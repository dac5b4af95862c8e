//! Cgroups that a test makes for its victims, as a container runtime would, and reads with no code of the daemon's.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

/// One group, as a directory in each hierarchy that matters; removed at the end with whatever is still in it.
pub struct Group {
    pub version: Version,
    dirs: Vec<(&'static str, PathBuf)>,
}

const OF_V1: [&str; 4] = ["freezer", "cpu", "cpuacct", "memory"];
static MADE: AtomicU32 = AtomicU32::new(0);

impl Group {
    /// None, and it says so, where this machine does not mount that version for these controllers.
    pub fn new(version: Version, needs: &[&'static str]) -> Option<Group> {
        if let Some(why) = Group::why_not(version, needs) {
            println!("not applicable: {why}");
            return None;
        }
        let hierarchies = hierarchies(version);
        let name = format!("chaosgate-test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let mut dirs: Vec<(&'static str, PathBuf)> = Vec::new();
        for (controller, place) in hierarchies {
            let dir = place.join(&name);
            if let Err(refused) = fs::create_dir_all(&dir) {
                println!("not applicable: no group can be made here: {refused}");
                return None;
            }
            dirs.push((controller, dir));
        }
        Some(Group { version, dirs })
    }

    /// Why there can be no such group on this machine.
    pub fn why_not(version: Version, needs: &[&'static str]) -> Option<String> {
        let hierarchies = hierarchies(version);
        let missing = needs.iter().find(|need| hierarchies.iter().all(|(controller, _)| controller != *need))?;
        Some(format!("this machine has no controller {missing} of cgroups {version:?}"))
    }

    pub fn take_in(&self, pid: u32) {
        for (_, dir) in &self.dirs {
            fs::write(dir.join("cgroup.procs"), pid.to_string()).expect("a process may be moved");
        }
    }

    pub fn dir(&self, controller: &str) -> &Path {
        let found = self.dirs.iter().find(|(name, _)| *name == controller);
        &found.unwrap_or_else(|| panic!("no {controller}")).1
    }

    pub fn read(&self, controller: &str, file: &str) -> String {
        fs::read_to_string(self.dir(controller).join(file)).unwrap_or_else(|error| panic!("{controller}/{file}: {error}"))
    }

    pub fn write(&self, controller: &str, file: &str, text: &str) {
        fs::write(self.dir(controller).join(file), text).unwrap_or_else(|error| panic!("{controller}/{file}: {error}"));
    }

    pub fn members(&self, controller: &str) -> Vec<u32> {
        self.read(controller, "cgroup.procs").lines().map(|line| line.parse().expect("a pid")).collect()
    }

    pub fn is_frozen(&self) -> bool {
        match self.version {
            Version::V1 => self.read("freezer", "freezer.state").trim() == "FROZEN",
            Version::V2 => self.read("freezer", "cgroup.events").contains("frozen 1"),
        }
    }

    /// By hand, as `docker pause` does.
    pub fn set_frozen(&self, frozen: bool) {
        match (self.version, frozen) {
            (Version::V1, true) => self.write("freezer", "freezer.state", "FROZEN"),
            (Version::V1, false) => self.write("freezer", "freezer.state", "THAWED"),
            (Version::V2, frozen) => self.write("freezer", "cgroup.freeze", if frozen { "1" } else { "0" }),
        }
    }
}

/// Where each controller is mounted. Version 2 freezes and counts CPU time without a controller.
fn hierarchies(version: Version) -> Vec<(&'static str, PathBuf)> {
    let table = fs::read_to_string("/proc/self/mounts").expect("procfs");
    let mounts = table.lines().filter_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        Some((PathBuf::from(words.get(1)?), *words.get(2)?, words.get(3)?.split(',').collect::<Vec<_>>()))
    });
    let mut found = Vec::new();
    for (place, kind, options) in mounts {
        match (version, kind) {
            (Version::V1, "cgroup") => {
                let has = |controller: &&str| options.contains(controller);
                found.extend(OF_V1.into_iter().filter(has).map(|controller| (controller, place.clone())));
            }
            (Version::V2, "cgroup2") => found.extend(of_v2(&place)),
            _ => {}
        }
    }
    found
}

fn of_v2(place: &Path) -> Vec<(&'static str, PathBuf)> {
    // Controllers that a hybrid machine gave to version 1 are not there to be turned on.
    let _ = fs::write(place.join("cgroup.subtree_control"), "+cpu +memory");
    let on = fs::read_to_string(place.join("cgroup.subtree_control")).unwrap_or_default();
    let mut found = vec![("freezer", place.to_owned()), ("cpuacct", place.to_owned())];
    found.extend(["cpu", "memory"].into_iter().filter(|word| on.contains(word)).map(|word| (word, place.to_owned())));
    found
}

impl Drop for Group {
    fn drop(&mut self) {
        let asked = Instant::now();
        for (controller, dir) in &self.dirs {
            if *controller == "freezer" && dir.exists() {
                self.set_frozen(false);
            }
            for pid in fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default().lines() {
                let _ = std::process::Command::new("kill").args(["-9", pid]).status();
            }
            while fs::remove_dir(dir).is_err() && dir.exists() && asked.elapsed() < Duration::from_secs(2) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
