//! What is active on this node, in one place and on one thread: runs under their leases, each fault with its undo on record.
//! Orders and the clock come in; effects and events go out. It never decides whether an experiment goes well, and whatever
//! it cannot do it undoes.

mod act;
mod alarm;
mod desk;
mod inject;
mod refusal;
mod revert;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::broadcast;

pub use desk::{Desk, Turn, Unanswered};
pub use inject::Asked;
pub use refusal::Refusal;
pub use revert::Reverted;

use crate::contract;
use crate::effect::packet_queue::PACKETS;
use crate::effect::{Capability, Effects, Felt};
use crate::fault::{Fault, Peer};
use crate::heartbeat::Heartbeat;
use crate::ids::{Epoch, FaultId, RunId};
use crate::lease::{BootTime, Lease, LeaseError, Terms};
use crate::ledger::{ActingAlone, Ledger, Record};
use crate::metrics::Figures;
use crate::privileges::Kind;
use crate::sys;

/// Runs that ended are remembered so that a late fault of theirs is refused; a ticket lives for minutes, so this is ample.
const ENDED_RUNS: usize = 1024;
/// Events that a slow watcher may lag behind before it is told to ask again.
const EVENTS: usize = 256;

/// The daemon's own flags. No request can exceed them.
#[derive(Debug, Clone)]
pub struct Rules {
    pub allow_local_victims: bool,
    pub max_duration: Duration,
    pub max_faults: usize,
    pub terms: Terms,
    pub denied_namespaces: Vec<String>,
    /// Left alone by every network fault of this node, whatever a request says.
    pub exempt: Vec<Peer>,
    /// Effects that may be put on; for others the daemon has not even the capabilities.
    pub effects: Vec<Kind>,
}

#[derive(Debug)]
pub struct Node {
    rules: Rules,
    ledger: Ledger,
    effects: Arc<Effects>,
    heartbeat: Heartbeat,
    /// The ledger's lock, while an act of ours goes on.
    alone: Option<ActingAlone>,
    /// None before the desk is open, and while orders are done beside an act.
    orders: Option<desk::Orders>,
    capabilities: Vec<Capability>,
    runs: BTreeMap<RunId, Run>,
    /// Faults whose undo failed. They have no lease any more, only the next attempt.
    stuck: Vec<Stuck>,
    ended: VecDeque<(RunId, Epoch)>,
    events: Option<broadcast::Sender<Event>>,
    next_beat: BootTime,
    next_look: BootTime,
    counted: Figures,
}

#[derive(Debug)]
pub struct Run {
    lease: Lease,
    /// Everyone that the run has ever hit here, so that its ticket's limit cannot be walked around one by one.
    victims: BTreeSet<VictimName>,
    /// In the order of their acts.
    faults: Vec<Active>,
}

/// Two pods of one name are told apart by their network namespace.
type VictimName = (String, String, u64);

#[derive(Debug, Clone)]
pub struct Active {
    pub record: Record,
    /// The request's own words, by which a repetition is known.
    pub asked: contract::Victim,
    pub fault: Fault,
    pub felt: Felt,
    pub deadline: BootTime,
}

#[derive(Debug, Clone)]
struct Stuck {
    record: Record,
    /// As it is listed.
    effect: &'static str,
    attempts: u32,
    next_attempt: BootTime,
}

/// What happened without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub run: RunId,
    pub fault: Option<FaultId>,
    pub kind: EventKind,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    VictimGone,
    LeaseExpired,
    Deadline,
    UndoFailed,
    ShuttingDown,
    FaultStopped,
}

/// What is active now. A fault whose undo failed is listed without time left.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pub faults: Vec<ListedFault>,
    pub leases: Vec<ListedLease>,
}

#[derive(Debug, Clone)]
pub struct ListedFault {
    pub record: Record,
    pub effect: &'static str,
    pub age: Duration,
    pub deadline_in: Duration,
}

#[derive(Debug, Clone)]
pub struct ListedLease {
    pub run: RunId,
    pub epoch: Epoch,
    pub remaining: Duration,
}

impl Node {
    /// The caller has reverted everything on record before, but for what is `left`: a node starts with nothing active, and retries that.
    pub fn new(rules: Rules, ledger: Ledger, effects: Effects, heartbeat: Heartbeat, left: Vec<Record>) -> Node {
        Node {
            capabilities: permitted(effects.capabilities(), &rules.effects),
            rules,
            ledger,
            effects: Arc::new(effects),
            heartbeat,
            alone: None,
            orders: None,
            runs: BTreeMap::new(),
            stuck: left.into_iter().map(Stuck::left).collect(),
            ended: VecDeque::new(),
            events: Some(broadcast::Sender::new(EVENTS)),
            next_beat: BootTime(Duration::ZERO),
            next_look: BootTime(Duration::ZERO),
            counted: Figures::default(),
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn boot_id(&self) -> &str {
        self.ledger.boot_id()
    }

    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// For looks that take their time, on another thread than the node's.
    pub fn share_effects(&self) -> Arc<Effects> {
        Arc::clone(&self.effects)
    }

    /// What was counted, and what is active now.
    pub fn figures(&self) -> Figures {
        let mut figures = self.counted.clone();
        for active in self.runs.values().flat_map(|run| &run.faults) {
            *figures.active.entry(active.fault.name()).or_default() += 1;
        }
        figures.stuck = self.stuck.len() as u64;
        figures.queue_packets = PACKETS.load(Ordering::Relaxed);
        figures
    }

    /// None when the node is shutting down.
    pub fn watch(&self) -> Option<broadcast::Receiver<Event>> {
        self.events.as_ref().map(broadcast::Sender::subscribe)
    }

    /// Only a completed guard poll may renew; an unknown or expired run is lost.
    pub fn renew(&mut self, run: &RunId, epoch: Epoch) -> Result<Duration, LeaseError> {
        let now = now();
        let Some(active) = self.runs.get_mut(run) else {
            return Err(LeaseError::Lost { run: run.clone() });
        };
        active.lease.renew(run, epoch, now, &self.rules.terms)?;
        Ok(active.lease.remaining(now))
    }

    /// `None` lists every run.
    pub fn list(&self, run: Option<&RunId>) -> Listing {
        let now = now();
        let asked = |name: &RunId| run.is_none_or(|run| run == name);
        let mut listing = Listing::default();
        for (name, active) in self.runs.iter().filter(|(name, _)| asked(name)) {
            listing
                .faults
                .extend(active.faults.iter().map(|fault| listed(&fault.record, fault.fault.name(), fault.deadline, now)));
            let (epoch, remaining) = (active.lease.epoch(), active.lease.remaining(now));
            listing.leases.push(ListedLease { run: name.clone(), epoch, remaining });
        }
        let stuck = self.stuck.iter().filter(|stuck| asked(&stuck.record.run));
        listing.faults.extend(stuck.map(|stuck| listed(&stuck.record, stuck.effect, now, now)));
        listing
    }

    fn tell(&self, event: Event) {
        if let Some(events) = &self.events {
            // An error only says that nobody watches, which is allowed.
            let _ = events.send(event);
        }
    }
}

fn listed(record: &Record, effect: &'static str, deadline: BootTime, now: BootTime) -> ListedFault {
    ListedFault { record: record.clone(), effect, age: now.since(record.recorded_at), deadline_in: deadline.since(now) }
}

fn now() -> BootTime {
    BootTime(sys::clock::since_boot())
}

/// What may not be put on here cannot be had, however able the node is.
fn permitted(found: Vec<Capability>, effects: &[Kind]) -> Vec<Capability> {
    let judge = |found: Capability| match effects.contains(&Kind::of_effect(found.effect)) {
        true => found,
        false => Capability { available: false, reason: "it is not among this daemon's --effects".to_owned(), ..found },
    };
    found.into_iter().map(judge).collect()
}
