//! Keeps a container's clocks wrong while its processes come and go. A forked child inherits the hooks; a new program begins with the
//! kernel's own vDSO, and is told of by the kernel right after that. What it reads before it is stopped is true: the gap is measured.
//! One thread for all faults of a daemon, and none while there is no fault.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::hooks::Hooks;
use super::members::{Census, Members};
use super::patch::PatchError;
use super::slots::Order;
use super::stopped::Held;
use super::surgery::{Surgery, is_gone};
use crate::sys::clock;
use crate::sys::exec_events::{ExecEvent, ExecEvents};
use crate::sys::poll::{Bell, Poll, Timer, Wait};
use crate::sys::urgency;

/// Where the kernel tells nothing; a look costs some 15 us a process of the node.
pub const LOOKS_EVERY: Duration = Duration::from_secs(1);
const NOT_YET: Duration = Duration::MAX;
/// A fork copies memory first and is told of last. A further fault is written while nobody stands still, so one that is told of this soon
/// afterwards may be of a memory without it. Copying the page tables of 64 GiB takes some 0.6 s.
const COPIES_WITHIN: Duration = Duration::from_secs(1);

type Put = fn(&Surgery, &Hooks, u32, Order) -> Result<Held, PatchError>;

const EVENT: u64 = 1;
const BELL: u64 = 2;
const TIMER: u64 = 3;

#[derive(Debug)]
struct Followed {
    /// Where its record is. Without one the fault is undone by another process, and nobody gets its order any more: this daemon
    /// finds that out at its next beat, and a person's `panic` must not be contradicted until then.
    record: Option<PathBuf>,
    order: Order,
    members: Members,
    /// Since when each has the hooks, by the clock of the kernel's events. Whoever it forked before may have a memory without them.
    known: BTreeMap<u32, Duration>,
    newcomers: u64,
    longest_gap: Duration,
}

pub struct Watcher {
    surgery: Arc<Surgery>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    followed: Vec<Followed>,
    bell: Option<Arc<Bell>>,
}

/// Whether the kernel tells of new programs here, and why not.
pub fn hears_of_execs() -> io::Result<()> {
    ExecEvents::listen().map(drop)
}

impl Watcher {
    pub fn new(surgery: Arc<Surgery>) -> Watcher {
        Watcher { surgery, state: Arc::default() }
    }

    /// From now on whoever joins these members gets this order.
    pub fn follow(&self, record: Option<PathBuf>, order: Order, members: Members) -> io::Result<()> {
        let known = members.all()?.into_iter().map(|pid| (pid, NOT_YET)).collect();
        let mut state = lock(&self.state);
        state.followed.retain(|followed| followed.order.tag != order.tag);
        state.followed.push(Followed { record, order, members, known, newcomers: 0, longest_gap: Duration::ZERO });
        if state.bell.is_none() {
            state.bell = Some(self.start()?);
        }
        Ok(())
    }

    /// These have the order now: what they fork from now on inherits it, and is left alone.
    pub fn have(&self, tag: u64, pids: &BTreeSet<u32>) {
        let now = clock::monotonic();
        for followed in lock(&self.state).followed.iter_mut().filter(|followed| followed.order.tag == tag) {
            for (_, since) in followed.known.iter_mut().filter(|(pid, since)| **since == NOT_YET && pids.contains(pid)) {
                *since = now;
            }
        }
    }

    /// When it returns, nobody gets this order from here any more.
    pub fn forget(&self, tag: u64) {
        let mut state = lock(&self.state);
        for followed in state.followed.extract_if(.., |followed| followed.order.tag == tag) {
            let Followed { newcomers, longest_gap, .. } = followed;
            tracing::info!(
                newcomers,
                longest_gap_us = longest_gap.as_micros() as u64,
                "a clock fault is not followed any more"
            );
        }
        if state.followed.is_empty()
            && let Some(bell) = state.bell.take()
        {
            // A bell that cannot ring leaves a thread that finds nothing to do.
            let _ = bell.ring();
        }
    }

    fn start(&self) -> io::Result<Arc<Bell>> {
        let events =
            ExecEvents::listen().inspect_err(|error| tracing::warn!(%error, "new programs are looked for once a second")).ok();
        let (poll, bell, timer) = (Poll::new()?, Arc::new(Bell::new()?), Timer::new()?);
        poll.add(bell.as_fd(), BELL)?;
        poll.add(timer.as_fd(), TIMER)?;
        match &events {
            Some(events) => poll.add(events.as_fd(), EVENT)?,
            None => timer.fire_in(LOOKS_EVERY)?,
        }
        let watch = Watch {
            surgery: Arc::clone(&self.surgery),
            state: Arc::clone(&self.state),
            bell: Arc::clone(&bell),
            poll,
            timer,
            events,
        };
        thread::Builder::new().name("clock-watcher".into()).stack_size(256 * 1024).spawn(move || watch.run())?;
        Ok(bell)
    }
}

/// The thread's own side.
struct Watch {
    surgery: Arc<Surgery>,
    state: Arc<Mutex<State>>,
    bell: Arc<Bell>,
    poll: Poll,
    timer: Timer,
    events: Option<ExecEvents>,
}

impl Watch {
    fn run(&self) {
        // Without it the gap is longer on a busy machine, and it is measured all the same.
        let _ = urgency::go_first();
        let mut ready = Vec::new();
        while self.is_needed() {
            ready.clear();
            if let Err(error) = self.poll.wait(&mut ready, Wait::UntilReady).and_then(|()| self.hear()) {
                tracing::error!(%error, "could not hear of new programs; they are looked for once a second");
                let _ = self.timer.fire_in(LOOKS_EVERY);
            }
            if ready.contains(&TIMER) {
                self.look();
                let _ = self.timer.fire_in(LOOKS_EVERY);
            }
        }
    }

    /// Another watch may have begun since this one was told to end.
    fn is_needed(&self) -> bool {
        lock(&self.state).bell.as_ref().is_some_and(|bell| Arc::ptr_eq(bell, &self.bell))
    }

    fn hear(&self) -> io::Result<()> {
        let Some(events) = &self.events else { return Ok(()) };
        while let Some(event) = events.next()? {
            match event {
                ExecEvent::Forked { parent, child, at } => self.forked(parent, child, at),
                ExecEvent::Executed { pid, at } => self.executed(pid, at),
                ExecEvent::Missed => self.look(),
            }
        }
        Ok(())
    }

    fn forked(&self, parent: u32, child: u32, at: Duration) {
        for followed in &mut lock(&self.state).followed {
            match followed.known.get(&parent) {
                // Its pid may have been a member's, who ended.
                None => drop(followed.known.remove(&child)),
                Some(since) if since.saturating_add(COPIES_WITHIN) < at => drop(followed.known.insert(child, at)),
                // Its memory may have been copied before the hooks came; where it was not, a look is enough.
                Some(_) => drop(self.reach(child, followed, Surgery::put)),
            }
        }
    }

    fn executed(&self, pid: u32, at: Duration) {
        for followed in &mut lock(&self.state).followed {
            if !followed.members.has(pid, &followed.known) {
                continue;
            }
            if let Some(held) = self.reach(pid, followed, Surgery::put_first) {
                // It reads nothing while it stands still.
                let gap = clock::monotonic().saturating_sub(at + held.span);
                followed.newcomers += 1;
                followed.longest_gap = followed.longest_gap.max(gap);
                tracing::debug!(pid, gap_us = gap.as_micros() as u64, "a new program has the skewed clock");
            }
        }
    }

    /// One census for all faults. Who forks right after it is found by the next one, or has inherited the hooks.
    fn look(&self) {
        let census = match Census::take() {
            Ok(census) => census,
            Err(error) => return tracing::error!(%error, "could not look for new programs"),
        };
        for followed in &mut lock(&self.state).followed {
            let members = followed.members.among(&census).into_iter();
            let reached = members.filter_map(|pid| self.put(pid, followed, Surgery::put).map(|_| (pid, clock::monotonic())));
            followed.known = reached.collect();
        }
    }

    /// A new member gets the hooks, and is known to have them since.
    fn reach(&self, pid: u32, followed: &mut Followed, how: Put) -> Option<Held> {
        let held = self.put(pid, followed, how);
        followed.known.insert(pid, held.map_or(NOT_YET, |_| clock::monotonic()));
        held
    }

    fn put(&self, pid: u32, followed: &Followed, how: Put) -> Option<Held> {
        let hooks = self.surgery.hooks.as_ref().ok()?;
        if followed.record.as_ref().is_some_and(|record| !record.exists()) {
            return None;
        }
        match how(&self.surgery, hooks, pid, followed.order) {
            Ok(held) => Some(held),
            Err(error) if is_gone(&error) => None,
            Err(error) => {
                tracing::warn!(pid, %error, "a new program keeps the true clock");
                None
            }
        }
    }
}

/// A panic ends the process in its hook, so a poisoned lock only means that this is the hook.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
