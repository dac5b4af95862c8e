//! Network faults: which effect does one, on which device, by which back end, and why that one.
//! A fault and a victim come in, a receipt and then rules, queues or qdiscs in the victim's namespace go out.
//! Nothing here decides whom to hit; nothing here touches a namespace other than the victim's.

mod follow;
pub mod iptables;
pub mod links;
mod names;
pub mod probe;
mod reset;
pub mod rules;

use std::fs::File;
use std::io;

use thiserror::Error;

use super::netem::modules::{self, Part};
use super::netem::{self, NetemEffect, NetemError};
use super::packet_queue::{PacketQueueEffect, PacketQueueError};
use super::partition::{PartitionEffect, PartitionError};
use super::{BackEnd, Capability, Effect, Felt, Receipt, Residue, Swept, add_swept};
use crate::fault::{Fault, NetworkAct, NetworkFault, Peer};
use crate::sys::netns;
use crate::victim::{NetnsRef, ResolvedVictim};
use follow::{Followers, LookUpError};
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
    #[error("could not look up the peers of fault {fault}: {cause}")]
    Names { fault: String, cause: LookUpError },
    #[error("could not add addresses to fault {fault}: {cause}")]
    NotJoined { fault: String, cause: iptables::IptablesError },
    #[error("could not follow the names of fault {fault}: {cause}")]
    NotFollowed { fault: String, cause: io::Error },
    #[error("could not end the established connections of fault {fault}: {cause}; the kernel needs INET_DIAG_DESTROY")]
    NotReset { fault: String, cause: io::Error },
    #[error("could not reach the victim of fault {fault}: {cause}")]
    Unreachable { fault: String, cause: VisitError },
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
    followers: Followers,
}

impl NetworkEffects {
    /// Cheap: probes and the worker thread start with the first fault that needs them.
    pub fn new(back_end: BackEnd) -> Self {
        let packet_queue = PacketQueueEffect::default();
        Self { back_end, netem: NetemEffect, packet_queue, partition: PartitionEffect, followers: Followers::default() }
    }

    /// Chooses the back end, decides every name and number, and looks up the peers that are named. Changes nothing in the victim.
    pub fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Receipt, NetworkError> {
        let Fault::Network(network) = fault else {
            return Err(NetworkError::NotNetwork { back_end: fault.name() });
        };
        if !network.names.is_empty() {
            let refused = |cause| NetworkError::Names { fault: name.to_owned(), cause };
            self.followers.look_up(name, network, victim).map_err(refused)?;
        }
        let planned = match network.act {
            NetworkAct::Partition => {
                self.partition.plan(name, fault, victim).map(Receipt::Partition).map_err(NetworkError::from)
            }
            NetworkAct::Netem(_) | NetworkAct::Bandwidth(_) => self.plan_shaping(name, fault, network, victim),
        };
        if planned.is_err() {
            self.followers.end(name);
        }
        planned
    }

    pub fn apply(&self, receipt: &Receipt, fault: &Fault) -> Result<Felt, NetworkError> {
        let (name, netns) = of_network(receipt)?;
        let Fault::Network(network) = fault else {
            return Err(NetworkError::NotNetwork { back_end: fault.name() });
        };
        let numbered = self.followers.numbered(name, network);
        let felt = self.place(receipt, &Fault::Network(numbered.clone()))?;
        match self.attend(receipt, name, netns, &numbered) {
            Ok(said) => Ok(Felt { how: [vec![felt.how], said].concat().join("; "), ..felt }),
            Err(first) => {
                // The caller undoes once more and tells when that fails; what was placed must not stay meanwhile.
                self.undo(receipt)?;
                Err(first)
            }
        }
    }

    fn place(&self, receipt: &Receipt, fault: &Fault) -> Result<Felt, NetworkError> {
        match receipt {
            Receipt::Netem(receipt) => Ok(self.netem.apply(receipt, fault)?),
            Receipt::PacketQueue(receipt) => Ok(self.packet_queue.apply(receipt, fault)?),
            Receipt::Partition(receipt) => Ok(self.partition.apply(receipt, fault)?),
            _ => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
        }
    }

    /// What belongs to a fault beside its rules: names are followed, and connections end. Says what came of it.
    fn attend(
        &self,
        receipt: &Receipt,
        name: &str,
        netns: &NetnsRef,
        network: &NetworkFault,
    ) -> Result<Vec<String>, NetworkError> {
        let fault = || name.to_owned();
        let to_join = receipt.clone();
        let names = self
            .followers
            .follow(name, move |peers| join(&to_join, peers).map_err(|error| error.to_string()))
            .map_err(|cause| NetworkError::NotFollowed { fault: fault(), cause })?;
        if !network.resets {
            return Ok(names.into_iter().collect());
        }
        let ended = visit(netns, || reset::reset_here(network))
            .map_err(|cause| NetworkError::Unreachable { fault: fault(), cause })?
            .map_err(|cause| NetworkError::NotReset { fault: fault(), cause })?;
        Ok(names.into_iter().chain([format!("{ended} established connections ended")]).collect())
    }

    /// Whoever follows its names stops first: what is removed must not come back.
    pub fn undo(&self, receipt: &Receipt) -> Result<(), NetworkError> {
        self.followers.end(of_network(receipt)?.0);
        match receipt {
            Receipt::Netem(receipt) => Ok(self.netem.undo(receipt)?),
            Receipt::PacketQueue(receipt) => Ok(self.packet_queue.undo(receipt)?),
            Receipt::Partition(receipt) => Ok(self.partition.undo(receipt)?),
            _ => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
        }
    }

    /// What of ours is in the victim's namespace. The queue and the partition leave the same kind of rules: one look shows both.
    pub fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, NetworkError> {
        let mut residue = self.netem.residue(victim)?;
        residue.extend(self.packet_queue.residue(victim)?);
        Ok(residue)
    }

    /// Removes whatever of ours is in the victim's namespace, on record or not.
    pub fn sweep(&self, victim: &ResolvedVictim) -> Swept<NetworkError> {
        let mut all = (Vec::new(), Vec::new());
        add_swept(&mut all, self.netem.sweep(victim));
        add_swept(&mut all, self.packet_queue.sweep(victim));
        all
    }

    /// What this node can do, found by doing it in a namespace of its own. The back end is the one of a fault with peers in both
    /// directions, which needs the most of the kernel.
    pub fn capabilities(&self) -> Vec<Capability> {
        let shaped = SHAPED.map(|(effect, shaper, kernel)| {
            let needed = [shaper, Part::Prio, Part::U32, Part::Ingress];
            let lacks = probe::traffic_control().of(&needed);
            Capability { effect, ..choose(self.back_end, kernel, lacks, probe::packet_queue()) }
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

    /// netem and tbf have one place at the root of a device. Where it is taken, by another fault or by a stranger, the queue composes.
    fn plan_shaping(
        &self,
        name: &str,
        fault: &Fault,
        network: &NetworkFault,
        victim: &ResolvedVictim,
    ) -> Result<Receipt, NetworkError> {
        let queue = probe::packet_queue();
        let lacks = probe::traffic_control().of(&modules::needed_by(network));
        let chosen = choose(self.back_end, "netem", lacks, queue);
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

/// Effects, the kernel's shaper that each needs, and that shaper's name.
const SHAPED: [(&str, Part, &str); 7] = [
    ("delay", Part::Netem, "netem"),
    ("loss", Part::Netem, "netem"),
    ("duplicate", Part::Netem, "netem"),
    ("corrupt", Part::Netem, "netem"),
    ("reorder", Part::Netem, "netem"),
    ("rate", Part::Netem, "netem"),
    ("bandwidth", Part::Tbf, "tbf"),
];

/// The back end that the flag, what the kernel lacks and the queue's probe lead to, and the sentence that says why.
fn choose(flag: BackEnd, kernel: &'static str, lacks: Option<String>, queue: &Ability) -> Capability {
    let capability = |back_end, available, reason: String| Capability { effect: "delay", available, back_end, reason };
    let has = || format!("the kernel has all that {kernel} needs");
    match (flag, lacks) {
        (BackEnd::Netem, None) => capability(kernel, true, format!("--back-end netem; {}", has())),
        (BackEnd::Netem, Some(lacks)) => capability(kernel, false, format!("--back-end netem; {lacks}")),
        (BackEnd::PacketQueue, _) => {
            capability("packet-queue", queue.available, format!("--back-end packet-queue; {}", queue.reason))
        }
        (BackEnd::Auto, None) => capability(kernel, true, has()),
        (BackEnd::Auto, Some(lacks)) => capability("packet-queue", queue.available, format!("{lacks}; {}", queue.reason)),
    }
}

/// A network fault's name and namespace.
fn of_network(receipt: &Receipt) -> Result<(&str, &NetnsRef), NetworkError> {
    match receipt {
        Receipt::Netem(receipt) => Ok((&receipt.fault, &receipt.netns)),
        Receipt::PacketQueue(receipt) => Ok((&receipt.fault, &receipt.netns)),
        Receipt::Partition(receipt) => Ok((&receipt.fault, &receipt.netns)),
        _ => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
    }
}

/// Adds peers to a fault in place.
fn join(receipt: &Receipt, peers: &[Peer]) -> Result<(), NetworkError> {
    let (name, netns) = of_network(receipt)?;
    let join_chains = |variant, chains: &[rules::Chain]| {
        visit(netns, || iptables::join(variant, chains, peers))
            .map_err(|cause| NetworkError::Unreachable { fault: name.to_owned(), cause })?
            .map_err(|cause| NetworkError::NotJoined { fault: name.to_owned(), cause })
    };
    match receipt {
        Receipt::Netem(receipt) => Ok(netem::join(receipt, peers)?),
        Receipt::PacketQueue(receipt) => join_chains(receipt.variant, &receipt.chains),
        Receipt::Partition(receipt) => join_chains(receipt.variant, &receipt.chains),
        _ => Err(NetworkError::NotNetwork { back_end: receipt.back_end() }),
    }
}

/// Runs `work` inside the namespace that a reference means. One that was made later, at the same path and with the inode of the one that
/// is gone, is another one.
pub(super) fn visit<T: Send>(netns: &NetnsRef, work: impl FnOnce() -> T + Send) -> Result<T, VisitError> {
    let inode = netns.inode;
    let refused = |cause| VisitError::Enter { inode, cause };
    let found: Option<File> = netns::find(inode, &netns.paths).map_err(refused)?;
    let found = found.ok_or(VisitError::Gone { inode })?;
    let worked = netns::inside(&found, || Ok(is_meant(netns)?.then(work))).and_then(|worked| worked).map_err(refused)?;
    worked.ok_or(VisitError::Gone { inode })
}

/// Whether the calling thread is in the very namespace; where the kernel told no cookie, the inode has to do.
fn is_meant(netns: &NetnsRef) -> io::Result<bool> {
    match netns.cookie {
        Some(cookie) => Ok(netns::own_cookie()? == Some(cookie)),
        None => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ability(available: bool, reason: &str) -> Ability {
        Ability { available, reason: reason.into(), variant: None }
    }

    #[test]
    fn the_back_end_follows_the_flag_then_the_kernel_and_says_why() {
        let (has, lacks) = (None, Some("the kernel has no sch_netem"));
        let (queues, cannot) = (ability(true, "NFQUEUE works"), ability(false, "no iptables"));
        let cases = [
            (BackEnd::Auto, has, &queues, "netem", true, "the kernel has all that netem needs"),
            (BackEnd::Auto, lacks, &queues, "packet-queue", true, "the kernel has no sch_netem; NFQUEUE works"),
            (BackEnd::Auto, lacks, &cannot, "packet-queue", false, "the kernel has no sch_netem; no iptables"),
            (BackEnd::Netem, has, &queues, "netem", true, "--back-end netem; the kernel has all that netem needs"),
            (BackEnd::Netem, lacks, &queues, "netem", false, "--back-end netem; the kernel has no sch_netem"),
            (BackEnd::PacketQueue, has, &queues, "packet-queue", true, "--back-end packet-queue; NFQUEUE works"),
        ];
        for (flag, lacks, queue, back_end, available, reason) in cases {
            let chosen = choose(flag, "netem", lacks.map(str::to_owned), queue);
            assert_eq!((chosen.back_end, chosen.available, chosen.reason.as_str()), (back_end, available, reason));
        }
    }
}
