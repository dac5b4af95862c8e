//! From our errors to gRPC statuses. The code tells a program what to do next; the message tells a person.

use std::io;
use std::time::Duration;

use tonic::{Code, Status};

use crate::cri::CriError;
use crate::ids::InvalidId;
use crate::lease::LeaseError;
use crate::ledger::LedgerError;
use crate::node::{Refusal, Unanswered};
use crate::victim::VictimError;

pub fn of_refusal(refusal: Refusal) -> Status {
    Status::new(code_of(&refusal), refusal.to_string())
}

fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Id(_) | Refusal::Fault(_) | Refusal::NoDeadline => Code::InvalidArgument,
        Refusal::Ticket(_) | Refusal::TooLong { .. } | Refusal::NotPermitted { .. } => Code::PermissionDenied,
        Refusal::TooMany { .. } => Code::ResourceExhausted,
        Refusal::Lease(error) => code_of_lease(error),
        Refusal::OtherContent(_) | Refusal::Stuck(_) => Code::AlreadyExists,
        Refusal::Victim(error) => code_of_victim(error),
        Refusal::Ledger(LedgerError::Write { cause, .. }) if is_full(cause) => Code::ResourceExhausted,
        Refusal::Ledger(_) | Refusal::Lock { .. } | Refusal::Apply { .. } => Code::Internal,
        Refusal::Plan { .. } => Code::FailedPrecondition,
        Refusal::NotAlone(_) | Refusal::Closing(_) => Code::Unavailable,
    }
}

fn is_full(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn code_of_lease(error: &LeaseError) -> Code {
    match error {
        LeaseError::Lost { .. } => Code::NotFound,
        LeaseError::Fenced { .. } | LeaseError::Ended { .. } => Code::FailedPrecondition,
        LeaseError::NoEpoch { .. } => Code::InvalidArgument,
    }
}

fn code_of_victim(error: &VictimError) -> Code {
    match error {
        VictimError::NoTarget | VictimError::Name { .. } => Code::InvalidArgument,
        VictimError::Cri(error) => code_of_cri(error),
        VictimError::NotWhoWasMeant { .. } | VictimError::HostNetwork { .. } => Code::PermissionDenied,
        VictimError::LocalVictims { .. } | VictimError::OwnLineage { .. } | VictimError::SharedNetns { .. } => {
            Code::PermissionDenied
        }
        VictimError::Gone { .. } | VictimError::Replaced { .. } => Code::NotFound,
        VictimError::Unreadable { .. } => Code::FailedPrecondition,
    }
}

fn code_of_cri(error: &CriError) -> Code {
    match error {
        CriError::Id { .. } => Code::InvalidArgument,
        ended if ended.is_of_an_ended_one() => Code::NotFound,
        CriError::NoSocket { .. } | CriError::Unreadable { .. } | CriError::Unseen { .. } => Code::FailedPrecondition,
        CriError::Unknown { .. } | CriError::NotRunning { .. } => Code::NotFound,
        CriError::Unreachable { .. } | CriError::Refused { .. } => Code::Unavailable,
    }
}

pub fn of_lease(error: LeaseError) -> Status {
    Status::new(code_of_lease(&error), error.to_string())
}

pub fn of_id(error: InvalidId) -> Status {
    Status::invalid_argument(error.to_string())
}

pub fn of_unanswered(error: Unanswered) -> Status {
    match error {
        Unanswered::Busy => Status::resource_exhausted(error.to_string()),
        Unanswered::Gone => Status::unavailable(error.to_string()),
    }
}

pub fn closing() -> Status {
    of_unanswered(Unanswered::Gone)
}

pub fn too_many_victims(count: usize, most: usize) -> Status {
    Status::invalid_argument(format!("victims has {count} entries, more than {most}: ask in parts, or for all with none"))
}

pub fn watcher_too_slow(missed: u64) -> Status {
    Status::data_loss(format!("{missed} events passed before they were read: call List for what is active, then Watch again"))
}

pub fn look_goes_on(within: Duration) -> Status {
    Status::unavailable(format!(
        "another look for residue has not ended within {within:?}: residue is unknown, not zero; ask again, and look at the log"
    ))
}

pub fn no_thread(cause: io::Error) -> Status {
    Status::unavailable(format!("could not start a thread to look for residue: {cause}; residue is unknown, not zero"))
}

pub fn blind(cause: io::Error) -> Status {
    Status::failed_precondition(format!("could not list the processes of this node: {cause}; residue is unknown, not zero"))
}

pub fn partly_blind(place: &str, why: &str) -> Status {
    Status::failed_precondition(format!("could not look into {place}: {why}; residue is unknown, not zero"))
}
