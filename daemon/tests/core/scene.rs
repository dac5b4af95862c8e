//! A victim that ticks in a cgroup of its own, a neighbour that ticks in another, and what each of them is seen to do.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

use chaosgated::contract::{
    CpuPressure, FreezeFault, InjectRequest, MemoryPressure, PressureFault, inject_request, memory_pressure,
};

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::groups::{Group, Version};
use crate::lab;

/// A process whose progress is counted through a pipe.
pub struct Ticker {
    pub child: Child,
    ticks: Arc<AtomicU64>,
}

impl Ticker {
    pub fn start_in(group: &Group) -> Ticker {
        Ticker::taken_in(lab::ticker(), group)
    }

    /// Under a pid that somebody had.
    pub fn start_as_in(pid: u32, group: &Group) -> Ticker {
        Ticker::taken_in(lab::start_as(pid, lab::ticker), group)
    }

    fn taken_in(mut child: Child, group: &Group) -> Ticker {
        group.take_in(child.id());
        let ticks = Arc::new(AtomicU64::new(0));
        let (counted, lines) = (Arc::clone(&ticks), BufReader::new(child.stdout.take().expect("piped")));
        thread::spawn(move || {
            for _line in lines.lines().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let ticker = Ticker { child, ticks };
        let asked = Instant::now();
        while ticker.ticks.load(Ordering::Relaxed) < 5 {
            assert!(asked.elapsed() < Duration::from_secs(10), "the ticker does not tick");
            thread::sleep(Duration::from_millis(5));
        }
        ticker
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ticks in so long a look.
    pub fn ticks_in(&self, look: Duration) -> u64 {
        let before = self.ticks.load(Ordering::Relaxed);
        thread::sleep(look);
        self.ticks.load(Ordering::Relaxed) - before
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        lab::end(&mut self.child);
    }
}

/// What is done to the victim, and by which version of cgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Freeze(Version),
    /// Two workers of half a core each.
    Cpu(Version),
    Memory(Version),
}

pub const ACTS: [Act; 6] = [
    Act::Freeze(Version::V1),
    Act::Freeze(Version::V2),
    Act::Cpu(Version::V1),
    Act::Cpu(Version::V2),
    Act::Memory(Version::V1),
    Act::Memory(Version::V2),
];

pub const MEMORY: u64 = 32 << 20;
/// A ticker alone is near 0.01; on a machine that does other things the two workers may get far less than a core.
const FELT_CORES: f64 = 0.04;

impl Act {
    pub fn version(self) -> Version {
        let (Act::Freeze(version) | Act::Cpu(version) | Act::Memory(version)) = self;
        version
    }

    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Act::Freeze(_) => &["freezer"],
            Act::Cpu(_) => &["cpu", "cpuacct"],
            Act::Memory(_) => &["cpu", "memory"],
        }
    }

    /// A frozen group stands on its own; a process of the daemon's ends with it.
    pub fn stays_without_a_daemon(self) -> bool {
        matches!(self, Act::Freeze(_))
    }

    pub fn fault(self) -> inject_request::Fault {
        match self {
            Act::Freeze(_) => inject_request::Fault::Freeze(FreezeFault {}),
            Act::Cpu(_) => pressure(PressureFault { cpu: Some(CpuPressure { workers: 2, load: 50.0 }), memory: None }),
            Act::Memory(_) => pressure(PressureFault { cpu: None, memory: Some(bytes(MEMORY)) }),
        }
    }
}

pub fn pressure(fault: PressureFault) -> inject_request::Fault {
    inject_request::Fault::Pressure(fault)
}

pub fn bytes(bytes: u64) -> MemoryPressure {
    MemoryPressure { size: Some(memory_pressure::Size::Bytes(bytes)) }
}

pub struct Scene {
    pub act: Act,
    /// Dropped before the processes: who waits for one that is frozen waits for ever.
    pub group: Group,
    neighbours_group: Group,
    pub victim: Ticker,
    pub neighbour: Ticker,
    pub site: Site,
    _shares: Option<RwLockReadGuard<'static, ()>>,
}

impl Scene {
    /// None where this machine cannot have it, and then it has been said why.
    pub fn of(act: Act, name: &str) -> Option<Scene> {
        let shares = lab::shares_the_machine();
        Scene { _shares: Some(shares), ..Scene::alone(act, name)? }.into()
    }

    /// For a test that has the machine for itself.
    pub fn alone(act: Act, name: &str) -> Option<Scene> {
        let group = Group::new(act.version(), act.needs())?;
        let neighbours_group = Group::new(act.version(), act.needs())?;
        let victim = Ticker::start_in(&group);
        let neighbour = Ticker::start_in(&neighbours_group);
        let site = Site::new(&format!("{name}-{}", victim.pid()));
        Some(Scene { act, victim, neighbour, group, neighbours_group, site, _shares: None })
    }

    pub fn request(&self, fault: &str) -> InjectRequest {
        InjectRequest { fault: Some(self.act.fault()), ..a_partition(&self.site, fault, self.victim.pid()) }
    }

    /// Puts the fault on, and the victim feels it while its neighbour does not.
    pub fn hit(&self, daemon: &Daemon) -> Runner {
        assert!(!self.is_felt(), "{:?}: nothing is felt before", self.act);
        let mut runner = Runner::of(&self.site, daemon);
        let receipt = runner.inject(self.request("f1")).expect("a permitted fault").receipt.expect("a receipt");
        let felt = receipt.felt.expect("felt");
        assert!(felt.measured && felt.felt, "{:?}: {felt:?}", self.act);
        self.assert_felt_by_the_victim_alone();
        assert_eq!(self.site.records(), 1);
        runner
    }

    pub fn assert_felt_by_the_victim_alone(&self) {
        assert!(self.is_felt(), "{:?}: the victim feels it", self.act);
        assert!(!self.is_felt_by_the_neighbour(), "{:?}: the neighbour does not", self.act);
    }

    pub fn is_felt(&self) -> bool {
        self.is_felt_by(&self.victim, &self.group)
    }

    pub fn is_felt_by_the_neighbour(&self) -> bool {
        self.is_felt_by(&self.neighbour, &self.neighbours_group)
    }

    fn is_felt_by(&self, who: &Ticker, group: &Group) -> bool {
        match self.act {
            Act::Freeze(_) => {
                let stands = || who.ticks_in(Duration::from_millis(150)) == 0;
                // What was told before is counted late where the counter waits for a processor: who differs is heard once more.
                let stood = stands();
                let stands = if stood == group.is_frozen() { stood } else { stands() };
                assert_eq!(stands, group.is_frozen(), "the kernel's word and the victim's own agree");
                stands
            }
            Act::Cpu(_) => cores_used(group, Duration::from_millis(300)) > FELT_CORES,
            Act::Memory(_) => memory_used(group) > MEMORY * 3 / 4,
        }
    }

    pub fn heals_within(&self, limit: Duration) -> Option<Duration> {
        let asked = Instant::now();
        while asked.elapsed() < limit {
            if !self.has_marks() && !self.is_felt() {
                return Some(asked.elapsed());
            }
        }
        None
    }

    pub fn assert_healed(&self) {
        assert!(!self.is_felt(), "{:?}: nothing is felt any more", self.act);
        // The record goes after the fault, so that a daemon that dies between the two undoes once more; and a stressor that was killed
        // has given its memory back before it leaves its groups.
        let asked = Instant::now();
        while (self.has_marks() || self.site.records() > 0) && asked.elapsed() < Duration::from_secs(2) {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!self.has_marks(), "{:?}: nothing of ours is left in its cgroup", self.act);
        assert_eq!(self.site.records(), 0, "{:?}: nothing is left on record", self.act);
    }

    /// Processes in the victim's group that are not the victim.
    pub fn strangers(&self) -> Vec<u32> {
        let mut members = self.group.members("cpu");
        members.retain(|member| *member != self.victim.pid());
        members
    }

    /// What the daemon leaves in the victim's groups: a mark, or a process that is not the victim's.
    pub fn has_marks(&self) -> bool {
        match self.act {
            Act::Freeze(_) => attributes(self.group.dir("freezer")).contains("trusted.chaosgate."),
            Act::Cpu(_) | Act::Memory(_) => !self.strangers().is_empty(),
        }
    }
}

/// Cores that the kernel counted for the group in so long a look.
pub fn cores_used(group: &Group, look: Duration) -> f64 {
    let (before, started) = (cpu_time(group), Instant::now());
    thread::sleep(look);
    (cpu_time(group) - before).as_secs_f64() / started.elapsed().as_secs_f64()
}

fn cpu_time(group: &Group) -> Duration {
    match group.version {
        Version::V1 => Duration::from_nanos(group.read("cpuacct", "cpuacct.usage").trim().parse().expect("a number")),
        Version::V2 => {
            let stat = group.read("cpuacct", "cpu.stat");
            let used = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")).expect("counted always");
            Duration::from_micros(used.parse().expect("a number"))
        }
    }
}

pub fn memory_used(group: &Group) -> u64 {
    let file = if group.version == Version::V1 { "memory.usage_in_bytes" } else { "memory.current" };
    group.read("memory", file).trim().parse().expect("a number")
}

/// Seconds that the process's threads waited for a CPU while they could have run (schedstat, second figure).
pub fn waited(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("alive").map_while(Result::ok);
    let of = |path: std::path::PathBuf| std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
    let nanos = |text: String| text.split(' ').nth(1).and_then(|word| word.parse::<f64>().ok()).unwrap_or_default();
    tasks.map(|task| nanos(of(task.path()))).sum::<f64>() / 1e9
}

/// The kernel charges in batches of 64 pages for each CPU before it knows that they are used (MEMCG_CHARGE_BATCH).
pub fn room_for_batches() -> u64 {
    const BATCH: u64 = 64 * 4096;
    BATCH * thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// The names of all extended attributes, zero bytes between them, read by the system's own library through Python.
fn attributes(dir: &std::path::Path) -> String {
    let program = "import os,sys; print(*os.listxattr(sys.argv[1]))";
    let output = std::process::Command::new("python3").args(["-c", program]).arg(dir).output().expect("python3 runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
