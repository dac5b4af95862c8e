//! One good message of every kind, from which the others are made.

use chaosgated::contract::inject_request::Fault;
use chaosgated::contract::{
    Bandwidth, ClockFault, CpuPressure, Direction, FileAttributes, FileError, FileIoFault, FileLatency, FileMistake, FileTime,
    FreezeFault, InjectRequest, ListRequest, MemoryPressure, Netem, NetworkFault, Peer, PressureFault, ProcessFault,
    RenewRequest, ResidueRequest, RevertRequest, WatchRequest, memory_pressure,
};
use prost::Message;

use crate::client::{a_partition, by_pid};
use crate::daemon::Site;
use crate::mutants::{self, Dice};

/// So many messages belong to one run: one that was reverted has ended, and none of its faults comes back.
const OF_ONE_RUN: u64 = 64;

pub struct Seeds {
    /// Every kind of fault, without its ticket.
    injects: Vec<InjectRequest>,
    /// As a field of its own, which may stand before the others or behind them.
    ticket: Vec<u8>,
    residue: Vec<u8>,
}

impl Seeds {
    pub fn of(site: &Site, victim: u32, spare: u32) -> Seeds {
        let good = a_partition(site, "f1", victim);
        let ticket = InjectRequest { ticket: good.ticket.clone(), ..Default::default() };
        let without = InjectRequest { ticket: String::new(), deadline_us: 3_000_000, ..good };
        let of = |fault: Fault| InjectRequest { fault: Some(fault), ..without.clone() };
        let kill = InjectRequest { victim: Some(by_pid(spare)), ..of(Fault::Process(ProcessFault { signal: 15 })) };
        let injects = [without.clone(), kill].into_iter().chain(faults().into_iter().map(of)).collect();
        let residue = ResidueRequest { victims: vec![by_pid(victim)] };
        Seeds { injects, ticket: ticket.encode_to_vec(), residue: residue.encode_to_vec() }
    }

    /// A method, and a message that was for it once. Of those that look at what is left there are few: one takes longer than fifty others.
    pub fn any(&self, dice: &mut Dice, number: u64) -> (&'static str, Vec<u8>) {
        let run_id = format!("t1-{}", number / OF_ONE_RUN);
        let fault_id = if dice.one_in(2) { "f1".to_owned() } else { String::new() };
        let (method, message) = match dice.below(200) {
            0..120 => return ("Inject", self.inject(dice, run_id)),
            120..145 => ("Revert", RevertRequest { run_id, fault_id, epoch: 1 }.encode_to_vec()),
            145..168 => ("Renew", RenewRequest { run_id, epoch: 1 }.encode_to_vec()),
            168..180 => ("List", ListRequest { run_id }.encode_to_vec()),
            180..186 => ("Capabilities", Vec::new()),
            186..199 => ("Watch", WatchRequest { run_id }.encode_to_vec()),
            _ => ("Residue", self.residue.clone()),
        };
        let other = dice.pick(&self.injects).encode_to_vec();
        (method, mutants::mutated(dice, &message, &other))
    }

    /// Most have a good ticket, without which nothing else is looked at.
    fn inject(&self, dice: &mut Dice, run_id: String) -> Vec<u8> {
        let other = dice.pick(&self.injects).encode_to_vec();
        let message = InjectRequest { run_id, ..dice.pick(&self.injects).clone() }.encode_to_vec();
        let message = mutants::mutated(dice, &message, &other);
        let ticket = match dice.below(8) {
            0 => mutants::mutated(dice, &self.ticket, &other),
            _ => self.ticket.clone(),
        };
        if dice.one_in(2) { [ticket, message].concat() } else { [message, ticket].concat() }
    }
}

fn faults() -> Vec<Fault> {
    let peer = Peer { cidr: crate::lab::PEER.to_owned(), port: 80, ..Default::default() };
    let named = Peer { name: "nobody".to_owned(), ..Default::default() };
    let network = |peers: &[&Peer]| NetworkFault {
        direction: Direction::Both.into(),
        peers: peers.iter().map(|peer| (*peer).clone()).collect(),
        exempt: vec![peer.clone()],
        device: "eth0".to_owned(),
        reset_established: true,
        ..Default::default()
    };
    let netem = Netem {
        delay_us: 1000,
        jitter_us: 500,
        delay_correlation: 10.0,
        loss: 1.0,
        loss_correlation: 5.0,
        duplicate: 1.0,
        duplicate_correlation: 5.0,
        corrupt: 1.0,
        corrupt_correlation: 5.0,
        seed: 7,
        reorder: 2.0,
        reorder_correlation: 5.0,
        reorder_gap: 3,
        rate: 1_000_000,
    };
    let bandwidth = Bandwidth { rate: 1_000_000, limit: 100_000, buffer: 10_000, peakrate: 2_000_000, minburst: 3_000 };
    let cpu = Some(CpuPressure { workers: 2, load: 50.0 });
    let memory = Some(MemoryPressure { size: Some(memory_pressure::Size::Bytes(32 << 20)) });
    let mut faults = vec![
        Fault::Network(NetworkFault { netem: Some(netem), ..network(&[&peer]) }),
        Fault::Network(NetworkFault { netem: Some(netem), ..network(&[&named]) }),
        Fault::Network(NetworkFault { bandwidth: Some(bandwidth), direction: Direction::From.into(), ..network(&[]) }),
        Fault::Pressure(PressureFault { cpu, memory }),
        Fault::Freeze(FreezeFault {}),
        Fault::Clock(ClockFault { clocks: 3, offset_ns: 150_000_000 }),
    ];
    faults.extend(file_faults().into_iter().map(Fault::FileIo));
    faults
}

fn file_faults() -> [FileIoFault; 4] {
    let file_io = FileIoFault {
        volume_path: "/data".to_owned(),
        path: "/data/**/a*".to_owned(),
        methods: vec![14, 15],
        percent: 50.0,
        seed: 7,
        ..Default::default()
    };
    let time = Some(FileTime { seconds: 1, nanoseconds: 2 });
    let attributes =
        FileAttributes { ino: Some(1), size: Some(2), atime: time, mtime: time, perm: Some(0o644), ..Default::default() };
    [
        FileIoFault { latency: Some(FileLatency { delay_us: 1000 }), ..file_io.clone() },
        FileIoFault { error: Some(FileError { errno: 5 }), ..file_io.clone() },
        FileIoFault { attributes: Some(attributes), ..file_io.clone() },
        FileIoFault {
            mistake: Some(FileMistake { filling: 2, max_occurrences: 2, max_length: 9, alters_data: false }),
            ..file_io
        },
    ]
}
