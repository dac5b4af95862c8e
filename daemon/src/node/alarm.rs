//! What the node does by itself when its time has come: deadlines, ended leases, retries, and the beat of its heart, with which
//! it also looks whether victims and records are still there. Between these moments it sleeps.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Active, Event, EventKind, Node, now};
use crate::effect::Over;
use crate::fault::Fault;
use crate::heartbeat;
use crate::ids::{FaultKey, RunId};
use crate::lease::BootTime;
use crate::procfs;
use crate::sys;

/// Some 30 us for each frozen victim, five times a second.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// More than an idle daemon ever frees and takes again.
const KEPT_MEMORY: usize = 4 << 20;

impl Node {
    /// Does all that is due and says how long until the next thing is.
    /// The sleep is bounded by the heartbeat, so that a machine that slept is noticed at the next beat at the latest.
    pub(super) fn ring(&mut self) -> Duration {
        self.end_expired_leases();
        self.undo_overdue();
        self.retry_due();
        if now() >= self.next_beat {
            self.beat();
        }
        if now() >= self.next_look {
            self.look();
        }
        self.next_due().since(now())
    }

    /// A pod that is deleted waits for its frozen container, so these are looked at more often than the heart beats.
    fn look(&mut self) {
        self.next_look = now().after(LOOK_EVERY);
        let active = self.runs.values().flat_map(|run| &run.faults).map(|active| &active.record);
        let over = active.filter_map(|record| Some((record.key(), self.effects.is_over(&record.receipt)?)));
        let over: Vec<(FaultKey, Over)> = over.collect();
        for (key, over) in over {
            let taken = self.take(|active| active.record.key() == key);
            let (kind, why) = match over {
                Over::VictimGone(why) => (EventKind::VictimGone, why),
                Over::Stopped(why) => (EventKind::FaultStopped, why),
            };
            self.undo_and_tell(taken, kind, why);
        }
    }

    fn end_expired_leases(&mut self) {
        let now = now();
        let expired: Vec<RunId> =
            self.runs.iter().filter(|(_, run)| run.lease.has_expired(now)).map(|(name, _)| name.clone()).collect();
        for run in expired {
            self.counted.leases_expired += 1;
            let faults = self.end_run(&run);
            let held = faults.len();
            let reverted = self.undo_all(faults);
            let term = self.rules.terms.expires_after.as_secs_f64();
            tracing::warn!(%run, faults = held, reverted = reverted.count, "a lease expired and its faults were reverted");
            let detail = format!("no renewal for {term} s: {} of {held} faults reverted", reverted.count);
            self.tell(Event { run, fault: None, kind: EventKind::LeaseExpired, detail });
        }
    }

    fn undo_overdue(&mut self) {
        let now = now();
        let overdue = self.take(|active| active.deadline <= now);
        self.undo_and_tell(overdue, EventKind::Deadline, "its hard deadline was reached");
    }

    fn undo_and_tell(&mut self, taken: Vec<Active>, kind: EventKind, why: &'static str) {
        if taken.is_empty() {
            return;
        }
        let keys: Vec<FaultKey> = taken.iter().map(|active| active.record.key()).collect();
        let failed: BTreeSet<FaultKey> = self.undo_all(taken).failures.into_iter().map(|failure| failure.key).collect();
        for key in keys {
            let outcome = if failed.contains(&key) { "NOT reverted" } else { "reverted" };
            tracing::info!(fault = %key, why, outcome, "a fault ended by itself");
            self.tell(Event { run: key.run, fault: Some(key.fault), kind, detail: format!("{why}; {outcome}") });
        }
    }

    fn retry_due(&mut self) {
        let now = now();
        let due: BTreeSet<_> =
            self.stuck.iter().filter(|stuck| stuck.next_attempt <= now).map(|stuck| stuck.record.key()).collect();
        if !due.is_empty() {
            self.retry_stuck(|record| due.contains(&record.key()));
        }
    }

    fn beat(&mut self) {
        let now = now();
        if let Err(error) = self.heartbeat.beat(now, self.leases_end().min()) {
            // The keeper will take this for a stuck daemon, which is the safe reading of a disk that cannot be written.
            tracing::error!(%error, "could not beat");
        }
        self.next_beat = now.after(heartbeat::EVERY);
        sys::memory::give_back(KEPT_MEMORY);
        self.follow_the_ledger();
        self.release_the_dead();
    }

    /// A record that someone took away is a fault that someone undid: the keeper, or a person in a panic.
    fn follow_the_ledger(&mut self) {
        let gone: BTreeSet<_> = self.keys().filter(|key| !self.ledger.has(key)).collect();
        if gone.is_empty() {
            return;
        }
        let dropped = self.take(|active| gone.contains(&active.record.key()));
        self.stuck.retain(|stuck| !gone.contains(&stuck.record.key()));
        let runs: BTreeSet<RunId> = dropped.iter().map(|active| active.record.run.clone()).collect();
        // Undone once more, in case that the other one died between taking the record and undoing.
        self.undo_all(dropped);
        for run in runs {
            let rest = self.end_run(&run);
            self.undo_all(rest);
            tracing::warn!(%run, "records were taken away by another process; the run is ended here");
            let detail = "its records were taken away by the keeper or a panic: everything of the run is reverted".to_owned();
            self.tell(Event { run, fault: None, kind: EventKind::LeaseExpired, detail });
        }
    }

    fn keys(&self) -> impl Iterator<Item = FaultKey> {
        let active = self.runs.values().flat_map(|run| &run.faults).map(|active| active.record.key());
        active.chain(self.stuck.iter().map(|stuck| stuck.record.key()))
    }

    /// A victim that was to be killed is meant to be gone. Its namespace may live on in other processes, so the rest is undone.
    fn release_the_dead(&mut self) {
        let bereaved = self.take(|active| {
            let victim = &active.record.victim;
            matches!(active.fault, Fault::Network(_) | Fault::FileIo(_) | Fault::Clock(_))
                && !procfs::is_running(victim.pid, victim.start_time)
        });
        self.undo_and_tell(bereaved, EventKind::VictimGone, "the victim ended");
    }

    fn watches_someone(&self) -> bool {
        self.runs.values().flat_map(|run| &run.faults).any(|active| active.record.receipt.needs_watching())
    }

    pub(super) fn leases_end(&self) -> impl Iterator<Item = BootTime> {
        self.runs.values().map(|run| run.lease.expires_at())
    }

    fn next_due(&self) -> BootTime {
        let leases = self.leases_end();
        let deadlines = self.runs.values().flat_map(|run| &run.faults).map(|active| active.deadline);
        let retries = self.stuck.iter().map(|stuck| stuck.next_attempt);
        let look = self.watches_someone().then_some(self.next_look);
        leases.chain(deadlines).chain(retries).chain(look).fold(self.next_beat, BootTime::min)
    }
}
