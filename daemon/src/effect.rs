//! An effect is an act on the kernel or on a process that can be undone from its receipt alone, by any process that has the
//! receipt: the daemon that did it, the daemon started after it, the keeper, or `chaosgated panic`.
//! Order of a fault: `plan` (decides everything, does nothing) -> receipt on disk -> `apply` -> ... -> `undo` -> receipt removed.

mod catalogue;
pub mod clock;
pub mod file_io;
pub mod freeze;
pub mod netem;
pub mod network;
pub mod packet_queue;
pub mod partition;
pub mod pressure;
pub mod process;

pub use catalogue::{BackEnd, EffectError, Effects};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::victim::ResolvedVictim;

/// Everything that undo needs, and nothing that only this process knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Receipt {
    Netem(netem::NetemReceipt),
    PacketQueue(packet_queue::PacketQueueReceipt),
    Partition(partition::PartitionReceipt),
    Process(process::ProcessReceipt),
    Freeze(freeze::FreezeReceipt),
    Pressure(pressure::PressureReceipt),
    FileIo(file_io::FileIoReceipt),
    Clock(clock::ClockReceipt),
}

/// Whether the victim felt it, as the effect's own probe saw it right after `apply`.
#[derive(Debug, Clone, PartialEq)]
pub struct Felt {
    pub measured: bool,
    pub felt: bool,
    pub how: String,
}

/// Why a fault that is in place has no sense any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    VictimGone(&'static str),
    /// The victim goes on and the fault does not.
    Stopped(&'static str),
}

/// One thing of ours that is still there. Other people change a netns too; theirs are never listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Residue {
    pub place: String,
    pub what: String,
}

/// Whether this node can do it, with which back end, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    pub effect: &'static str,
    pub available: bool,
    pub back_end: &'static str,
    pub reason: String,
}

pub trait Effect {
    type Receipt;
    type Error: std::error::Error + Send + Sync + 'static;

    /// Decides names, handles, rules and queue numbers. Touches nothing; what it returns is recorded before `apply`.
    fn plan(&self, fault_id: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<Self::Receipt, Self::Error>;

    /// Does it. On failure it has already unwound what it did, or says in the error what it could not unwind.
    fn apply(&self, receipt: &Self::Receipt, fault: &Fault) -> Result<Felt, Self::Error>;

    /// Idempotent: "already gone" and "victim gone" are success. Never stops at the first failing step.
    fn undo(&self, receipt: &Self::Receipt) -> Result<(), Self::Error>;

    /// Looks at the kernel, not at receipts.
    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, Self::Error>;

    /// Removes whatever of ours is in the kernel without a receipt, and says what it was: the last resort after a torn record.
    fn sweep(&self, _victim: &ResolvedVictim) -> Swept<Self::Error> {
        (Vec::new(), Vec::new())
    }
}

/// What was removed, and why the rest was not.
pub type Swept<E> = (Vec<Residue>, Vec<E>);

/// Tries every one, whatever becomes of another. Only what was removed is told as removed.
fn sweep_each<T, E>(found: impl IntoIterator<Item = (Residue, T)>, mut remove: impl FnMut(T) -> Result<(), E>) -> Swept<E> {
    let (mut swept, mut failed) = (Vec::new(), Vec::new());
    for (residue, one) in found {
        match remove(one) {
            Ok(()) => swept.push(residue),
            Err(error) => failed.push(error),
        }
    }
    (swept, failed)
}

/// Puts what another sweep has found to what was found before.
fn add_swept<A, E: From<A>>(all: &mut Swept<E>, (swept, failed): Swept<A>) {
    all.0.extend(swept);
    all.1.extend(failed.into_iter().map(E::from));
}

/// Of a sweep that is one act.
fn swept_at_once<E>(swept: Result<Vec<Residue>, E>) -> Swept<E> {
    match swept {
        Ok(swept) => (swept, Vec::new()),
        Err(error) => (Vec::new(), vec![error]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_goes_on_behind_a_failure_and_tells_only_what_it_removed() {
        let residue = |what: &str| Residue { place: "here".to_owned(), what: what.to_owned() };
        let found = ["a", "b", "c"].map(|what| (residue(what), what));
        let (swept, failed) = sweep_each(found, |what| if what == "b" { Err(what) } else { Ok(()) });
        assert_eq!((swept, failed), (vec![residue("a"), residue("c")], vec!["b"]));
    }
}
