//! One act on one victim: on record first, with no other process acting in between, and undone if it fails. Planning and the act itself
//! run beside the node's thread: the one may look names up at servers that do not answer, the other ends with a look whether the victim
//! feels it, and no deadline may wait for either.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::{Active, Asked, Node, Refusal};
use crate::effect::{EffectError, Felt};
use crate::fault::Fault;
use crate::ids::RunId;
use crate::lease::{BootTime, LeaseError};
use crate::ledger::Record;
use crate::victim::ResolvedVictim;

/// An act takes milliseconds; a lock that is held for longer is held by someone who undoes.
const PATIENCE: Duration = Duration::from_secs(1);

/// Others are heard this often during an act, which seldom takes longer.
const BESIDE_EVERY: Duration = Duration::from_millis(5);

impl Node {
    pub(super) fn act(&mut self, asked: &Asked, victim: ResolvedVictim, accepted_at: BootTime) -> Result<Active, Refusal> {
        let record = self.plan(asked, victim, accepted_at)?;
        let key = record.key();
        let alone = self.ledger.act_alone(PATIENCE).map_err(|cause| Refusal::Lock { key: key.clone(), cause })?;
        if alone.is_none() {
            return Err(Refusal::NotAlone(key));
        }
        self.alone = alone;
        let acted = self.record_and_apply(record, asked, accepted_at);
        self.alone = None;
        acted
    }

    fn plan(&mut self, asked: &Asked, victim: ResolvedVictim, accepted_at: BootTime) -> Result<Record, Refusal> {
        let key = &asked.key;
        let (effects, name, whom) = (Arc::clone(&self.effects), key.to_string(), victim.clone());
        let fault = asked.fault.sparing(&self.rules.exempt);
        let planned = self.beside(&key.run, move || effects.plan(&name, &fault, &whom));
        Ok(Record {
            boot_id: self.ledger.boot_id().to_owned(),
            run: key.run.clone(),
            fault_id: key.fault.clone(),
            epoch: asked.epoch,
            recorded_at: accepted_at,
            victim,
            receipt: planned.map_err(|cause| Refusal::Plan { key: key.clone(), cause })?,
        })
    }

    fn record_and_apply(&mut self, record: Record, asked: &Asked, accepted_at: BootTime) -> Result<Active, Refusal> {
        self.ledger.record(&record)?;
        match self.apply(&record, &asked.fault.sparing(&self.rules.exempt)) {
            Ok(felt) => Ok(Active {
                record,
                asked: asked.victim.clone(),
                fault: asked.fault.clone(),
                felt,
                deadline: accepted_at.after(asked.deadline),
            }),
            Err(cause) => Err(self.unwind(record, &asked.fault, cause)),
        }
    }

    fn apply(&mut self, record: &Record, fault: &Fault) -> Result<Felt, EffectError> {
        let (effects, receipt, fault) = (Arc::clone(&self.effects), record.receipt.clone(), fault.clone());
        self.beside(&record.run, move || effects.apply(&receipt, &fault))
    }

    /// Waits for work of a run on a thread of its own, and meanwhile does what is due for everyone else, and what others ask that has
    /// nothing to do with it.
    fn beside<T: Send + 'static>(&mut self, run: &RunId, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, worked) = sync_channel(1);
        thread::spawn(move || done.send(work()));
        loop {
            match worked.recv_timeout(self.ring().min(BESIDE_EVERY)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => self.serve_beside(run),
                Err(RecvTimeoutError::Disconnected) => unreachable!("a panic of the work ends the process in its hook"),
            }
        }
    }

    /// The effect has unwound itself or says that it could not; undoing once more is harmless and takes it off the record.
    fn unwind(&mut self, record: Record, fault: &Fault, cause: EffectError) -> Refusal {
        let key = record.key();
        let unwound = match self.undo(&record) {
            Ok(()) => "it is undone and off the record".to_owned(),
            Err(failure) => {
                let why = failure.why.clone();
                self.set_stuck(record, fault.name(), failure);
                format!("it is NOT undone and stays on record: {why}")
            }
        };
        Refusal::Apply { key, cause, unwound }
    }

    /// The run ended while its fault was put on.
    pub(super) fn take_back(&mut self, active: Active) -> Refusal {
        let run = active.record.run.clone();
        self.undo_all(vec![active]);
        LeaseError::Lost { run }.into()
    }
}
