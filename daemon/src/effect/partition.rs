//! Partition: the victim's packets to or from its peers are dropped by firewall rules of our own chain, in the mangle table,
//! before connection tracking could wave established flows through. Needs no process to stay: the receipt undoes it.
//! A UDP sender sees EPERM from the local drop, as with any firewall on the host itself; TCP sees silence.

use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::network::iptables::{self, IptablesError, Variant};
use super::network::links::{self, DeviceError};
use super::network::rules::{self, Chain, Heading, Target};
use super::network::{VisitError, probe, visit};
use super::{Effect, Felt, Residue};
use crate::fault::{Fault, NetworkAct, NetworkFault};
use crate::victim::{NetnsRef, ResolvedVictim};

const PROBE_PATIENCE: Duration = Duration::from_millis(250);
const PROBE_STEP: Duration = Duration::from_millis(25);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartitionReceipt {
    pub fault: String,
    pub netns: NetnsRef,
    pub variant: Variant,
    pub chains: Vec<Chain>,
}

#[derive(Debug, Error)]
pub enum PartitionError {
    #[error("could not partition {pod}: {cause}")]
    Visit { pod: String, cause: VisitError },
    #[error("could not partition {pod}: {cause}")]
    Device { pod: String, cause: DeviceError },
    #[error("could not partition {pod}: {why}")]
    Unavailable { pod: String, why: String },
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
    #[error("fault {fault} is not a partition")]
    NotPartition { fault: String },
}

#[derive(Debug, Default, Clone, Copy)]
pub struct PartitionEffect;

impl Effect for PartitionEffect {
    type Receipt = PartitionReceipt;
    type Error = PartitionError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<PartitionReceipt, PartitionError> {
        let network = partition(name, fault)?;
        let pod = || victim.pod.clone();
        let ability = probe::partition();
        let variant = ability.variant.ok_or_else(|| PartitionError::Unavailable { pod: pod(), why: ability.reason.clone() })?;
        let device = visit(&victim.netns, || links::device_of(network.device.as_deref()))
            .map_err(|cause| PartitionError::Visit { pod: pod(), cause })?
            .map_err(|cause| PartitionError::Device { pod: pod(), cause })?;
        let chains = Heading::of(network).map(|heading| Chain::new(name, heading, &device.name, Target::Drop)).collect();
        Ok(PartitionReceipt { fault: name.to_owned(), netns: victim.netns.clone(), variant, chains })
    }

    fn apply(&self, receipt: &PartitionReceipt, fault: &Fault) -> Result<Felt, PartitionError> {
        let network = partition(&receipt.fault, fault)?;
        visit(&receipt.netns, || {
            place(receipt, network)?;
            Ok(felt(receipt))
        })
        .map_err(|cause| PartitionError::Unreachable { fault: receipt.fault.clone(), cause })?
    }

    fn undo(&self, receipt: &PartitionReceipt) -> Result<(), PartitionError> {
        let fault = || receipt.fault.clone();
        match visit(&receipt.netns, || iptables::remove_chains(receipt.variant, &receipt.chains)) {
            Ok(removed) => removed.map_err(|cause| PartitionError::Rules { fault: fault(), cause }),
            Err(VisitError::Gone { .. }) => Ok(()),
            Err(cause) => Err(PartitionError::Unreachable { fault: fault(), cause }),
        }
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, PartitionError> {
        let place = format!("netns {} ({})", victim.netns.inode, victim.pod);
        match visit(&victim.netns, || iptables::residue(&place)) {
            Ok(residue) => residue.map_err(|cause| PartitionError::Blind { pod: victim.pod.clone(), cause }),
            Err(VisitError::Gone { .. }) => Ok(Vec::new()),
            Err(cause) => Err(PartitionError::Visit { pod: victim.pod.clone(), cause }),
        }
    }
}

fn partition<'a>(name: &str, fault: &'a Fault) -> Result<&'a NetworkFault, PartitionError> {
    match fault {
        Fault::Network(network @ NetworkFault { act: NetworkAct::Partition, .. }) => Ok(network),
        _ => Err(PartitionError::NotPartition { fault: name.to_owned() }),
    }
}

fn place(receipt: &PartitionReceipt, network: &NetworkFault) -> Result<(), PartitionError> {
    let fault = || receipt.fault.clone();
    iptables::place(receipt.variant, &receipt.chains, network).map_err(|cause| {
        match iptables::remove_chains(receipt.variant, &receipt.chains) {
            Ok(()) => PartitionError::Rules { fault: fault(), cause },
            Err(unwinding) => PartitionError::HalfPlaced { fault: fault(), cause, unwinding: Box::new(unwinding) },
        }
    })
}

/// Reads the counters of our own rules for a moment: a packet of the victim's own that was dropped is the proof.
fn felt(receipt: &PartitionReceipt) -> Felt {
    let start = Instant::now();
    let mut dropped = dropped(receipt);
    while dropped == 0 && start.elapsed() < PROBE_PATIENCE {
        thread::sleep(PROBE_STEP);
        dropped = self::dropped(receipt);
    }
    let how = match dropped {
        0 => format!("no packet of the victim matched within {} ms", PROBE_PATIENCE.as_millis()),
        count => format!("{count} packets dropped"),
    };
    Felt { measured: dropped > 0, felt: dropped > 0, how }
}

/// A listing that fails here counts nothing: the probe is then not measured, which is what it says.
fn dropped(receipt: &PartitionReceipt) -> u64 {
    let listings = iptables::families_here().filter_map(|family| iptables::list_with_counters(receipt.variant, family).ok());
    let of_chains = |listing: String| receipt.chains.iter().map(|chain| rules::dropped_by(&listing, &chain.name)).sum::<u64>();
    listings.map(of_chains).sum()
}
