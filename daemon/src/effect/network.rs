//! Network faults: which effect does one, on which device, by which back end, and why that one.
//! A fault and a victim come in, a receipt and then rules, queues or qdiscs in the victim's namespace go out.
//! Nothing here decides whom to hit; nothing here touches a namespace other than the victim's.

pub mod iptables;
pub mod links;
pub mod probe;
pub mod rules;

use std::fs::File;
use std::io;

use thiserror::Error;

use super::netem::{NetemEffect, NetemError};
use super::packet_queue::{PacketQueueEffect, PacketQueueError};
use super::partition::{PartitionEffect, PartitionError};
use super::{BackEnd, Capability, Effect, Felt, Receipt, Residue};
use crate::fault::{Fault, NetworkAct, NetworkFault};
use crate::sys::netns;
use crate::victim::{NetnsRef, ResolvedVictim};
use probe::Ability;

#[derive(Debug, Error)]
pub enum NetworkError {
    #[error(transparent)]
    Netem(#[from] NetemError),
    #[error(transparent)]
    PacketQueue(#[from] PacketQueueError),
    #[error(transparent)]
    Partition(#[from] PartitionError),
    #[error("could not plan a network fault on {victim}: {why}; `chaosgated doctor` shows what this node can do")]
    Unavailable { victim: String, why: String },
    #[error("a {back_end} receipt is not a network fault's")]
    NotNetwork { back_end: &'static str },
}

/// Why a victim's network namespace could not be visited.
#[derive(Debug, Error)]
pub enum VisitError {
    #[error("the network namespace {inode} is gone: its last process ended")]
    Gone { inode: u64 },
    #[error(
        "could not enter network namespace {inode}: {cause}; this needs SYS_ADMIN over it and a /proc that shows its processes"
    )]
    Enter { inode: u64, cause: io::Error },
}

/// Every network effect behind one door.
pub struct NetworkEffects {
    back_end: BackEnd,
    netem: NetemEffect,
    packet_queue: PacketQueueEffect,
    partition: PartitionEffect,
}

impl NetworkEffects {
    /// Cheap: probes and the worker thread start with the first fault that needs them.
    pub fn new(back_end: BackEnd) -> Self {
        Self { back_end, netem: NetemEffect, packet_queue: PacketQueueEffect::default(), partition: PartitionEffect }
    }

    /// Chooses the back end and decides every name and number. Changes nothing in the victim.
    pub fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Receipt, NetworkError> {
        match fault {
            Fault::Network(NetworkFault { act: NetworkAct::Partition, .. }) => {
                Ok(Receipt::Partition(self.partition.plan(name, fault, victim)?))
            }
            _ => self.plan_shaping(name, fault, victim),
        }
    }

    pub fn apply(&self, receipt: &Receipt, fault: &Fault) -> Result<Felt, NetworkError> {
        match receipt {
            Receipt::Netem(receipt) => Ok(self.netem.apply(receipt, fault)?),
            Receipt::PacketQueue(receipt) => Ok(self.packet_queue.apply(receipt, fault)?),
            Receipt::Partition(receipt) => Ok(self.partition.apply(receipt, fault)?),
            Receipt::Process(_) => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
        }
    }

    pub fn undo(&self, receipt: &Receipt) -> Result<(), NetworkError> {
        match receipt {
            Receipt::Netem(receipt) => Ok(self.netem.undo(receipt)?),
            Receipt::PacketQueue(receipt) => Ok(self.packet_queue.undo(receipt)?),
            Receipt::Partition(receipt) => Ok(self.partition.undo(receipt)?),
            Receipt::Process(_) => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
        }
    }

    /// What of ours is in the victim's namespace. The queue and the partition leave the same kind of rules: one look shows both.
    pub fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, NetworkError> {
        let mut residue = self.netem.residue(victim)?;
        residue.extend(self.packet_queue.residue(victim)?);
        Ok(residue)
    }

    /// Removes whatever of ours is in the victim's namespace, on record or not.
    pub fn sweep(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, NetworkError> {
        let mut swept = self.netem.sweep(victim)?;
        swept.extend(self.packet_queue.sweep(victim)?);
        Ok(swept)
    }

    /// What this node can do, found by doing it in a namespace of its own.
    pub fn capabilities(&self) -> Vec<Capability> {
        let shaping = choose(self.back_end, probe::netem(), probe::packet_queue());
        let shaped = ["delay", "loss", "duplicate", "corrupt"].map(|effect| Capability {
            effect,
            available: shaping.available,
            back_end: shaping.back_end,
            reason: shaping.reason.clone(),
        });
        let partition = probe::partition();
        let last = Capability {
            effect: "partition",
            available: partition.available,
            back_end: "netfilter",
            reason: partition.reason.clone(),
        };
        shaped.into_iter().chain([last]).collect()
    }

    /// netem has one place at the root of a device. Where it is taken, by another fault or by a stranger, the queue composes.
    fn plan_shaping(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Receipt, NetworkError> {
        let queue = probe::packet_queue();
        let chosen = choose(self.back_end, probe::netem(), queue);
        if !chosen.available {
            return Err(NetworkError::Unavailable { victim: victim.pod.clone(), why: chosen.reason });
        }
        if chosen.back_end == "packet-queue" {
            return Ok(Receipt::PacketQueue(self.packet_queue.plan(name, fault, victim)?));
        }
        match self.netem.plan(name, fault, victim) {
            Err(error) if self.back_end == BackEnd::Auto && queue.available && error.leaves_room_for_a_queue() => {
                Ok(Receipt::PacketQueue(self.packet_queue.plan(name, fault, victim)?))
            }
            planned => Ok(Receipt::Netem(planned?)),
        }
    }
}

/// The back end that the flag and the two probes lead to, and the sentence that says why.
fn choose(flag: BackEnd, netem: &Ability, queue: &Ability) -> Capability {
    let capability = |back_end, available, reason: String| Capability { effect: "delay", available, back_end, reason };
    match flag {
        BackEnd::Netem => capability("netem", netem.available, format!("--back-end netem; {}", netem.reason)),
        BackEnd::PacketQueue => {
            capability("packet-queue", queue.available, format!("--back-end packet-queue; {}", queue.reason))
        }
        BackEnd::Auto if netem.available => capability("netem", true, netem.reason.clone()),
        BackEnd::Auto => capability("packet-queue", queue.available, format!("{}; {}", netem.reason, queue.reason)),
    }
}

/// Runs `work` inside the namespace that a reference means.
pub(super) fn visit<T: Send>(netns: &NetnsRef, work: impl FnOnce() -> T + Send) -> Result<T, VisitError> {
    let inode = netns.inode;
    let refused = |cause| VisitError::Enter { inode, cause };
    let found: Option<File> = netns::find(inode, &netns.paths).map_err(refused)?;
    let found = found.ok_or(VisitError::Gone { inode })?;
    netns::inside(&found, work).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ability(available: bool, reason: &str) -> Ability {
        Ability { available, reason: reason.into(), variant: None }
    }

    #[test]
    fn the_back_end_follows_the_flag_then_the_kernel_and_says_why() {
        let (has, lacks) = (ability(true, "the kernel has sch_netem"), ability(false, "the kernel has no sch_netem"));
        let (queues, cannot) = (ability(true, "NFQUEUE works"), ability(false, "no iptables"));
        let cases = [
            (BackEnd::Auto, &has, &queues, "netem", true, "the kernel has sch_netem"),
            (BackEnd::Auto, &lacks, &queues, "packet-queue", true, "the kernel has no sch_netem; NFQUEUE works"),
            (BackEnd::Auto, &lacks, &cannot, "packet-queue", false, "the kernel has no sch_netem; no iptables"),
            (BackEnd::Netem, &lacks, &queues, "netem", false, "--back-end netem; the kernel has no sch_netem"),
            (BackEnd::PacketQueue, &has, &queues, "packet-queue", true, "--back-end packet-queue; NFQUEUE works"),
        ];
        for (flag, netem, queue, back_end, available, reason) in cases {
            let chosen = choose(flag, netem, queue);
            assert_eq!((chosen.back_end, chosen.available, chosen.reason.as_str()), (back_end, available, reason));
        }
    }
}
