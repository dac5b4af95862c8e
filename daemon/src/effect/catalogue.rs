//! All effects of this node behind one door: which one a fault needs, and who reads which receipt.

use std::fmt;

use thiserror::Error;

use super::network::{NetworkEffects, NetworkError};
use super::process::{ProcessEffect, ProcessError};
use super::{Capability, Effect, Felt, Receipt, Residue};
use crate::fault::Fault;
use crate::victim::ResolvedVictim;

/// How packets are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackEnd {
    /// netem where the victim's kernel has it, the packet queue where not.
    Auto,
    Netem,
    PacketQueue,
}

#[derive(Debug, Error)]
pub enum EffectError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

pub struct Effects {
    network: NetworkEffects,
    process: ProcessEffect,
}

impl Effects {
    /// Cheap enough for a process that only undoes: nothing is probed and no thread starts before it is needed.
    pub fn new(back_end: BackEnd) -> Effects {
        Effects { network: NetworkEffects::new(back_end), process: ProcessEffect }
    }

    /// `name` is unique on this node; effects derive the names of their kernel objects from it.
    pub fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Receipt, EffectError> {
        match fault {
            Fault::Process(_) => Ok(Receipt::Process(self.process.plan(name, fault, victim)?)),
            Fault::Network(_) => Ok(self.network.plan(name, fault, victim)?),
        }
    }

    pub fn apply(&self, receipt: &Receipt, fault: &Fault) -> Result<Felt, EffectError> {
        match receipt {
            Receipt::Process(receipt) => Ok(self.process.apply(receipt, fault)?),
            Receipt::Netem(_) | Receipt::PacketQueue(_) | Receipt::Partition(_) => Ok(self.network.apply(receipt, fault)?),
        }
    }

    pub fn undo(&self, receipt: &Receipt) -> Result<(), EffectError> {
        match receipt {
            Receipt::Process(receipt) => Ok(self.process.undo(receipt)?),
            Receipt::Netem(_) | Receipt::PacketQueue(_) | Receipt::Partition(_) => Ok(self.network.undo(receipt)?),
        }
    }

    /// Asks every effect, and goes on where one cannot look; what could not be seen is an error beside the findings.
    pub fn residue(&self, victim: &ResolvedVictim) -> (Vec<Residue>, Vec<EffectError>) {
        let network = self.network.residue(victim).map_err(EffectError::from);
        collect([network, self.process.residue(victim).map_err(EffectError::from)])
    }

    /// Removes what is ours, on record or not, with the same kind of answer as `residue`.
    pub fn sweep(&self, victim: &ResolvedVictim) -> (Vec<Residue>, Vec<EffectError>) {
        let network = self.network.sweep(victim).map_err(EffectError::from);
        collect([network, self.process.sweep(victim).map_err(EffectError::from)])
    }

    /// Finds out by trying, so it is asked once at start.
    pub fn capabilities(&self) -> Vec<Capability> {
        let mut capabilities = self.network.capabilities();
        capabilities.extend(self.process.capabilities());
        capabilities
    }
}

fn collect<const N: usize>(answers: [Result<Vec<Residue>, EffectError>; N]) -> (Vec<Residue>, Vec<EffectError>) {
    let mut residue = Vec::new();
    let mut blind = Vec::new();
    for answer in answers {
        match answer {
            Ok(found) => residue.extend(found),
            Err(error) => blind.push(error),
        }
    }
    (residue, blind)
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Effects")
    }
}

impl Receipt {
    pub fn back_end(&self) -> &'static str {
        match self {
            Receipt::Netem(_) => "netem",
            Receipt::PacketQueue(_) => "packet-queue",
            Receipt::Partition(_) => "netfilter",
            Receipt::Process(_) => "signal",
        }
    }
}
