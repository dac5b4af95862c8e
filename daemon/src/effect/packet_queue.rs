//! What netem and tbf do, where the kernel has not all that they need: firewall rules hand the victim's packets to
//! queues, one thread of this process decides as they would, and the packets go on. When the process is gone the rules
//! let everything pass; whoever has the receipt removes them. Memory is bounded, and what does not fit is lost and counted.

mod dice;
mod intake;
mod lane;
mod pace;
mod packet;
mod worker;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::network::iptables::{self, IptablesError, Variant};
use super::network::links::{self, DeviceError};
use super::network::rules::{self, Chain, Heading, Target};
use super::network::{VisitError, probe, visit};
use super::{Effect, Felt, Residue, Swept, swept_at_once};
use crate::effect::netem::limit;
use crate::fault::{Fault, NetworkAct, NetworkFault};
use crate::victim::{NetnsRef, ResolvedVictim};
use dice::Dice;
use intake::Tally;
use lane::{Lane, LaneSettings};
use pace::Pace;
use worker::Worker;

/// Each fault of a victim has one bit of the firewall mark, by which its rules know packets that have been through.
/// The bits are the ones that kube-proxy (0xc000), Istio (0x539) and Cilium (0xf00) leave alone.
/// Packets that any queue of this process has decided on, for its metrics.
pub static PACKETS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

const FIRST_MARK_BIT: u32 = 20;
/// Faults on one victim at a time: one mark bit and two queue numbers each.
const SLOTS: u16 = 8;
const FIRST_QUEUE: u16 = 47_000;
/// How long the probe waits for the victim's own traffic, beside the delay itself.
const PROBE_PATIENCE: Duration = Duration::from_millis(250);
const PROBE_STEP: Duration = Duration::from_millis(2);
const LONGEST_PROBE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PacketQueueReceipt {
    /// The fault's name: what the worker knows its lanes by.
    pub fault: String,
    pub netns: NetnsRef,
    pub variant: Variant,
    pub chains: Vec<Chain>,
}

#[derive(Debug, Error)]
pub enum PacketQueueError {
    #[error("could not put a packet queue on {pod}: {cause}")]
    Visit { pod: String, cause: VisitError },
    #[error("could not put a packet queue on {pod}: {cause}")]
    Device { pod: String, cause: DeviceError },
    #[error("could not put a packet queue on {pod}: {SLOTS} network faults are active there already; revert one first")]
    Crowded { pod: String },
    #[error("could not put a packet queue on {pod}: {why}")]
    Unavailable { pod: String, why: String },
    #[error(
        "could not open packet queue {number} for fault {fault}: {cause}; another program of the victim may use that number"
    )]
    Queue { fault: String, number: u16, cause: io::Error },
    #[error("could not place or remove the firewall rules of fault {fault}: {cause}")]
    Rules { fault: String, cause: IptablesError },
    #[error(
        "could not place the firewall rules of fault {fault}: {cause}; and taking back what was placed failed too: {unwinding}"
    )]
    HalfPlaced { fault: String, cause: IptablesError, unwinding: Box<IptablesError> },
    #[error("could not reach the victim of fault {fault}: {cause}")]
    Unreachable { fault: String, cause: VisitError },
    #[error("could not look for rules in the network of {pod}: {cause}")]
    Blind { pod: String, cause: IptablesError },
    #[error("could not start or reach the packet queue's thread: {0}")]
    Worker(#[from] io::Error),
    #[error("fault {fault} is not one for a packet queue")]
    NotShaping { fault: String },
}

/// Owns the worker thread, which starts with the first fault; undoing alone never starts it.
#[derive(Default)]
pub struct PacketQueueEffect {
    worker: OnceLock<Worker>,
    /// Slots promised to plans that may not be in the kernel yet: (namespace, slot) -> fault.
    promised: Mutex<BTreeMap<(u64, u16), String>>,
}

impl PacketQueueEffect {
    fn sweep_ours(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, PacketQueueError> {
        let found = self.residue(victim)?;
        if !found.is_empty() {
            visit(&victim.netns, iptables::sweep)
                .map_err(|cause| PacketQueueError::Visit { pod: victim.pod.clone(), cause })?
                .map_err(|cause| PacketQueueError::Blind { pod: victim.pod.clone(), cause })?;
        }
        Ok(found)
    }
}

impl Effect for PacketQueueEffect {
    type Receipt = PacketQueueReceipt;
    type Error = PacketQueueError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<PacketQueueReceipt, PacketQueueError> {
        let network = shaping(name, fault)?;
        let pod = || victim.pod.clone();
        let ability = probe::packet_queue();
        let variant =
            ability.variant.ok_or_else(|| PacketQueueError::Unavailable { pod: pod(), why: ability.reason.clone() })?;
        let (device, taken) = visit(&victim.netns, || (links::device_of(network.device.as_deref()), queues_in_use()))
            .map_err(|cause| PacketQueueError::Visit { pod: pod(), cause })?;
        let device = device.map_err(|cause| PacketQueueError::Device { pod: pod(), cause })?;
        let taken = taken.map_err(|cause| PacketQueueError::Blind { pod: pod(), cause })?;
        let slot = self.promise(name, victim.netns.inode, &taken).ok_or_else(|| PacketQueueError::Crowded { pod: pod() })?;
        let chains =
            Heading::of(network).map(|heading| Chain::new(name, heading, &device.name, target(slot, heading))).collect();
        Ok(PacketQueueReceipt { fault: name.to_owned(), netns: victim.netns.clone(), variant, chains })
    }

    fn apply(&self, receipt: &PacketQueueReceipt, fault: &Fault) -> Result<Felt, PacketQueueError> {
        let network = shaping(&receipt.fault, fault)?;
        let worker = self.worker()?;
        let tally = Arc::new(Tally::default());
        let placed = visit(&receipt.netns, || {
            for chain in &receipt.chains {
                worker.attach(&receipt.fault, open_lane(&receipt.fault, chain, &network.act, &tally)?)?;
            }
            place(receipt, network)
        });
        let placed = placed.map_err(|cause| PacketQueueError::Unreachable { fault: receipt.fault.clone(), cause });
        if let Err(error) = placed.and_then(|placed| placed) {
            // The rules that lead to these lanes are gone already, or named in the error.
            worker.detach(&receipt.fault)?;
            self.forget(receipt);
            return Err(error);
        }
        Ok(felt(&tally, &network.act))
    }

    fn undo(&self, receipt: &PacketQueueReceipt) -> Result<(), PacketQueueError> {
        let removed = match visit(&receipt.netns, || remove(receipt)) {
            Ok(removed) => removed,
            Err(VisitError::Gone { .. }) => Ok(()),
            Err(cause) => Err(PacketQueueError::Unreachable { fault: receipt.fault.clone(), cause }),
        };
        // Rules first: packets that come after this find no rule, and those inside are let go.
        let detached = self.worker.get().map_or(Ok(()), |worker| worker.detach(&receipt.fault));
        self.forget(receipt);
        removed.and(detached.map_err(PacketQueueError::from))
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, PacketQueueError> {
        let place = format!("netns {} ({})", victim.netns.inode, victim.pod);
        match visit(&victim.netns, || iptables::residue(&place)) {
            Ok(residue) => residue.map_err(|cause| PacketQueueError::Blind { pod: victim.pod.clone(), cause }),
            Err(VisitError::Gone { .. }) => Ok(Vec::new()),
            Err(cause) => Err(PacketQueueError::Visit { pod: victim.pod.clone(), cause }),
        }
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<PacketQueueError> {
        swept_at_once(self.sweep_ours(victim))
    }
}

impl PacketQueueEffect {
    fn worker(&self) -> io::Result<&Worker> {
        if let Some(worker) = self.worker.get() {
            return Ok(worker);
        }
        let started = Worker::start()?;
        // Two first faults at once: one thread wins, the other ends because nobody holds its commands.
        Ok(self.worker.get_or_init(|| started))
    }

    /// The lowest slot that neither the kernel nor another plan uses. The same fault keeps its slot.
    fn promise(&self, fault: &str, netns: u64, taken: &[u16]) -> Option<u16> {
        let mut promised = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
        let own = promised.iter().find(|((inode, _), owner)| *inode == netns && owner.as_str() == fault);
        if let Some(((_, slot), _)) = own {
            return Some(*slot);
        }
        let free = (0..SLOTS).find(|slot| !taken.contains(slot) && !promised.contains_key(&(netns, *slot)))?;
        promised.insert((netns, free), fault.to_owned());
        Some(free)
    }

    fn forget(&self, receipt: &PacketQueueReceipt) {
        let mut promised = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
        promised.retain(|(inode, _), owner| *inode != receipt.netns.inode || *owner != receipt.fault);
    }
}

fn shaping<'a>(name: &str, fault: &'a Fault) -> Result<&'a NetworkFault, PacketQueueError> {
    match fault {
        Fault::Network(network @ NetworkFault { act: NetworkAct::Netem(_) | NetworkAct::Bandwidth(_), .. }) => Ok(network),
        _ => Err(PacketQueueError::NotShaping { fault: name.to_owned() }),
    }
}

fn target(slot: u16, heading: Heading) -> Target {
    let number = FIRST_QUEUE + 2 * slot + u16::from(heading == Heading::In);
    Target::Queue { number, mark: 1 << (FIRST_MARK_BIT + u32::from(slot)) }
}

/// The slots whose queue numbers appear in any rule of the namespace.
fn queues_in_use() -> Result<Vec<u16>, IptablesError> {
    let mut taken = Vec::new();
    for (variant, family) in iptables::tables_here() {
        let listing = match iptables::list(variant, family) {
            // An implementation that is not installed has no rules to collide with.
            Err(IptablesError::NotInstalled { .. }) => continue,
            listing => listing?,
        };
        let ours = rules::queues_in(&listing).filter(|number| (FIRST_QUEUE..FIRST_QUEUE + 2 * SLOTS).contains(number));
        taken.extend(ours.map(|number| (number - FIRST_QUEUE) / 2));
    }
    Ok(taken)
}

fn open_lane(fault: &str, chain: &Chain, act: &NetworkAct, tally: &Arc<Tally>) -> Result<Lane, PacketQueueError> {
    let Target::Queue { number, mark } = chain.target else {
        return Err(PacketQueueError::NotShaping { fault: fault.to_owned() });
    };
    let refused = |cause| PacketQueueError::Queue { fault: fault.to_owned(), number, cause };
    let (dice, needs_bytes, most_held) = match act {
        NetworkAct::Netem(netem) => {
            let seed = netem.seed.unwrap_or_else(|| RandomState::new().hash_one(number));
            let changes_or_doubles = !netem.corrupt.is_zero() || !netem.duplicate.is_zero();
            // Both headings of one seeded fault throw differently, and each the same every time.
            (Dice::new(netem, seed ^ u64::from(number & 1)), changes_or_doubles, limit(netem) as usize)
        }
        // The bucket bounds its own queue, in bytes.
        NetworkAct::Bandwidth(_) | NetworkAct::Partition => (Dice::of_nothing(), false, usize::MAX),
    };
    let settings = LaneSettings {
        heading: chain.heading,
        number,
        mark,
        device: &chain.device,
        mtu: links::mtu_of(&chain.device).map_err(refused)?,
        needs_bytes,
        most_held,
    };
    Lane::open(&settings, dice, Pace::of(act), Arc::clone(tally)).map_err(refused)
}

fn place(receipt: &PacketQueueReceipt, network: &NetworkFault) -> Result<(), PacketQueueError> {
    let fault = || receipt.fault.clone();
    let placed = iptables::place(receipt.variant, &receipt.chains, network);
    placed.map_err(|cause| match iptables::remove_chains(receipt.variant, &receipt.chains) {
        Ok(()) => PacketQueueError::Rules { fault: fault(), cause },
        Err(unwinding) => PacketQueueError::HalfPlaced { fault: fault(), cause, unwinding: Box::new(unwinding) },
    })
}

fn remove(receipt: &PacketQueueReceipt) -> Result<(), PacketQueueError> {
    iptables::remove_chains(receipt.variant, &receipt.chains)
        .map_err(|cause| PacketQueueError::Rules { fault: receipt.fault.clone(), cause })
}

/// Watches the victim's own traffic for a moment: nothing is sent to a peer that did not ask for it.
fn felt(tally: &Tally, act: &NetworkAct) -> Felt {
    let delay = match act {
        NetworkAct::Netem(netem) => netem.delay + netem.jitter,
        NetworkAct::Bandwidth(_) | NetworkAct::Partition => Duration::ZERO,
    };
    let patience = (PROBE_PATIENCE + delay).min(LONGEST_PROBE);
    let start = Instant::now();
    while acted_on(tally) == 0 && start.elapsed() < patience {
        thread::sleep(PROBE_STEP);
    }
    let (seen, acted_on) = (tally.seen.load(Relaxed), acted_on(tally));
    let held = Duration::from_nanos(tally.first_held_ns.load(Relaxed));
    let how = match (seen, acted_on) {
        (0, _) => format!("no packet of the victim matched within {} ms", patience.as_millis()),
        (_, 0) => format!("{seen} packets matched, and chance has struck none of them yet"),
        _ if held.is_zero() => format!("{acted_on} of the first {seen} matching packets were struck"),
        _ => format!("the first matching packet was held for {:.1} ms", held.as_secs_f64() * 1e3),
    };
    Felt { measured: acted_on > 0, felt: acted_on > 0, how }
}

fn acted_on(tally: &Tally) -> u64 {
    [&tally.delayed, &tally.lost, &tally.duplicated, &tally.corrupted, &tally.overflowed]
        .iter()
        .map(|count| count.load(Relaxed))
        .sum()
}
