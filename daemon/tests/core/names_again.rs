//! Between a record and its undo, names come to mean somebody else: a network namespace is made again under the same path and with the same
//! inode, and pids are given out anew. Whoever undoes must leave the strangers alone, and what they have looks just like what it is after.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chaosgated::contract::{Bandwidth, Direction, InjectRequest, NetworkFault, inject_request};
use serde_json::Value;

use crate::client::{Runner, a_partition};
use crate::daemon::{Site, ends_within};
use crate::groups::{Group, Version};
use crate::lab;
use crate::scene::{Act, Scene, Ticker};

/// Beyond this the kernel has not given the inode out again, and need not.
const ATTEMPTS: usize = 60;

/// A named network namespace with one device, and one process in it.
struct Place {
    name: String,
    process: Child,
}

impl Place {
    fn make(name: &str) -> Place {
        run(&["ip", "netns", "add", name]);
        give_a_device(name);
        Place { process: a_process_in(name), name: name.to_owned() }
    }

    /// Again under its name, with its process's pid, and with its inode if the kernel gives that out once more.
    fn make_again(&mut self) {
        let (name, pid, inode) = (self.name.clone(), self.process.id(), inode_of(&self.name));
        lab::end(&mut self.process);
        run(&["ip", "netns", "delete", &name]);
        let mut others = Vec::new();
        run(&["ip", "netns", "add", &name]);
        while inode_of(&name) != inode && others.len() < ATTEMPTS {
            // Stays until the end, so that the next one gets another inode.
            others.push(fs::File::open(path(&name)).expect("just made"));
            run(&["ip", "netns", "delete", &name]);
            std::thread::sleep(Duration::from_millis(10));
            run(&["ip", "netns", "add", &name]);
        }
        println!("after {} others, it has its inode: {}", others.len(), inode_of(&name) == inode);
        give_a_device(&name);
        self.process = lab::start_as(pid, || a_process_in(&name));
    }

    /// Rules and queueing disciplines, by the distribution's tools.
    fn looks(&self) -> String {
        let tools: [&[&str]; 3] = [&["iptables-save"], &["ip6tables-save"], &["tc", "qdisc", "show", "dev", "eth0"]];
        let lines = tools.map(|tool| run(&[&["ip", "netns", "exec", &self.name], tool].concat()));
        let lines =
            lines.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with(['#', '*']) && *line != "COMMIT");
        // Without counters, and without tables that stay, empty, once somebody looked.
        let lines = lines.filter(|line| !line.starts_with(':') || line.contains(" - "));
        lines.map(|line| line.split(" [").next().unwrap_or(line)).fold(String::new(), |text, line| text + line + "\n")
    }

    /// All rules, as they can be put back.
    fn rules(&self) -> String {
        run(&["ip", "netns", "exec", &self.name, "iptables-save"])
    }

    fn put(&self, rules: &str) {
        use std::io::Write;
        let mut command = Command::new("ip");
        let mut child =
            command.args(["netns", "exec", &self.name, "iptables-restore"]).stdin(Stdio::piped()).spawn().expect("ip runs");
        child.stdin.take().expect("piped").write_all(rules.as_bytes()).expect("it reads");
        assert!(child.wait().expect("our own child").success(), "iptables-restore refused:\n{rules}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lab::end(&mut self.process);
        // What stays is in the sandbox, and ends with it.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).stderr(Stdio::null()).status();
    }
}

/// The same calls give it the same number every time.
fn give_a_device(name: &str) {
    run(&["ip", "-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"]);
    run(&["ip", "-n", name, "link", "set", "eth0", "up"]);
}

fn path(name: &str) -> String {
    format!("/run/netns/{name}")
}

fn inode_of(name: &str) -> u64 {
    fs::metadata(path(name)).expect("a named namespace").ino()
}

fn a_process_in(name: &str) -> Child {
    let inode = inode_of(name);
    let entered = format!("--net={}", path(name));
    let child = Command::new("nsenter").args([&entered, "--", "sleep", "120"]).spawn().expect("nsenter runs");
    let its_own = format!("/proc/{}/ns/net", child.id());
    while fs::metadata(&its_own).is_ok_and(|found| found.ino() != inode) {
        std::thread::yield_now();
    }
    child
}

fn run(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap_or_else(|error| panic!("{words:?}: {error}"));
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the victim receives, through a token bucket of the kernel's: its undo takes the ingress qdisc away, which has no handle of ours.
fn a_bandwidth(site: &Site, pid: u32) -> InjectRequest {
    let bandwidth = Bandwidth { rate: 1_000_000, limit: 100_000, buffer: 10_000, ..Default::default() };
    let network = NetworkFault { direction: Direction::From.into(), bandwidth: Some(bandwidth), ..Default::default() };
    InjectRequest { fault: Some(inject_request::Fault::Network(network)), ..a_partition(site, "f1", pid) }
}

/// One fault, and how a stranger comes to have what looks like it.
struct Case {
    name: &'static str,
    back_end: &'static str,
    request: fn(&Site, u32) -> InjectRequest,
    looks_alike: fn(&Place, &str),
}

const CASES: [Case; 2] = [
    Case {
        name: "rules",
        back_end: "netfilter",
        request: |site, pid| a_partition(site, "f1", pid),
        looks_alike: |place, rules| place.put(rules),
    },
    Case {
        name: "qdisc",
        back_end: "tbf",
        request: a_bandwidth,
        looks_alike: |place, _| drop(run(&["tc", "-n", &place.name, "qdisc", "add", "dev", "eth0", "ingress"])),
    },
];

/// Whom the record means when it is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// The one that it was written of.
    TheSame,
    /// One that was made again.
    Another,
    /// Another, by a record that has nothing but the inode, as a kernel before 5.14 leaves it.
    AnotherByItsInode,
}

/// How a namespace looks before and after a daemon that starts has undone what its predecessor did, and whether it has the inode on record.
fn before_and_after(case: &Case, whom: Whom) -> (String, String, bool) {
    let site = Site::new(&format!("again-{}-{whom:?}", case.name));
    let mut daemon = site.serve_local(&["--back-end", "auto"]);
    let mut place = Place::make(&format!("chaosgate-{}-{}", case.name, std::process::id()));
    let bare = place.looks();
    let receipt =
        Runner::of(&site, &daemon).inject((case.request)(&site, place.process.id())).expect("a permitted fault").receipt;
    assert_eq!(receipt.expect("a receipt").back_end, case.back_end);
    assert_ne!(place.looks(), bare, "the fault is there to see");
    daemon.kill();
    let inode = inode_of(&place.name);
    if whom == Whom::AnotherByItsInode {
        forget_the_cookie(&site);
    }
    if whom != Whom::TheSame {
        let rules = place.rules();
        place.make_again();
        assert_eq!(place.looks(), bare);
        (case.looks_alike)(&place, &rules);
    }
    let before = place.looks();
    let _again = site.serve_local(&[]);
    assert_eq!(site.records(), 0, "a namespace that is gone is undone");
    (before, place.looks(), inode_of(&place.name) == inode)
}

fn forget_the_cookie(site: &Site) {
    let path = path_of_the_record(site);
    let mut record = record(&path);
    assert!(record["receipt"]["netns"]["cookie"].is_u64(), "{record}");
    record["receipt"]["netns"]["cookie"] = Value::Null;
    fs::write(&path, record.to_string()).expect("writable");
}

/// The controls: where it is the same one, the record takes the same things away; and so it does where the inode is all that is known.
#[test]
fn a_namespace_made_again_under_the_same_path_keeps_what_its_owner_put_there() {
    if lab::lab().is_none() || !lab::may_choose_pids() {
        return;
    }
    for case in CASES {
        let (faulted, healed, _) = before_and_after(&case, Whom::TheSame);
        assert_ne!(faulted, healed, "{}: where it is the same one, it is undone", case.name);
        let (theirs, after, _) = before_and_after(&case, Whom::Another);
        assert_eq!(theirs, after, "{}: somebody else's is left alone", case.name);
        let (theirs, after, has_its_inode) = before_and_after(&case, Whom::AnotherByItsInode);
        assert_eq!(theirs == after, !has_its_inode, "{}: an inode is no identity", case.name);
    }
}

#[test]
fn a_stranger_under_the_pid_of_a_frozen_victim_stays_as_it_is() {
    if !lab::may_choose_pids() {
        return;
    }
    for version in [Version::V1, Version::V2] {
        let Some(mut scene) = Scene::of(Act::Freeze(version), "pid-freeze") else { continue };
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        daemon.kill();
        scene.group.set_frozen(false);
        let pid = scene.victim.pid();
        lab::end(&mut scene.victim.child);
        let paused = Group::new(version, &["freezer"]).expect("as for the victim");
        let stranger = Ticker::start_as_in(pid, &paused);
        paused.set_frozen(true);
        assert_eq!(receipt_on_record(&scene.site)["pid"], pid, "the record names the stranger's pid");
        let _again = scene.site.serve_local(&[]);
        assert_eq!(scene.site.records(), 0);
        assert!(
            paused.is_frozen() && stranger.ticks_in(Duration::from_millis(150)) == 0,
            "{version:?}: somebody else paused it"
        );
        paused.set_frozen(false);
        assert!(stranger.ticks_in(Duration::from_millis(300)) > 0, "and it goes on when they let it");
    }
}

#[test]
fn a_stranger_under_the_pid_of_a_stressor_lives_on() {
    if !lab::may_choose_pids() {
        return;
    }
    for version in [Version::V1, Version::V2] {
        let Some(scene) = Scene::of(Act::Cpu(version), "pid-pressure") else { continue };
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        let pid = scene.strangers()[0];
        daemon.kill();
        assert!(scene.heals_within(Duration::from_secs(1)).is_some(), "the stressor ends with its daemon");
        let mut stranger = Ticker::start_as_in(pid, &scene.group);
        let _again = scene.site.serve_local(&[]);
        assert_eq!(scene.site.records(), 0);
        assert!(ends_within(&mut stranger.child, Duration::from_millis(1)).is_none(), "{version:?}: nobody asked to end it");
        assert!(stranger.ticks_in(Duration::from_millis(200)) > 0);
    }
}

/// The control: the daemon that has beaten last and is stuck is ended, in `a_daemon_that_is_stuck_is_ended_by_the_keeper`.
#[test]
fn a_stranger_under_the_pid_of_a_daemon_that_died_is_not_ended_by_the_keeper() {
    let Some(lab) = lab::lab().filter(|_| lab::may_choose_pids()) else { return };
    let site = Site::new("pid-keeper");
    let mut daemon = site.serve_local(&[]);
    Runner::of(&site, &daemon).inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let pid = daemon.child.id();
    daemon.kill();
    let mut stranger = lab::start_as(pid, || Command::new("sleep").arg("60").spawn().expect("sleep runs"));
    let heartbeat = fs::File::open(site.state().join("heartbeat")).expect("a daemon has beaten");
    let beat: Value = serde_json::from_str(&fs::read_to_string(site.state().join("heartbeat")).expect("text")).expect("JSON");
    assert_eq!(beat["pid"], pid, "the heartbeat names the stranger's pid");
    // Somebody holds the place of the dead one, so that the keeper looks for whom to end.
    heartbeat.try_lock().expect("nobody holds it");
    let mut keeper = site.command(&["keep", "--patience", "1s"]).spawn().expect("the keeper starts");
    std::thread::sleep(Duration::from_secs(3));
    let lives = ends_within(&mut stranger, Duration::from_millis(1)).is_none();
    drop(heartbeat);
    let healed = lab.heals_within(Duration::from_secs(3));
    lab::end(&mut keeper);
    lab::end(&mut stranger);
    assert!(lives, "the keeper has ended a stranger");
    assert!(healed.is_some(), "and the fault is undone as soon as the place is free");
}

/// Between the look at the victim and the signal. The control: with the stranger's own start time the same receipt does end it.
#[test]
fn a_stranger_under_the_pid_of_a_victim_is_not_killed_in_its_place() {
    use chaosgated::effect::Effect;
    use chaosgated::effect::process::{ProcessEffect, ProcessReceipt};
    use chaosgated::fault::{Fault, ProcessFault};
    if !lab::may_choose_pids() {
        return;
    }
    let start = || Command::new("sleep").arg("60").spawn().expect("sleep runs");
    let mut victim = start();
    let receipt = ProcessReceipt { pid: victim.id(), start_time: start_time(victim.id()), signal: ProcessFault::Kill };
    // Start times are counted in ticks of 10 ms.
    std::thread::sleep(Duration::from_millis(20));
    lab::end(&mut victim);
    let mut stranger = lab::start_as(receipt.pid, start);
    let refused = ProcessEffect.apply(&receipt, &Fault::Process(ProcessFault::Kill));
    assert!(refused.is_err() && ends_within(&mut stranger, Duration::from_millis(1)).is_none(), "{refused:?}");
    let theirs = ProcessReceipt { start_time: start_time(stranger.id()), ..receipt };
    ProcessEffect.apply(&theirs, &Fault::Process(ProcessFault::Kill)).expect("that one is meant");
    assert!(ends_within(&mut stranger, Duration::from_secs(1)).is_some(), "nothing but the start time has kept it");
}

fn start_time(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("alive");
    stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).expect("the 22nd field").parse().expect("a number")
}

/// As it is written down, of the only fault.
fn receipt_on_record(site: &Site) -> Value {
    record(&path_of_the_record(site))["receipt"].clone()
}

fn path_of_the_record(site: &Site) -> PathBuf {
    fs::read_dir(site.state().join("records")).expect("records").next().expect("one").expect("readable").path()
}

fn record(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON")
}
