//! A hundred victims, a fault for each, and what each of them feels: 40 partitions, 20 delays by the packet queue, 20 clocks, 10 volumes,
//! 5 frozen containers, 3 under CPU pressure and 2 under memory pressure.

use std::path::PathBuf;
use std::time::Duration;

use chaosgated::contract::inject_request::Fault;
use chaosgated::contract::{
    CpuPressure, Direction, FileMethod, FreezeFault, InjectRequest, Netem, NetworkFault, Partition, Peer, PressureFault,
    inject_request,
};

use crate::client::by_pid;
use crate::daemon::Site;
use crate::faults::latency;
use crate::groups::{Group, Version};
use crate::hand::Hand;
use crate::scene::{Ticker, bytes, cores_used, memory_used, pressure};
use crate::streets::{HUB, Streets};
use crate::victims::{MS, Program, REALTIME, Victim};

pub const PARTITIONS: usize = 40;
pub const QUEUES: usize = 20;
const CLOCKS: usize = 20;
const VOLUMES: usize = 10;
const FROZEN: usize = 5;
const PRESSED: usize = 3;
const FILLED: usize = 2;
pub const ALL: usize = PARTITIONS + QUEUES + CLOCKS + VOLUMES + FROZEN + PRESSED + FILLED;

const DELAY: Duration = Duration::from_millis(20);
const SKEW: i64 = 150 * MS;
const LATE_MS: u64 = 30;
const MEMORY: u64 = 32 << 20;
/// Of a core, for each. Three of these leave the machine to those who measure.
const LOAD: f32 = 5.0;
const FELT_CORES: f64 = 0.03;

pub struct Container {
    pub group: Group,
    pub ticker: Ticker,
}

impl Container {
    pub fn new(needs: &[&'static str]) -> Container {
        let group = a_group(needs);
        Container { ticker: Ticker::start_in(&group), group }
    }
}

pub struct Crowd {
    streets: Streets,
    /// Each in a cgroup of its own, as a container is.
    clocks: Vec<(Victim, Group)>,
    hands: Vec<(Hand, PathBuf)>,
    frozen: Vec<Container>,
    pressed: Vec<Container>,
    filled: Vec<Container>,
}

impl Crowd {
    /// A thousand datagrams a second go through the delays, and a thousand more meet the partitions.
    pub fn gather(site: &Site) -> Crowd {
        let containers = |count, needs: &[&'static str]| (0..count).map(|_| Container::new(needs)).collect();
        Crowd {
            streets: Streets::with_lanes(&[PARTITIONS, QUEUES]),
            clocks: (0..CLOCKS).map(|_| a_clock()).collect(),
            hands: (0..VOLUMES).map(|number| a_hand(site, number)).collect(),
            frozen: containers(FROZEN, &["freezer"]),
            pressed: containers(PRESSED, &["cpu", "cpuacct"]),
            filled: containers(FILLED, &["cpu", "memory"]),
        }
    }

    /// A fault for each, in the order of the kinds, as a run of that name.
    pub fn requests(&self, site: &Site, run: &str) -> Vec<InjectRequest> {
        let in_streets = (0..PARTITIONS + QUEUES)
            .map(|number| (self.streets.pid(number), if number < PARTITIONS { a_partition() } else { a_delay(DELAY) }));
        let clocks = self.clocks.iter().map(|(victim, _)| {
            (victim.pid(), Fault::Clock(chaosgated::contract::ClockFault { clocks: REALTIME, offset_ns: SKEW }))
        });
        let hands = self.hands.iter().map(|(hand, volume)| {
            (hand.pid(), Fault::FileIo(latency(&volume.display().to_string(), LATE_MS, &[FileMethod::Read])))
        });
        let of = |containers: &'_ [Container], fault: Fault| -> Vec<(u32, Fault)> {
            containers.iter().map(|one| (one.ticker.pid(), fault.clone())).collect()
        };
        let cpu = pressure(PressureFault { cpu: Some(CpuPressure { workers: 1, load: LOAD }), memory: None });
        let memory = pressure(PressureFault { cpu: None, memory: Some(bytes(MEMORY)) });
        let all = in_streets.chain(clocks).chain(hands).chain(of(&self.frozen, Fault::Freeze(FreezeFault {})));
        let all = all.chain(of(&self.pressed, cpu)).chain(of(&self.filled, memory));
        all.enumerate().map(|(number, (pid, fault))| request(site, run, &format!("f{number}"), pid, fault)).collect()
    }

    /// How many of each kind feel their fault now, by what they themselves and the kernel's counters say.
    pub fn who_feels(&mut self) -> [usize; 7] {
        let before = self.streets.counts();
        std::thread::sleep(Duration::from_millis(500));
        let after = self.streets.counts();
        let is_cut = |number: &usize| after[*number] == before[*number];
        let is_late = |number: &usize| !is_cut(number) && self.streets.took(*number) >= DELAY;
        [
            (0..PARTITIONS).filter(is_cut).count(),
            (PARTITIONS..PARTITIONS + QUEUES).filter(is_late).count(),
            self.clocks.iter_mut().filter_map(|(victim, _)| (victim.is_off_by() > SKEW / 2).then_some(())).count(),
            self.hands
                .iter_mut()
                .filter_map(|(hand, _)| (hand.does("pread f 0 5").ms() >= LATE_MS as f64).then_some(()))
                .count(),
            self.frozen.iter().filter(|one| one.ticker.ticks_in(Duration::from_millis(150)) == 0).count(),
            self.pressed.iter().filter(|one| cores_used(&one.group, Duration::from_millis(500)) > FELT_CORES).count(),
            self.filled.iter().filter(|one| memory_used(&one.group) > MEMORY * 3 / 4).count(),
        ]
    }

    pub fn assert_all_feel(&mut self) {
        assert_eq!(self.who_feels(), [PARTITIONS, QUEUES, CLOCKS, VOLUMES, FROZEN, PRESSED, FILLED]);
    }

    /// The control of every other figure: the same observers, the same victims, no fault.
    pub fn assert_nobody_feels(&mut self) {
        assert_eq!(self.who_feels(), [0; 7]);
    }

    /// Datagrams that came out of the queues so far.
    pub fn delayed(&self) -> u64 {
        self.streets.counts()[PARTITIONS..].iter().sum()
    }
}

fn a_group(needs: &[&'static str]) -> Group {
    let group = [Version::V1, Version::V2].into_iter().find_map(|version| Group::new(version, needs));
    group.expect("figures need cgroups")
}

fn a_clock() -> (Victim, Group) {
    let victim = Victim::start(Program::C, &[]).expect("figures need a C compiler");
    let group = a_group(&["freezer"]);
    group.take_in(victim.pid());
    (victim, group)
}

fn a_hand(site: &Site, number: usize) -> (Hand, PathBuf) {
    let volume = site.dir.join(format!("volume-{number}"));
    std::fs::create_dir_all(&volume).expect("writable");
    std::fs::write(volume.join("a"), "alpha").expect("writable");
    let mut hand = Hand::new();
    hand.does(&format!("open f {}/a rw", volume.display())).text();
    (hand, volume)
}

pub fn a_partition() -> Fault {
    network(NetworkFault { partition: Some(Partition {}), ..NetworkFault::default() })
}

pub fn a_delay(by: Duration) -> Fault {
    let netem = Netem { delay_us: by.as_micros() as u64, ..Netem::default() };
    network(NetworkFault { netem: Some(netem), ..NetworkFault::default() })
}

fn network(fault: NetworkFault) -> Fault {
    let peers = vec![Peer { cidr: HUB.to_owned(), ..Default::default() }];
    inject_request::Fault::Network(NetworkFault { direction: Direction::To.into(), peers, ..fault })
}

pub fn request(site: &Site, run: &str, fault_id: &str, pid: u32, fault: Fault) -> InjectRequest {
    let mut claims = site.claims();
    claims["limits"]["max_pods"] = 1000.into();
    claims["limits"]["max_duration_seconds"] = 600.into();
    InjectRequest {
        ticket: site.sign(&claims),
        run_id: run.to_owned(),
        fault_id: fault_id.to_owned(),
        epoch: 1,
        victim: Some(by_pid(pid)),
        deadline_us: 300_000_000,
        fault: Some(fault),
    }
}
