//! Putting one fault on one victim: judge everything, then record, then act, and on failure undo what was done.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Active, Node, Refusal, Run, VictimName, now};
use crate::cri::Found;
use crate::fault::Fault;
use crate::ids::{Epoch, FaultKey};
use crate::lease::{BootTime, Lease, LeaseError};
use crate::privileges::Kind;
use crate::ticket::Ticket;
use crate::victim::ResolvedVictim;
use crate::{contract, victim};

/// A request whose words are checked and whose ticket is signed for this cluster.
#[derive(Debug)]
pub struct Asked {
    pub key: FaultKey,
    pub epoch: Epoch,
    pub ticket: Ticket,
    pub victim: contract::Victim,
    /// What the runtime says of the container that the victim names.
    pub container: Option<Found>,
    pub fault: Fault,
    pub deadline: Duration,
    /// Wall clock, for the ticket's expiry only.
    pub unix_seconds: u64,
}

impl Node {
    /// Repeating a fault that is active returns it as it is. The lease begins with the run's first fault.
    pub fn inject(&mut self, asked: &Asked) -> Result<Active, Refusal> {
        let answer = self.judge_and_act(asked);
        if answer.is_err() {
            self.counted.refused += 1;
        }
        answer
    }

    fn judge_and_act(&mut self, asked: &Asked) -> Result<Active, Refusal> {
        let accepted_at = now();
        self.refuse_when_closing(asked)?;
        self.judge_lease(asked, accepted_at)?;
        if let Some(active) = self.already_active(asked)? {
            return Ok(active);
        }
        self.judge_limits(asked)?;
        let victim = victim::resolve(&asked.victim, asked.container.as_ref(), self.rules.allow_local_victims)?;
        self.judge_victims(asked, &victim)?;
        let was_leased = self.runs.contains_key(&asked.key.run);
        let active = self.act(asked, victim, accepted_at)?;
        if was_leased && !self.runs.contains_key(&asked.key.run) {
            return Err(self.take_back(active));
        }
        let run = self.runs.entry(asked.key.run.clone()).or_insert_with(|| Run {
            lease: Lease::start(asked.epoch, accepted_at, &self.rules.terms),
            victims: BTreeSet::new(),
            faults: Vec::new(),
        });
        run.victims.insert(name_of(&active.record.victim));
        run.faults.push(active.clone());
        *self.counted.injected.entry(active.fault.name()).or_default() += 1;
        Ok(active)
    }

    fn refuse_when_closing(&self, asked: &Asked) -> Result<(), Refusal> {
        if self.is_closed() { Err(Refusal::Closing(asked.key.run.clone())) } else { Ok(()) }
    }

    /// An active run only has to hold the fence; a new one needs a ticket that has not expired, and must not have ended here.
    fn judge_lease(&mut self, asked: &Asked, now: BootTime) -> Result<(), Refusal> {
        let run = &asked.key.run;
        if asked.epoch == Epoch(0) {
            return Err(LeaseError::NoEpoch { run: run.clone() }.into());
        }
        asked.ticket.covers_run(run)?;
        if let Some(active) = self.runs.get_mut(run) {
            return Ok(active.lease.admit(run, asked.epoch, now)?);
        }
        if let Some((_, ended)) = self.ended.iter().rev().find(|(name, _)| name == run)
            && asked.epoch <= *ended
        {
            return Err(LeaseError::Ended { run: run.clone(), ended: *ended }.into());
        }
        Ok(asked.ticket.accepts_at(run, asked.unix_seconds)?)
    }

    fn already_active(&self, asked: &Asked) -> Result<Option<Active>, Refusal> {
        if self.stuck.iter().any(|stuck| stuck.record.key() == asked.key) {
            return Err(Refusal::Stuck(asked.key.clone()));
        }
        let faults = self.runs.get(&asked.key.run).map_or(&[][..], |run| &run.faults);
        let Some(active) = faults.iter().find(|active| active.record.fault_id == asked.key.fault) else { return Ok(None) };
        if active.fault == asked.fault && active.asked == asked.victim {
            return Ok(Some(active.clone()));
        }
        Err(Refusal::OtherContent(asked.key.clone()))
    }

    fn judge_limits(&self, asked: &Asked) -> Result<(), Refusal> {
        if !self.rules.effects.contains(&Kind::of(&asked.fault)) {
            return Err(Refusal::NotPermitted { effect: asked.fault.name() });
        }
        asked.ticket.permits_namespace(&asked.victim.namespace, &self.rules.denied_namespaces)?;
        if asked.deadline.is_zero() {
            return Err(Refusal::NoDeadline);
        }
        asked.ticket.permits_duration(asked.deadline)?;
        asked.ticket.permits_harm(&asked.fault)?;
        let most = self.rules.max_duration;
        if asked.deadline > most {
            return Err(Refusal::TooLong { asked: asked.deadline.as_secs_f64(), most: most.as_secs_f64() });
        }
        let active: usize = self.runs.values().map(|run| run.faults.len()).sum();
        if active + self.stuck.len() >= self.rules.max_faults {
            return Err(Refusal::TooMany { most: self.rules.max_faults });
        }
        Ok(())
    }

    fn judge_victims(&self, asked: &Asked, victim: &ResolvedVictim) -> Result<(), Refusal> {
        let mut victims = self.runs.get(&asked.key.run).map(|run| run.victims.clone()).unwrap_or_default();
        victims.insert(name_of(victim));
        Ok(asked.ticket.permits_victims(&asked.key.run, victims.len())?)
    }
}

fn name_of(victim: &ResolvedVictim) -> VictimName {
    (victim.namespace.clone(), victim.pod.clone(), victim.netns.inode)
}
