//! Undoing from the records alone, by whoever is there: a daemon that starts, ends or panics, the keeper, a person.
//! Newest first of each victim, never stopped by a failure; what could not be undone stays on record. Prints and logs nothing itself.

mod beside;

use std::fmt;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

pub use beside::{Done, undo_beside};

use crate::effect::{Effects, Residue};
use crate::ids::FaultKey;
use crate::ledger::{Ledger, LedgerError, Record, Torn};
use crate::victim::{self, ResolvedVictim};

/// An act takes milliseconds. Whoever holds on longer is stuck, and undoing twice is harmless where not undoing is not.
const PATIENCE: Duration = Duration::from_secs(2);

/// One thing that happened, told as it happens.
#[derive(Debug)]
pub enum Step {
    Undone {
        key: FaultKey,
        what: String,
    },
    Failed(UndoFailure),
    DroppedFromAnotherBoot(usize),
    Torn(Torn),
    Swept(Residue),
    /// A namespace that the sweep could not look into.
    Blind {
        place: String,
        why: String,
    },
    /// Someone else holds the lock of the acts and is stuck; undoing goes on without it.
    Unlocked,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Undone { key, what } => write!(f, "undone: {key}, {what}"),
            Step::Failed(UndoFailure { key, what, why }) => write!(f, "NOT UNDONE: {key}, {what}: {why}"),
            Step::DroppedFromAnotherBoot(count) => {
                write!(f, "dropped: {count} records of an earlier boot, whose kernel is gone")
            }
            Step::Torn(Torn { kept_at, why }) => write!(f, "UNREADABLE RECORD: kept at {}: {why}", kept_at.display()),
            Step::Swept(Residue { place, what }) => write!(f, "swept: {what} in {place}"),
            Step::Blind { place, why } => write!(f, "COULD NOT LOOK into {place}: {why}"),
            Step::Unlocked => f.write_str("another process holds the lock of the acts and is stuck; going on without it"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoFailure {
    pub key: FaultKey,
    pub what: String,
    pub why: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub undone: usize,
    pub failed: usize,
    pub torn: usize,
}

impl Outcome {
    /// A torn record is not clean even after a sweep: nobody can say what it was.
    pub fn is_clean(self) -> bool {
        self.failed == 0 && self.torn == 0
    }
}

/// Undoes every record there is, then sweeps the kernel if a record could not be read.
pub fn revert_all(ledger: &Ledger, effects: &Effects, say: &mut dyn FnMut(Step)) -> Result<Outcome, LedgerError> {
    // Held to the end. A lock that cannot be had or opened (a full or read-only disk) must not keep a fault alive.
    let alone = ledger.act_alone(PATIENCE).unwrap_or(None);
    if alone.is_none() {
        say(Step::Unlocked);
    }
    let found = ledger.found()?;
    let mut outcome = Outcome { torn: found.torn.len(), ..Outcome::default() };
    if found.of_another_boot > 0 {
        say(Step::DroppedFromAnotherBoot(found.of_another_boot));
    }
    let records: Vec<&Record> = found.records.iter().collect();
    let tell = &mut |(place, done): Done| match done {
        Ok(()) => {
            outcome.undone += 1;
            say(Step::Undone { key: records[place].key(), what: what_of(records[place]) });
        }
        Err(failure) => {
            outcome.failed += 1;
            say(Step::Failed(failure));
        }
    };
    undo_beside(ledger, effects, &records, tell, &mut || {});
    if !found.torn.is_empty() {
        found.torn.into_iter().for_each(|torn| say(Step::Torn(torn)));
        sweep_everywhere(effects, say);
    }
    Ok(outcome)
}

/// Undoes one fault and forgets it. Idempotent; the caller acts alone or has found that it must act without.
pub fn undo(ledger: &Ledger, effects: &Effects, record: &Record) -> Result<(), UndoFailure> {
    let failed = |why: String| UndoFailure { key: record.key(), what: what_of(record), why };
    effects.undo(&record.receipt).map_err(|error| failed(error.to_string()))?;
    ledger.forget(&record.key()).map_err(|error| failed(error.to_string()))
}

/// What a record did to whom, in words for people.
pub fn what_of(record: &Record) -> String {
    let ResolvedVictim { namespace, pod, pid, .. } = &record.victim;
    format!("{} on {namespace}/{pod} (pid {pid})", record.receipt.back_end())
}

/// On a thread of its own, where one can be had, as in `undo_beside`.
fn sweep_everywhere(effects: &Effects, say: &mut dyn FnMut(Step)) {
    let (told, steps) = channel();
    thread::scope(|scope| {
        let tell = told.clone();
        // Whoever listens does so until the sweep has ended.
        let sweep = move || sweep_each_place(effects, &mut |step| drop(tell.send(step)));
        if thread::Builder::new().name("sweep".into()).stack_size(beside::STACK).spawn_scoped(scope, sweep).is_err() {
            sweep_each_place(effects, &mut |step| drop(told.send(step)));
        }
        drop(told);
        steps.into_iter().for_each(say);
    });
}

/// Looks into every network namespace. The faults of the readable records are undone by now, so all that is left is an orphan.
fn sweep_each_place(effects: &Effects, say: &mut dyn FnMut(Step)) {
    let victims = match victim::one_in_every_netns() {
        Ok(victims) => victims,
        Err(cause) => return say(Step::Blind { place: "/proc".to_owned(), why: cause.to_string() }),
    };
    let (swept, blind) = effects.sweep_the_node();
    swept.into_iter().for_each(|residue| say(Step::Swept(residue)));
    blind.into_iter().for_each(|error| say(Step::Blind { place: "the node".to_owned(), why: error.to_string() }));
    for victim in victims {
        let (swept, blind) = effects.sweep(&victim);
        swept.into_iter().for_each(|residue| say(Step::Swept(residue)));
        for error in blind {
            say(Step::Blind { place: victim.pod.clone(), why: error.to_string() });
        }
    }
}
