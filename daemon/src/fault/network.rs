//! What a network fault is once it is valid. Pure; percentages, rates and addresses cannot be out of range here.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Fault, Percent};

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

/// A speed that is not zero: a line that carries nothing is a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BytesPerSecond(NonZeroU64);

impl BytesPerSecond {
    /// None for zero.
    pub fn new(raw: u64) -> Option<Self> {
        NonZeroU64::new(raw).map(Self)
    }

    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// How long this line is busy with so many bytes.
    pub fn time_of(self, bytes: usize) -> Duration {
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.get());
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// What happens to each packet, with the meaning that sch_netem gives these words.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The share of candidates that overtakes what is held.
    pub reorder: Percent,
    pub reorder_correlation: Percent,
    /// Every so many packets one is a candidate. Zero: nothing is reordered.
    pub gap: u32,
    pub rate: Option<BytesPerSecond>,
    /// None: seeded from the kernel.
    pub seed: Option<u64>,
}

/// A token bucket with the meaning that sch_tbf gives these words. Sizes in bytes, of whole Ethernet frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bandwidth {
    pub rate: BytesPerSecond,
    /// What may wait; beyond it packets are lost.
    pub limit: u32,
    /// What may pass at once.
    pub buffer: u32,
    pub peak: Option<Peak>,
}

/// The second bucket, which bounds how fast a burst may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    pub rate: BytesPerSecond,
    pub minburst: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkAct {
    Netem(Netem),
    Bandwidth(Bandwidth),
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
    /// Peers whose addresses the victim's own resolver knows.
    pub names: Vec<NamedPeer>,
    /// Whether established connections to the peers end when the fault begins.
    pub resets: bool,
    pub act: NetworkAct,
}

/// A peer by name, and optionally its port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPeer {
    pub name: String,
    pub port: Option<u16>,
}

impl NetworkFault {
    /// Of all traffic in a direction.
    pub fn partition(direction: Direction) -> Self {
        let act = NetworkAct::Partition;
        Self { direction, peers: vec![], exempt: vec![], device: None, names: vec![], resets: false, act }
    }

    /// Whether it is for some packets only.
    pub fn is_filtered(&self) -> bool {
        !(self.peers.is_empty() && self.names.is_empty() && self.exempt.is_empty())
    }
}

impl Fault {
    /// The same fault, which leaves these alone as well.
    pub fn sparing(&self, exempt: &[Peer]) -> Fault {
        match self {
            Fault::Network(network) => {
                let exempt = [network.exempt.as_slice(), exempt].concat();
                Fault::Network(NetworkFault { exempt, ..network.clone() })
            }
            other => other.clone(),
        }
    }
}

impl NetworkAct {
    /// The word for it in Capabilities; a mixture goes by its first part.
    pub fn name(&self) -> &'static str {
        match self {
            NetworkAct::Netem(netem) => netem.name(),
            NetworkAct::Bandwidth(_) => "bandwidth",
            NetworkAct::Partition => "partition",
        }
    }
}

impl Netem {
    fn name(&self) -> &'static str {
        let parts = [
            ("delay", self.delay.is_zero() && self.jitter.is_zero()),
            ("loss", self.loss.is_zero()),
            ("duplicate", self.duplicate.is_zero()),
            ("corrupt", self.corrupt.is_zero()),
        ];
        parts.into_iter().find(|(_, is_still)| !is_still).map_or("rate", |(name, _)| name)
    }
}
