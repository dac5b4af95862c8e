//! Taking faults back: on request, at a deadline, at the end of a lease, at the end of the daemon. Newest first, never stopped
//! by a failure; what fails is retried, and told.

use std::time::Duration;

use super::{Active, ENDED_RUNS, Event, EventKind, Node, Stuck, now};
use crate::ids::{Epoch, FaultId, RunId};
use crate::lease::LeaseError;
use crate::ledger::{ActingAlone, Record};
use crate::privileges::Kind;
use crate::recovery::{self, UndoFailure};

/// Undoing does not wait longer than this for another process that undoes.
const PATIENCE: Duration = Duration::from_secs(1);
/// Seconds for each process of a file fault that does not stop, and some faults of one victim one after the other.
const UNDOES_WITHIN: Duration = Duration::from_secs(60);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reverted {
    pub count: u32,
    pub failures: Vec<UndoFailure>,
}

impl Node {
    /// `None` reverts the run and ends it here: its faults may not come back under the same epoch.
    /// Epoch 0 is a person's abort and never fenced. An unknown run or fault is already reverted.
    pub fn revert(&mut self, run: &RunId, fault: Option<&FaultId>, epoch: Epoch) -> Result<Reverted, LeaseError> {
        self.judge_fence(run, epoch)?;
        let mut reverted = self.retry_stuck(|record| record.run == *run && fault.is_none_or(|fault| *fault == record.fault_id));
        let taken = match fault {
            None => self.end_run(run),
            Some(fault) => self.take(|active| active.record.run == *run && active.record.fault_id == *fault),
        };
        reverted.add(self.undo_all(taken));
        Ok(reverted)
    }

    fn judge_fence(&self, run: &RunId, epoch: Epoch) -> Result<(), LeaseError> {
        let Some(active) = self.runs.get(run) else { return Ok(()) };
        let seen = active.lease.epoch();
        if epoch != Epoch(0) && epoch < seen {
            return Err(LeaseError::Fenced { run: run.clone(), given: epoch, seen });
        }
        Ok(())
    }

    /// Reverts everything, tells every watcher, and takes no more orders.
    pub fn close(&mut self) -> Reverted {
        let runs: Vec<RunId> = self.runs.keys().cloned().collect();
        let detail = "the daemon was asked to stop and has reverted everything".to_owned();
        let mut reverted = self.retry_stuck(|_| true);
        let all = self.take(|_| true);
        reverted.add(self.undo_all(all));
        for run in runs {
            self.tell(Event { run, fault: None, kind: EventKind::ShuttingDown, detail: detail.clone() });
        }
        self.runs.clear();
        self.events = None;
        reverted
    }

    pub(super) fn is_closed(&self) -> bool {
        self.events.is_none()
    }

    /// Takes a run out, remembers that it has ended, and gives back its faults, which the caller undoes.
    pub(super) fn end_run(&mut self, run: &RunId) -> Vec<Active> {
        let Some(ended) = self.runs.remove(run) else { return Vec::new() };
        if self.ended.len() == ENDED_RUNS {
            self.ended.pop_front();
        }
        self.ended.push_back((run.clone(), ended.lease.epoch()));
        ended.faults
    }

    pub(super) fn take(&mut self, mut is_meant: impl FnMut(&Active) -> bool) -> Vec<Active> {
        let mut taken = Vec::new();
        for run in self.runs.values_mut() {
            taken.extend(run.faults.extract_if(.., |active| is_meant(active)));
        }
        taken
    }

    /// Undoes newest first of each victim, whatever order they come in.
    pub(super) fn undo_all(&mut self, mut taken: Vec<Active>) -> Reverted {
        taken.sort_by_key(|active| std::cmp::Reverse(active.record.recorded_at));
        let failed = self.undo_each(&taken.iter().map(|active| &active.record).collect::<Vec<_>>());
        let reverted = reverted_of(taken.len(), &failed);
        for (place, failure) in failed {
            let Active { record, fault, .. } = taken[place].clone();
            self.set_stuck(record, fault.name(), failure);
        }
        self.count(&reverted);
        reverted
    }

    /// Beside the node's own thread, which never ends and would keep what did not stop in time.
    pub(super) fn undo(&self, record: &Record) -> Result<(), UndoFailure> {
        self.undo_each(&[record]).pop().map_or(Ok(()), |(_, failure)| Err(failure))
    }

    /// Those that failed, by their places.
    fn undo_each(&self, records: &[&Record]) -> Vec<(usize, UndoFailure)> {
        let _alone = self.alone_unless_acting();
        let mut failed = Vec::new();
        let tell = &mut |(place, done): recovery::Done| failed.extend(done.err().map(|failure| (place, failure)));
        recovery::undo_beside(&self.ledger, &self.effects, records, tell, &mut self.sign_of_life());
        failed
    }

    /// Beats while something is undone, which may take longer than the keeper's patience; one that never ends is not hidden for long.
    fn sign_of_life(&self) -> impl FnMut() {
        let end = now().after(UNDOES_WITHIN);
        move || {
            if now() < end
                && let Err(error) = self.heartbeat.beat(now(), self.leases_end().min())
            {
                tracing::error!(%error, "could not beat");
            }
        }
    }

    /// In the middle of an act the lock is ours. And without it too: undoing twice is harmless, and not undoing is not.
    fn alone_unless_acting(&self) -> Option<ActingAlone> {
        if self.alone.is_some() { None } else { self.ledger.act_alone(PATIENCE).unwrap_or(None) }
    }

    pub(super) fn set_stuck(&mut self, record: Record, effect: &'static str, failure: UndoFailure) {
        self.tell_failure(&record, failure);
        self.stuck.push(Stuck::after_one_attempt(record, effect));
    }

    fn tell_failure(&self, record: &Record, failure: UndoFailure) {
        let UndoFailure { key, what, why } = failure;
        tracing::error!(fault = %key, what, why, "could not undo a fault; it stays on record and is retried");
        let (run, fault) = (record.run.clone(), Some(record.fault_id.clone()));
        self.tell(Event { run, fault, kind: EventKind::UndoFailed, detail: format!("{what}: {why}") });
    }

    /// Tries those that are meant at once, beside each other; a failure waits longer for its next attempt.
    pub(super) fn retry_stuck(&mut self, is_meant: impl Fn(&Record) -> bool) -> Reverted {
        let mut meant: Vec<Stuck> = self.stuck.extract_if(.., |stuck| is_meant(&stuck.record)).collect();
        meant.sort_by_key(|stuck| std::cmp::Reverse(stuck.record.recorded_at));
        let failed = self.undo_each(&meant.iter().map(|stuck| &stuck.record).collect::<Vec<_>>());
        let reverted = reverted_of(meant.len(), &failed);
        for (place, failure) in failed {
            let mut stuck = meant[place].clone();
            self.tell_failure(&stuck.record, failure);
            stuck.next_attempt = now().after(retry_after(stuck.attempts));
            stuck.attempts = stuck.attempts.saturating_add(1);
            self.stuck.push(stuck);
        }
        self.count(&reverted);
        reverted
    }

    fn count(&mut self, reverted: &Reverted) {
        self.counted.reverted += u64::from(reverted.count);
        self.counted.undo_failures += reverted.failures.len() as u64;
    }
}

fn reverted_of(tried: usize, failed: &[(usize, UndoFailure)]) -> Reverted {
    let count = u32::try_from(tried - failed.len()).unwrap_or(u32::MAX);
    Reverted { count, failures: failed.iter().map(|(_, failure)| failure.clone()).collect() }
}

impl Stuck {
    fn after_one_attempt(record: Record, effect: &'static str) -> Stuck {
        Stuck { record, effect, attempts: 1, next_attempt: now().after(FIRST_RETRY) }
    }

    /// Of an earlier life, whose undo has failed at the start. The request is gone, so its effect goes by what the receipt is of.
    pub(super) fn left(record: Record) -> Stuck {
        let effect = Kind::of_receipt(&record.receipt).name();
        Stuck::after_one_attempt(record, effect)
    }
}

impl Reverted {
    fn add(&mut self, more: Reverted) {
        self.count += more.count;
        self.failures.extend(more.failures);
    }
}

/// Doubles from one second to one minute, and never gives up.
fn retry_after(attempts: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << attempts.min(6)).min(LONGEST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_slow_down_to_one_a_minute_and_never_stop() {
        let waits: Vec<u64> = [1, 2, 5, 6, 7, 1000].into_iter().map(|n| retry_after(n).as_secs()).collect();
        assert_eq!(waits, [2, 4, 32, 60, 60, 60]);
    }
}
