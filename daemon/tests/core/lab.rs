//! Two processes in network namespaces of their own, joined by a veth pair: a victim, and the peer that it talks to.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// The kernel gives out the next number after this one (CONFIG_CHECKPOINT_RESTORE), in our own pid namespace.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";
const PROBE: &str = "CHAOSGATE_PROBE";
/// Nothing a test starts outlives this.
const AT_MOST: Duration = Duration::from_secs(600);

pub const PEER: &str = "10.99.0.2";
/// Beyond this a connection counts as cut. A veth hop takes well under a millisecond.
const CUT_AFTER: Duration = Duration::from_millis(400);

/// A sweep cleans every namespace of the machine, other tests' too, so it must be alone.
static MACHINE: RwLock<()> = RwLock::new(());

pub struct Lab {
    _shares_the_machine: Option<RwLockReadGuard<'static, ()>>,
    victim: Child,
    peer: Child,
    listener: Child,
    address: SocketAddr,
}

/// A lab while no other test of this binary has one.
pub fn lab_alone() -> Option<(Lab, RwLockWriteGuard<'static, ()>)> {
    // A test that failed while it held the lock has said so itself.
    let alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    can_have_labs().then(|| (Lab::new(None), alone))
}

/// Two at once; asking twice for one could wait for a test that waits for this one.
pub fn two_labs() -> Option<(Lab, Lab)> {
    Some((lab()?, Lab::new(None)))
}

/// None, with a message, where namespaces cannot be made; a failure where they must be.
pub fn lab() -> Option<Lab> {
    let shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    can_have_labs().then(|| Lab::new(Some(shared)))
}

pub fn can_have_labs() -> bool {
    // Under `unshare -n` our own loopback is down at first; elsewhere it is up, and this changes nothing.
    let _ = Command::new("ip").args(["link", "set", "lo", "up"]).stderr(Stdio::null()).status();
    let can = Command::new("unshare").args(["--net", "iptables-save"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if can.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(!must_run(), "this test needs network namespaces and iptables, and may not be skipped here");
    println!("skipped: no network namespaces or no iptables here; run as root or under `unshare -Urnm`");
    false
}

impl Lab {
    fn new(shared: Option<RwLockReadGuard<'static, ()>>) -> Lab {
        let (victim, peer) = (sleeper(), sleeper());
        let (v, p) = (victim.id().to_string(), peer.id().to_string());
        inside(&v, &["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", &p]);
        for (pid, address) in [(&v, "10.99.0.1/24"), (&p, "10.99.0.2/24")] {
            inside(pid, &["ip", "address", "add", address, "dev", "eth0"]);
            inside(pid, &["ip", "link", "set", "eth0", "up"]);
            inside(pid, &["ip", "link", "set", "lo", "up"]);
        }
        let (listener, address) = listen(&p);
        let lab = Lab { _shares_the_machine: shared, victim, peer, listener, address };
        // The kernel drops what is sent before its own work has noticed the new link (linkwatch), and a lost SYN is sent again a second later.
        lab.heals_within(Duration::from_secs(10)).expect("the victim reaches its peer");
        lab
    }

    pub fn victim_pid(&self) -> u32 {
        self.victim.id()
    }

    /// How long a new connection from the victim to its peer takes; None when it is cut.
    pub fn connects_in(&self) -> Option<Duration> {
        let output = probe(&self.victim.id().to_string(), &format!("connect {}", self.address)).output().expect("nsenter runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let micros = text.lines().find_map(|line| line.strip_prefix("connected "))?;
        Some(Duration::from_micros(micros.trim().parse().expect("the probe prints microseconds")))
    }

    pub fn is_cut(&self) -> bool {
        self.connects_in().is_none()
    }

    /// Polls from outside until the victim can connect again; how long that took, or None if it did not happen.
    pub fn heals_within(&self, limit: Duration) -> Option<Duration> {
        let asked = Instant::now();
        while asked.elapsed() < limit {
            if !self.is_cut() {
                return Some(asked.elapsed());
            }
        }
        None
    }

    /// All rules and all chains of both families that the kernel did not bring; the first rule ever makes tables that stay, empty.
    pub fn rules(&self) -> String {
        let pid = self.victim.id().to_string();
        ["iptables-save", "ip6tables-save"].map(|tool| rules_and_chains(&inside(&pid, &[tool]))).concat()
    }

    pub fn kill_victim(&mut self) {
        end(&mut self.victim);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        [&mut self.listener, &mut self.victim, &mut self.peer].into_iter().for_each(end);
    }
}

pub fn end(child: &mut Child) {
    // Already ended is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

fn sleeper() -> Child {
    let seconds = AT_MOST.as_secs().to_string();
    let child = Command::new("unshare").args(["--net", "sleep", &seconds]).spawn().expect("unshare runs");
    let own = std::fs::read_link("/proc/self/ns/net").expect("procfs");
    let theirs = format!("/proc/{}/ns/net", child.id());
    while std::fs::read_link(&theirs).is_ok_and(|theirs| theirs == own) {
        std::thread::yield_now();
    }
    child
}

fn inside(pid: &str, command: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        Command::new("nsenter").args(["--net", "--target", pid, "--"]).args(command).output().expect("nsenter runs");
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8_lossy(&stdout).into_owned()
}

/// A chain of someone's own has no policy, so it shows a dash; its counters are left out.
fn rules_and_chains(saved: &str) -> String {
    let ours = |line: &&str| line.starts_with("-A ") || (line.starts_with(':') && line.contains(" - "));
    let lines = saved.lines().filter(ours);
    lines.map(|line| line.split(" [").next().unwrap_or(line)).fold(String::new(), |text, line| text + line + "\n")
}

/// This very test binary, run inside a namespace to do one of the two things below.
fn probe(pid: &str, what: &str) -> Command {
    let own = std::env::current_exe().expect("a test binary");
    let mut command = Command::new("nsenter");
    command.args(["--net", "--target", pid, "--"]).arg(own).args(["--exact", "lab::acts_as_a_probe", "--nocapture"]);
    command.env(PROBE, what);
    command
}

fn listen(pid: &str) -> (Child, SocketAddr) {
    let mut child = probe(pid, "listen").stdout(Stdio::piped()).spawn().expect("nsenter runs");
    let mut said = BufReader::new(child.stdout.take().expect("piped"));
    let port = said.by_ref().lines().map_while(Result::ok).find_map(|line| Some(line.strip_prefix("listening ")?.to_owned()));
    // Kept open: after a minute libtest says that this one is slow, and would die of a closed pipe.
    child.stdout = Some(said.into_inner());
    (child, format!("{PEER}:{}", port.expect("a port")).parse().expect("an address"))
}

/// Not a test of the daemon: with the variable set it is the hand of one, and without it it does nothing.
#[test]
fn acts_as_a_probe() {
    let Ok(what) = std::env::var(PROBE) else { return };
    if what == "tick" {
        return tick();
    }
    match what.strip_prefix("connect ") {
        Some(address) => {
            let asked = Instant::now();
            if TcpStream::connect_timeout(&address.parse().expect("an address"), CUT_AFTER).is_ok() {
                println!("\nconnected {}", asked.elapsed().as_micros());
            }
        }
        None => accept_everyone(),
    }
}

/// Whether the kernel's own bytes are in a process's vDSO, as they are in ours.
pub fn is_pristine(pid: u32) -> bool {
    vdso(&pid.to_string()) == vdso("self")
}

fn vdso(process: &str) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("it lives");
    let line = maps.lines().find(|line| line.ends_with("[vdso]")).expect("every program has one");
    let (start, end) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
    let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).expect("hexadecimal"));
    let mut bytes = vec![0; (end - start) as usize];
    File::open(format!("/proc/{process}/mem")).expect("ours").read_exact_at(&mut bytes, start).expect("mapped");
    bytes
}

/// Whether this is a pid namespace of the tests' own, in which pids may be given out anew; a failure where it must be.
pub fn may_choose_pids() -> bool {
    let may = std::env::var("CHAOSGATE_SANDBOX").is_ok_and(|value| value == "1") && File::open(LAST_PID).is_ok();
    assert!(
        may || !must_run(),
        "this test gives pids out anew, for which it needs scripts/sandbox.sh, and may not be skipped here"
    );
    if !may {
        println!("skipped: not inside scripts/sandbox.sh, and these pids are everybody's");
    }
    may
}

/// Starts a program under a pid that somebody had. Others start programs too, so it may take several attempts.
pub fn start_as(pid: u32, start: impl Fn() -> Child) -> Child {
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(10) {
        std::fs::write(LAST_PID, (pid - 1).to_string()).expect("root of this pid namespace");
        let mut child = start();
        if child.id() == pid {
            return child;
        }
        end(&mut child);
    }
    panic!("pid {pid} could not be had again");
}

/// A line every ten milliseconds, for as long as someone lets it.
fn tick() {
    let started = Instant::now();
    while started.elapsed() < AT_MOST {
        println!("tick");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// This very test binary in a network of its own, ticking.
pub fn ticker() -> Child {
    let own = std::env::current_exe().expect("a test binary");
    let mut command = Command::new("unshare");
    command.arg("--net").arg(own).args(["--exact", "lab::acts_as_a_probe", "--nocapture"]).env(PROBE, "tick");
    command.stdout(Stdio::piped()).spawn().expect("unshare runs")
}

/// Beside other tests, but not beside one that sweeps the machine.
pub fn shares_the_machine() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

pub fn has_the_machine_alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a test that cannot run here must fail.
pub fn must_run() -> bool {
    ["CI", "CHAOSGATE_REQUIRE"].iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()))
}

fn accept_everyone() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    println!("\nlistening {}", listener.local_addr().expect("bound").port());
    std::io::stdout().flush().expect("stdout");
    let started = Instant::now();
    while started.elapsed() < AT_MOST {
        drop(listener.accept());
    }
}
