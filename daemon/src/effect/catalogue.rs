//! All effects of this node behind one door: which one a fault needs, and who reads which receipt.

use std::fmt;
use std::path::Path;

use thiserror::Error;

use super::clock::{ClockEffect, ClockError};
use super::file_io::{FileIoEffect, FileIoError};
use super::freeze::{FreezeEffect, FreezeError};
use super::network::{NetworkEffects, NetworkError};
use super::pressure::{PressureEffect, PressureError};
use super::process::{ProcessEffect, ProcessError};
use super::{Capability, Effect, Felt, Over, Receipt, Residue, Swept, add_swept};
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
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    #[error(transparent)]
    Pressure(#[from] PressureError),
    #[error(transparent)]
    FileIo(#[from] FileIoError),
    #[error(transparent)]
    Clock(#[from] ClockError),
}

pub struct Effects {
    network: NetworkEffects,
    process: ProcessEffect,
    freeze: FreezeEffect,
    pressure: PressureEffect,
    file_io: FileIoEffect,
    clock: ClockEffect,
}

impl Effects {
    /// Cheap enough for a process that only undoes: nothing is probed and no thread starts before it is needed.
    pub fn new(back_end: BackEnd) -> Effects {
        Effects {
            network: NetworkEffects::new(back_end),
            process: ProcessEffect,
            freeze: FreezeEffect,
            pressure: PressureEffect::default(),
            file_io: FileIoEffect::default(),
            clock: ClockEffect::default(),
        }
    }

    /// With the directory by which the keeper is found: file faults need one.
    pub fn with_state(mut self, state_dir: &Path) -> Effects {
        self.file_io = FileIoEffect::with_state(state_dir);
        self.clock = ClockEffect::with_state(state_dir);
        self
    }

    /// `name` is unique on this node; effects derive the names of their kernel objects from it.
    pub fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Receipt, EffectError> {
        match fault {
            Fault::Process(_) => Ok(Receipt::Process(self.process.plan(name, fault, victim)?)),
            Fault::Freeze => Ok(Receipt::Freeze(self.freeze.plan(name, fault, victim)?)),
            Fault::Pressure(_) => Ok(Receipt::Pressure(self.pressure.plan(name, fault, victim)?)),
            Fault::FileIo(_) => Ok(Receipt::FileIo(self.file_io.plan(name, fault, victim)?)),
            Fault::Clock(_) => Ok(Receipt::Clock(self.clock.plan(name, fault, victim)?)),
            Fault::Network(_) => Ok(self.network.plan(name, fault, victim)?),
        }
    }

    pub fn apply(&self, receipt: &Receipt, fault: &Fault) -> Result<Felt, EffectError> {
        match receipt {
            Receipt::Process(receipt) => Ok(self.process.apply(receipt, fault)?),
            Receipt::Freeze(receipt) => Ok(self.freeze.apply(receipt, fault)?),
            Receipt::Pressure(receipt) => Ok(self.pressure.apply(receipt, fault)?),
            Receipt::FileIo(receipt) => Ok(self.file_io.apply(receipt, fault)?),
            Receipt::Clock(receipt) => Ok(self.clock.apply(receipt, fault)?),
            Receipt::Netem(_) | Receipt::PacketQueue(_) | Receipt::Partition(_) => Ok(self.network.apply(receipt, fault)?),
        }
    }

    pub fn undo(&self, receipt: &Receipt) -> Result<(), EffectError> {
        match receipt {
            Receipt::Process(receipt) => Ok(self.process.undo(receipt)?),
            Receipt::Freeze(receipt) => Ok(self.freeze.undo(receipt)?),
            Receipt::Pressure(receipt) => Ok(self.pressure.undo(receipt)?),
            Receipt::FileIo(receipt) => Ok(self.file_io.undo(receipt)?),
            Receipt::Clock(receipt) => Ok(self.clock.undo(receipt)?),
            Receipt::Netem(_) | Receipt::PacketQueue(_) | Receipt::Partition(_) => Ok(self.network.undo(receipt)?),
        }
    }

    /// Asks every effect, and goes on where one cannot look; what could not be seen is an error beside the findings.
    pub fn residue(&self, victim: &ResolvedVictim) -> (Vec<Residue>, Vec<EffectError>) {
        let network = self.network.residue(victim).map_err(EffectError::from);
        let process = self.process.residue(victim).map_err(EffectError::from);
        let freeze = self.freeze.residue(victim).map_err(EffectError::from);
        let file_io = self.file_io.residue(victim).map_err(EffectError::from);
        let clock = self.clock.residue(victim).map_err(EffectError::from);
        collect([network, process, freeze, file_io, clock, self.pressure.residue(victim).map_err(EffectError::from)])
    }

    /// Removes what is ours, on record or not, with the same kind of answer as `residue`.
    pub fn sweep(&self, victim: &ResolvedVictim) -> Swept<EffectError> {
        let mut all = Swept::default();
        add_swept(&mut all, self.network.sweep(victim));
        add_swept(&mut all, self.process.sweep(victim));
        add_swept(&mut all, self.freeze.sweep(victim));
        add_swept(&mut all, self.file_io.sweep(victim));
        add_swept(&mut all, self.clock.sweep(victim));
        add_swept(&mut all, self.pressure.sweep(victim));
        all
    }

    /// What of ours is not in anybody's network and may have no process any more: looked for on the whole node.
    pub fn residue_of_the_node(&self) -> (Vec<Residue>, Vec<EffectError>) {
        let freeze = self.freeze.residue_of_the_node().map_err(EffectError::from);
        collect([freeze, self.pressure.residue_of_the_node().map_err(EffectError::from)])
    }

    /// Removes what `residue_of_the_node` finds.
    pub fn sweep_the_node(&self) -> Swept<EffectError> {
        let mut all = Swept::default();
        add_swept(&mut all, self.freeze.sweep_the_node());
        add_swept(&mut all, self.pressure.sweep_the_node());
        all
    }

    /// Why a fault that is in place has no sense any more; None for one that goes on, and for effects whose end others see.
    pub fn is_over(&self, receipt: &Receipt) -> Option<Over> {
        match receipt {
            Receipt::Freeze(receipt) => self.freeze.is_over(receipt),
            Receipt::Pressure(receipt) => self.pressure.is_over(receipt),
            _ => None,
        }
    }

    /// Finds out by trying, so it is asked once at start.
    pub fn capabilities(&self) -> Vec<Capability> {
        let mut capabilities = self.network.capabilities();
        capabilities.extend(self.process.capabilities());
        capabilities.extend(self.freeze.capabilities());
        capabilities.extend(self.pressure.capabilities());
        capabilities.extend(self.file_io.capabilities());
        capabilities.extend(self.clock.capabilities());
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
    /// Whether it can end by itself between two beats of the daemon, and someone would wait for it.
    pub fn needs_watching(&self) -> bool {
        matches!(self, Receipt::Freeze(_) | Receipt::Pressure(_))
    }

    pub fn back_end(&self) -> &'static str {
        match self {
            Receipt::Netem(receipt) => receipt.shaper.name(),
            Receipt::PacketQueue(_) => "packet-queue",
            Receipt::Partition(_) => "netfilter",
            Receipt::Process(_) => "signal",
            Receipt::Freeze(receipt) => receipt.cgroup.version.word(),
            Receipt::Pressure(receipt) => receipt.cgroups.first().map_or("cgroup", |group| group.version.word()),
            Receipt::FileIo(_) => "fuse",
            Receipt::Clock(_) => "vdso",
        }
    }
}
