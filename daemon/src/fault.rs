//! Validated faults. A request enters as a protobuf message and leaves as a value that cannot be out of range;
//! nothing below this file checks a number again. Pure: imports nothing of ours and touches nothing.

pub mod file_io;
mod network;
mod network_request;
mod request;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Far above the cores of any node; each is a thread on the victim's account.
pub const MOST_WORKERS: u32 = 256;
/// Less is lost in what a process takes merely by being there.
pub const LEAST_MEMORY: u64 = 1 << 20;
pub use network::{Bandwidth, BytesPerSecond, Direction, NamedPeer, Netem, NetworkAct, NetworkFault, Peak, Peer};

/// A share of packets, 0 to 100. NaN, negatives and 150 cannot be one.
#[derive(Debug, Default, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Percent(f32);

impl Percent {
    pub const ZERO: Percent = Percent(0.0);

    /// 0.0 to 1.0.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0.0
    }
}

impl TryFrom<f32> for Percent {
    type Error = InvalidFault;

    fn try_from(raw: f32) -> Result<Self, InvalidFault> {
        if (0.0..=100.0).contains(&raw) { Ok(Self(raw)) } else { Err(InvalidFault::PercentOutOfRange(raw)) }
    }
}

impl From<Percent> for f32 {
    fn from(percent: Percent) -> f32 {
        percent.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessFault {
    Kill,
    Terminate,
}

impl ProcessFault {
    pub fn number(self) -> i32 {
        match self {
            ProcessFault::Kill => libc::SIGKILL,
            ProcessFault::Terminate => libc::SIGTERM,
        }
    }
}

impl fmt::Display for ProcessFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProcessFault::Kill => "SIGKILL",
            ProcessFault::Terminate => "SIGTERM",
        })
    }
}

/// Which clocks, by their numbers in Linux (`CLOCK_REALTIME` is 0). None that counts CPU time can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClockSet(u32);

impl ClockSet {
    /// The clocks that tell a time of day or a time since boot: REALTIME, MONOTONIC, MONOTONIC_RAW, REALTIME_COARSE,
    /// MONOTONIC_COARSE, BOOTTIME, REALTIME_ALARM, BOOTTIME_ALARM, TAI.
    pub const ALL: ClockSet = ClockSet(0b1011_1111_0011);
    /// Of these, the ones that count from boot: they are never negative, and programs rely on it.
    const SINCE_BOOT: u32 = 0b0010_1101_0010;

    /// What of a mask is a clock that can be skewed.
    pub fn of_mask(mask: u32) -> ClockSet {
        ClockSet(mask & ClockSet::ALL.0)
    }

    pub fn mask(self) -> u32 {
        self.0
    }

    pub fn has(self, clock: usize) -> bool {
        clock < 32 && self.0 >> clock & 1 == 1
    }

    pub fn counts_from_boot(self) -> bool {
        self.0 & ClockSet::SINCE_BOOT != 0
    }
}

/// A clock of the victim is wrong by so much from now on. Never zero, and at most a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFault {
    pub clocks: ClockSet,
    pub offset_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Network(NetworkFault),
    Process(ProcessFault),
    /// Every process of the container stands still until it is thawed.
    Freeze,
    Pressure(PressureFault),
    FileIo(file_io::FileIoFault),
    Clock(ClockFault),
}

/// Load on the victim's own account; at least one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PressureFault {
    pub cpu: Option<CpuPressure>,
    pub memory: Option<MemorySize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CpuPressure {
    pub workers: u16,
    /// Of one core, by each worker.
    pub load: Percent,
}

/// All that is taken together, the kernel's own pages for it included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemorySize {
    Bytes(u64),
    OfTheLimit(Percent),
}

impl Fault {
    /// The word that Capabilities and List use for what it does; a mixture goes by its first part.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Process(_) => "process-kill",
            Fault::Freeze => "process-freeze",
            Fault::Pressure(PressureFault { cpu: Some(_), .. }) => "cpu-pressure",
            Fault::Pressure(_) => "memory-pressure",
            Fault::FileIo(_) => "file-io",
            Fault::Clock(_) => "clock-skew",
            Fault::Network(NetworkFault { act, .. }) => act.name(),
        }
    }
}

#[derive(Debug, Error, PartialEq)]
pub enum InvalidFault {
    #[error("{0} is not a percentage: give a number from 0 to 100")]
    PercentOutOfRange(f32),
    #[error("network.netem.{field} is {raw}, which is not a percentage: give a number from 0 to 100")]
    NetemPercent { field: &'static str, raw: f32 },
    #[error(
        "network.netem.{field} is {raw} us, longer than {most} us: a fault that holds packets longer is a partition, so use that"
    )]
    NetemDelay { field: &'static str, raw: u64, most: u64 },
    #[error("network.netem changes nothing: set at least one of delay_us, jitter_us, loss, duplicate, corrupt, rate")]
    NetemOfNothing,
    #[error("network.netem.reorder without delay_us reorders nothing: packets overtake only those that are held")]
    ReorderWithoutDelay,
    #[error("network.bandwidth.{field} is {raw}: {meant}")]
    Bandwidth { field: &'static str, raw: u64, meant: &'static str },
    #[error("the request names no fault: set network, process, freeze, pressure, file_io or clock")]
    NoFault,
    #[error("network has {0} of netem, partition and bandwidth: set exactly one of them")]
    NotOneAct(usize),
    #[error("network.direction is {0}, which this daemon does not know: set TO (1), FROM (2) or BOTH (3)")]
    Direction(i32),
    #[error("network.{field} has {count} entries, more than {most}: join them into wider CIDR ranges")]
    TooManyPeers { field: &'static str, count: usize, most: usize },
    #[error("network.{field}[{at}].cidr is {text:?}: give an IPv4 or IPv6 address, or one with /prefix")]
    PeerAddress { field: &'static str, at: usize, text: String },
    #[error("network.{field}[{at}].name is {text:?}: {meant}")]
    PeerName { field: &'static str, at: usize, text: String, meant: &'static str },
    #[error("network.{field}[{at}].cidr is {text:?}: its address has bits set behind the prefix; did you mean {meant}?")]
    PeerHostBits { field: &'static str, at: usize, text: String, meant: String },
    #[error("network.{field}[{at}].port is {port}: give 1 to 65535, or 0 for every port")]
    PeerPort { field: &'static str, at: usize, port: u32 },
    #[error(
        "network.device is {0:?}: a device name has 1 to 15 letters, digits, '.', '-', '_' or '@'; leave it empty for eth0"
    )]
    Device(String),
    #[error("clock.clocks is {0:#x}: set bits of clocks that can be skewed, which are {all:#x}", all = ClockSet::ALL.mask())]
    Clocks(u32),
    #[error("clock.offset_ns is {raw}: give an offset other than 0 and at most {most} either way")]
    ClockOffset { raw: i64, most: i64 },
    #[error("process.signal is {0}: give 9 (KILL) or 15 (TERM)")]
    Signal(i32),
    #[error("pressure presses nothing: set cpu, memory or both")]
    PressureOfNothing,
    #[error("pressure.cpu.workers is {0}: give 1 to {most}, since more threads than that are a load on the node", most = MOST_WORKERS)]
    Workers(u32),
    #[error("pressure.cpu.load is {0}: give more than 0 and at most 100, which is a whole core for each worker")]
    Load(f32),
    #[error("pressure.memory.bytes is {0}: give {least} or more, or a percentage of the limit", least = LEAST_MEMORY)]
    MemoryBytes(u64),
    #[error("pressure.memory.percent_of_limit is {0}: give more than 0 and at most 100")]
    MemoryPercent(f32),
    #[error("pressure.memory has no size: set bytes or percent_of_limit")]
    NoMemorySize,
    #[error("file_io.volume_path is {0:?}: give an absolute path below /, without '.', '..' or empty parts")]
    VolumePath(String),
    #[error("file_io.path is {length} bytes long: a path has at most {most}")]
    PathGlob { length: usize, most: usize },
    #[error("file_io.methods has {0}, which this daemon does not know: see FileMethod, or leave it empty for all")]
    FileMethod(i32),
    #[error("file_io.percent is {0}, which is not a percentage: give a number from 0 to 100")]
    FilePercent(f32),
    #[error("file_io has {0} of latency, error, attributes and mistake: set exactly one of them")]
    NotOneFileAct(usize),
    #[error("file_io.latency.delay_us is {raw}: give 1 to {most}")]
    FileDelay { raw: u64, most: u64 },
    #[error("file_io.error.errno is {raw}: give 1 to {most}, as Linux numbers its errors")]
    Errno { raw: u32, most: u32 },
    #[error("file_io.attributes.{field} is {raw:#o}: only the bits of {mask:#o} can be set")]
    AttributeBits { field: &'static str, raw: u32, mask: u32 },
    #[error("file_io.attributes.{field}.nanoseconds is {raw}: give less than 1000000000")]
    FileTime { field: &'static str, raw: u32 },
    #[error("file_io.attributes changes nothing: set at least one attribute")]
    AttributesOfNothing,
    #[error("file_io.mistake.filling is {0}: give ZERO (1) or RANDOM (2)")]
    Filling(i32),
    #[error("file_io.mistake.{field} is {raw}: give 1 to {most}")]
    MistakeBounds { field: &'static str, raw: u32, most: u32 },
    #[error(
        "file_io.mistake on writes alters the victim's files for good, and no undo brings them back: set alters_data where the policy permits it, or choose the method READ"
    )]
    AltersData,
}
