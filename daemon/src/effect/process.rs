//! Ends one process of the victim by a signal. There is nothing to undo: what is killed stays killed, and the receipt says so.

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Capability, Effect, Felt, Residue};
use crate::fault::{Fault, ProcessFault};
use crate::procfs;
use crate::sys;
use crate::victim::ResolvedVictim;

/// A killed process is gone within microseconds; one that handles TERM may take its time, and then it was merely sent.
const WATCHED_FOR: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessReceipt {
    pub pid: u32,
    pub start_time: u64,
    pub signal: ProcessFault,
}

#[derive(Debug, Error)]
pub enum ProcessError {
    #[error("the process effect was asked for a network fault")]
    NotAProcessFault,
    #[error("could not send {signal} to pid {pid}: the process that was chosen has ended and nothing was sent")]
    Gone { pid: u32, signal: ProcessFault },
    #[error("could not send {signal} to pid {pid}: {cause}; the daemon needs CAP_KILL over the victim's user namespace")]
    Send { pid: u32, signal: ProcessFault, cause: io::Error },
}

#[derive(Debug, Default)]
pub struct ProcessEffect;

impl ProcessEffect {
    pub fn capabilities(&self) -> Vec<Capability> {
        let probed = sys::process::open(std::process::id());
        let reason = match &probed {
            Ok(_) => "pidfd_open answers: a reused pid cannot be hit by mistake".to_owned(),
            Err(cause) => format!("pidfd_open failed: {cause}; Linux 5.3 or later is needed"),
        };
        vec![Capability { effect: "process-kill", available: probed.is_ok(), back_end: "signal", reason }]
    }
}

impl Effect for ProcessEffect {
    type Receipt = ProcessReceipt;
    type Error = ProcessError;

    fn plan(&self, _fault_id: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<ProcessReceipt, ProcessError> {
        let Fault::Process(signal) = fault else { return Err(ProcessError::NotAProcessFault) };
        Ok(ProcessReceipt { pid: victim.pid, start_time: victim.start_time, signal: *signal })
    }

    fn apply(&self, receipt: &ProcessReceipt, _fault: &Fault) -> Result<Felt, ProcessError> {
        let ProcessReceipt { pid, start_time, signal } = *receipt;
        let refused = |cause: io::Error| match cause.raw_os_error() {
            Some(libc::ESRCH) => ProcessError::Gone { pid, signal },
            _ => ProcessError::Send { pid, signal, cause },
        };
        let process = sys::process::open(pid).map_err(refused)?;
        // The descriptor is open now, so if the start time still matches, it can only mean the process that was chosen.
        if !procfs::is_running(pid, start_time) {
            return Err(ProcessError::Gone { pid, signal });
        }
        sys::process::signal(&process, signal.number()).map_err(refused)?;
        let sent = Instant::now();
        let ended = sys::process::ended_within(&process, WATCHED_FOR).map_err(refused)?;
        Ok(felt(ended, signal, sent.elapsed()))
    }

    fn undo(&self, _receipt: &ProcessReceipt) -> Result<(), ProcessError> {
        Ok(())
    }

    fn residue(&self, _victim: &ResolvedVictim) -> Result<Vec<Residue>, ProcessError> {
        Ok(Vec::new())
    }
}

fn felt(ended: bool, signal: ProcessFault, after: Duration) -> Felt {
    let how = if ended {
        format!("the process ended {} us after {signal}", after.as_micros())
    } else {
        format!("{signal} was sent and the process still ran {} ms later", WATCHED_FOR.as_millis())
    };
    Felt { measured: true, felt: ended, how }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn a_sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().expect("sleep runs")
    }

    fn receipt_of(child: &Child) -> ProcessReceipt {
        let start_time = procfs::stat(child.id()).expect("a live child").start_time;
        ProcessReceipt { pid: child.id(), start_time, signal: ProcessFault::Kill }
    }

    fn end(mut child: Child) {
        child.kill().expect("our own child");
        child.wait().expect("our own child");
    }

    #[test]
    fn a_kill_is_felt() {
        let child = a_sleeper();
        let felt = ProcessEffect.apply(&receipt_of(&child), &Fault::Process(ProcessFault::Kill)).expect("our own child");
        assert!(felt.measured && felt.felt, "{felt:?}");
        end(child);
    }

    #[test]
    fn a_reused_pid_is_left_alone() {
        let child = a_sleeper();
        let other = ProcessReceipt { start_time: receipt_of(&child).start_time + 1, ..receipt_of(&child) };
        let refused = ProcessEffect.apply(&other, &Fault::Process(ProcessFault::Kill));
        assert!(matches!(refused, Err(ProcessError::Gone { .. })), "{refused:?}");
        assert!(procfs::is_running(child.id(), receipt_of(&child).start_time));
        end(child);
    }
}
