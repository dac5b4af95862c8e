//! Validated faults. A request enters as a protobuf message and leaves as a value that cannot be out of range;
//! nothing below this file checks a number again. Pure: imports nothing of ours and touches nothing.

mod request;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A share of packets, 0 to 100. NaN, negatives and 150 cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
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
pub enum Direction {
    /// Packets the victim sends to its peers.
    To,
    /// Packets the victim receives from its peers.
    From,
    Both,
}

impl Direction {
    pub fn sends(self) -> bool {
        matches!(self, Direction::To | Direction::Both)
    }

    pub fn receives(self) -> bool {
        matches!(self, Direction::From | Direction::Both)
    }
}

/// An address range and optionally the peer's port. Host bits beyond the prefix are refused at parse time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    pub address: IpAddr,
    pub prefix: u8,
    pub port: Option<u16>,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)?;
        if let Some(port) = self.port {
            write!(f, " port {port}")?;
        }
        Ok(())
    }
}

/// What happens to each packet, with the meaning that sch_netem gives these words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Netem {
    pub delay: Duration,
    pub jitter: Duration,
    pub delay_correlation: Percent,
    pub loss: Percent,
    pub loss_correlation: Percent,
    pub duplicate: Percent,
    pub duplicate_correlation: Percent,
    pub corrupt: Percent,
    pub corrupt_correlation: Percent,
    /// None: seeded from the kernel.
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkAct {
    Netem(Netem),
    Partition,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkFault {
    pub direction: Direction,
    /// Empty: every peer.
    pub peers: Vec<Peer>,
    pub exempt: Vec<Peer>,
    /// None: eth0, or the only device that is not loopback.
    pub device: Option<String>,
    pub act: NetworkAct,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Network(NetworkFault),
    Process(ProcessFault),
}

impl Fault {
    /// The word that Capabilities and List use for what it does; a mixture goes by its first part.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Process(_) => "process-kill",
            Fault::Network(NetworkFault { act: NetworkAct::Partition, .. }) => "partition",
            Fault::Network(NetworkFault { act: NetworkAct::Netem(netem), .. }) => netem.name(),
        }
    }
}

impl Netem {
    fn name(&self) -> &'static str {
        let parts = [
            ("delay", self.delay.is_zero() && self.jitter.is_zero()),
            ("loss", self.loss.is_zero()),
            ("duplicate", self.duplicate.is_zero()),
        ];
        parts.into_iter().find(|(_, is_still)| !is_still).map_or("corrupt", |(name, _)| name)
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
    #[error("network.netem changes nothing: set at least one of delay_us, jitter_us, loss, duplicate, corrupt")]
    NetemOfNothing,
    #[error("the request names no fault: set network or process")]
    NoFault,
    #[error("network has {0} of netem and partition: set exactly one of them")]
    NotOneAct(usize),
    #[error("network.direction is {0}, which this daemon does not know: set TO (1), FROM (2) or BOTH (3)")]
    Direction(i32),
    #[error("network.{field} has {count} entries, more than {most}: join them into wider CIDR ranges")]
    TooManyPeers { field: &'static str, count: usize, most: usize },
    #[error("network.{field}[{at}].cidr is {text:?}: give an IPv4 or IPv6 address, or one with /prefix")]
    PeerAddress { field: &'static str, at: usize, text: String },
    #[error("network.{field}[{at}].cidr is {text:?}: its address has bits set behind the prefix; did you mean {meant}?")]
    PeerHostBits { field: &'static str, at: usize, text: String, meant: String },
    #[error("network.{field}[{at}].port is {port}: give 1 to 65535, or 0 for every port")]
    PeerPort { field: &'static str, at: usize, port: u32 },
    #[error(
        "network.device is {0:?}: a device name has 1 to 15 letters, digits, '.', '-', '_' or '@'; leave it empty for eth0"
    )]
    Device(String),
    #[error("process.signal is {0}: give 9 (KILL) or 15 (TERM)")]
    Signal(i32),
}
