//! A directory, a victim that works in it, a neighbour that works in it too, a daemon and a keeper.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chaosgated::contract::{InjectRequest, InjectResponse};
use tonic::Status;

use crate::client::Runner;
use crate::daemon::{Daemon, Site};
use crate::hand::Hand;
use crate::lab;

pub struct Stage {
    pub victim: Hand,
    pub neighbour: Hand,
    pub site: Site,
    pub daemon: Daemon,
    pub keeper: Child,
    pub runner: Runner,
    pub volume: PathBuf,
}

/// None, with a message, where it cannot be; a failure where it must be.
pub fn stage(name: &str) -> Option<Stage> {
    stage_with(name, "45s", &[])
}

pub fn stage_with(name: &str, patience: &str, more: &[&str]) -> Option<Stage> {
    if !can_be() {
        return None;
    }
    let site = Site::new(&format!("file-io-{name}"));
    let volume = site.dir.join("volume");
    fs::create_dir_all(volume.join("sub")).expect("writable");
    fs::write(volume.join("a"), "alpha").expect("writable");
    fs::write(volume.join("sub/b"), "beta").expect("writable");
    let keeper = keeper(&site, patience);
    let daemon = site.serve_local(more);
    let runner = Runner::of(&site, &daemon);
    Some(Stage { victim: Hand::new(), neighbour: Hand::new(), site, daemon, keeper, runner, volume })
}

pub fn keeper(site: &Site, patience: &str) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(site.dir.join("keeper.log")).expect("writable");
    let keeper = site.command(&["keep", "--patience", patience]).stderr(log).spawn().expect("the keeper starts");
    let started = Instant::now();
    while std::os::unix::net::UnixStream::connect(site.state().join("custody/socket")).is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "the keeper does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    keeper
}

pub fn can_be() -> bool {
    let can = Command::new("unshare").args(["--mount", "--net", "true"]).stderr(Stdio::null()).status();
    let fuse = fs::OpenOptions::new().read(true).write(true).open("/dev/fuse");
    if can.is_ok_and(|status| status.success()) && fuse.is_ok() {
        return true;
    }
    let required = ["CI", "CHAOSGATE_REQUIRE"].iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    assert!(!required, "this test needs mount namespaces and /dev/fuse, and may not be skipped here");
    println!("skipped: no mount namespaces or no /dev/fuse here; run as root");
    false
}

impl Stage {
    pub fn path(&self, below: &str) -> String {
        self.volume.join(below).display().to_string()
    }

    pub fn inject(&mut self, fault: &str, file_io: chaosgated::contract::FileIoFault) -> Result<InjectResponse, Status> {
        let request = self.request(fault, file_io);
        self.runner.inject(request)
    }

    pub fn request(&self, fault: &str, file_io: chaosgated::contract::FileIoFault) -> InjectRequest {
        crate::faults::request(&self.site, fault, self.victim.pid(), file_io)
    }

    pub fn revert(&mut self, fault: &str) {
        let reverted = self.runner.revert("t1-0", fault, 1).expect("reverts");
        assert_eq!(reverted.failures, []);
    }

    pub fn mounts(&self) -> Vec<String> {
        mounts_of(self.victim.pid())
    }

    pub fn strays(&self) -> Vec<String> {
        strays_of(self.victim.pid())
    }

    pub fn assert_nothing_left(&self) {
        assert_eq!(self.mounts(), Vec::<String>::new(), "no mount of ours is left");
        assert_eq!(self.strays(), Vec::<String>::new(), "no open file is on a file system of ours");
        assert_eq!(self.site.records(), 0, "nothing is left on record");
        let kept = fs::read_dir(self.site.state().join("custody")).map_or(0, |entries| entries.count());
        assert!(kept <= 1, "nothing but the socket is left in custody: {kept}");
    }
}

/// As the kernel tells it: the mounts of a process that are ours.
pub fn mounts_of(pid: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/mountinfo")).expect("alive");
    text.lines().filter(|line| line.contains("chaosgate:")).map(str::to_owned).collect()
}

/// Open files of a process on a mount and a file system that its namespace has not, as ours are once detached. Paths do not tell: they
/// begin in the mount there. What a process was started with may be on another namespace's mount, of a file system that is in its own
/// as well.
pub fn strays_of(pid: u32) -> Vec<String> {
    let mountinfo = fs::read_to_string(format!("/proc/{pid}/mountinfo")).expect("alive");
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).expect("alive").map_while(Result::ok);
    let stray = |path: PathBuf| {
        // Pipes and sockets are on no mount of any namespace.
        let link = fs::read_link(&path).ok().filter(|link| link.starts_with("/"))?;
        (!is_at_home(&path, &mountinfo)).then(|| format!("{}: {}", path.display(), link.display()))
    };
    fds.filter_map(|entry| stray(entry.path())).collect()
}

/// Whether a descriptor, closed ones included, is on a mount or a file system of these.
fn is_at_home(fd: &Path, mountinfo: &str) -> bool {
    let Ok(info) = fs::read_to_string(fd.display().to_string().replace("/fd/", "/fdinfo/")) else { return true };
    let mount = info.lines().find_map(|line| line.strip_prefix("mnt_id:")).expect("mnt_id").trim();
    let word = |line: &str, at: usize| line.split(' ').nth(at).map(str::to_owned);
    if mountinfo.lines().any(|line| word(line, 0).as_deref() == Some(mount)) {
        return true;
    }
    let device = fs::metadata(fd).map(|found| std::os::unix::fs::MetadataExt::dev(&found));
    device.is_ok_and(|device| {
        let device = format!("{}:{}", libc::major(device), libc::minor(device));
        mountinfo.lines().any(|line| word(line, 2).as_ref() == Some(&device))
    })
}

impl Drop for Stage {
    fn drop(&mut self) {
        lab::end(&mut self.keeper);
    }
}
