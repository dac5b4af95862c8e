//! Why the node did not do what it was asked.

use std::io;

use thiserror::Error;

use crate::effect::EffectError;
use crate::fault::InvalidFault;
use crate::ids::{FaultKey, InvalidId, RunId};
use crate::lease::LeaseError;
use crate::ledger::LedgerError;
use crate::ticket::TicketError;
use crate::victim::VictimError;

#[derive(Debug, Error)]
pub enum Refusal {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error(transparent)]
    Fault(#[from] InvalidFault),
    #[error("deadline_us is 0: every fault needs a hard deadline, and it counts from acceptance")]
    NoDeadline,
    #[error(transparent)]
    Ticket(#[from] TicketError),
    #[error("the fault's deadline of {asked} s is longer than this node's --max-duration of {most} s")]
    TooLong { asked: f64, most: f64 },
    #[error(
        "{effect} is not among this node's --effects, and the daemon has given up what it would need: name it there and start the daemon anew"
    )]
    NotPermitted { effect: &'static str },
    #[error("this node has {most} faults active, its --max-faults: revert some first")]
    TooMany { most: usize },
    #[error(transparent)]
    Lease(#[from] LeaseError),
    #[error("fault {0} is active with another content: a fault id means one fault; choose another id")]
    OtherContent(FaultKey),
    #[error("fault {0} could not be undone before and is still being retried: it cannot be put on again")]
    Stuck(FaultKey),
    #[error(transparent)]
    Victim(#[from] VictimError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("could not lock the ledger for fault {key}: {cause}; nothing was done")]
    Lock { key: FaultKey, cause: io::Error },
    #[error("another process is undoing on this node; fault {0} was not put on; ask again when it is done")]
    NotAlone(FaultKey),
    #[error("could not plan fault {key}: {cause}")]
    Plan { key: FaultKey, cause: EffectError },
    #[error("could not put fault {key} on its victim: {cause}; {unwound}")]
    Apply { key: FaultKey, cause: EffectError, unwound: String },
    #[error("run {0} is shutting down with this node: everything is being reverted")]
    Closing(RunId),
}
