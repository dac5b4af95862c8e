//! All that is done to processes, one process at a time: a process can be held by one tracer only, and the watcher works beside
//! those who put faults on and take them off.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::hooks::{self, Hooks, HooksError};
use super::image::{Image, ImageError};
use super::members::Members;
use super::patch::{Found, PatchError, Patient};
use super::slots::Order;
use super::stopped::{Held, StopError};
use crate::procfs;

/// Whoever forks faster than this many looks is caught by the watcher.
const MOST_ROUNDS: usize = 10;
/// How long undoing goes on while processes are busy or multiply.
const UNDOES_FOR: Duration = Duration::from_secs(2);

/// This kernel's image, and hooks that fit it; without hooks one can still undo.
#[derive(Debug)]
pub struct Surgery {
    pub image: Image,
    pub hooks: Result<Hooks, HooksError>,
    one_at_a_time: Mutex<()>,
}

/// What became of the processes of a container.
#[derive(Debug, Default)]
pub struct Reached {
    pub processes: BTreeSet<u32>,
    pub threads: usize,
    pub longest_stop: Duration,
    /// Why some were not reached, one line each.
    pub missed: Vec<(u32, PatchError)>,
}

impl Surgery {
    pub fn prepare() -> Result<Surgery, ImageError> {
        let image = Image::own()?;
        let hooks = hooks::make(&image);
        Ok(Surgery { image, hooks, one_at_a_time: Mutex::new(()) })
    }

    pub fn found(&self, pid: u32) -> Result<Found, PatchError> {
        Patient::open(&self.image, pid)?.found(self.hooks.as_ref().ok())
    }

    pub fn put(&self, hooks: &Hooks, pid: u32, order: Order) -> Result<Held, PatchError> {
        let patient = Patient::open(&self.image, pid)?;
        let _alone = self.alone();
        patient.put(hooks, order)
    }

    pub fn put_first(&self, hooks: &Hooks, pid: u32, order: Order) -> Result<Held, PatchError> {
        let _alone = self.alone();
        Patient::put_first(&self.image, hooks, pid, order)
    }

    fn take(&self, pid: u32, tag: u64) -> Result<Held, PatchError> {
        let patient = Patient::open(&self.image, pid)?;
        let _alone = self.alone();
        patient.take(self.hooks.as_ref().ok(), tag)
    }

    /// A panic ends the process in its hook, so a poisoned lock only means that this is the hook.
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one order on every member, and on those who were born meanwhile, until a look finds nobody new.
    pub fn put_on_all(&self, hooks: &Hooks, members: &Members, order: Order) -> std::io::Result<Reached> {
        let mut reached = Reached::default();
        for _ in 0..MOST_ROUNDS {
            let missed: BTreeSet<u32> = reached.missed.iter().map(|(pid, _)| *pid).collect();
            let all = members.all()?;
            let new: Vec<u32> =
                all.into_iter().filter(|pid| !reached.processes.contains(pid) && !missed.contains(pid)).collect();
            if new.is_empty() {
                break;
            }
            new.into_iter().for_each(|pid| reached.add(pid, self.put(hooks, pid, order)));
        }
        Ok(reached)
    }

    /// Takes one order from whoever has it, on the whole node: children that left the container's tree inherited it.
    /// Goes on until a look finds nobody, or says who is left and why.
    pub fn take_from_all(&self, tag: u64) -> std::io::Result<Vec<PatchError>> {
        let started = Instant::now();
        loop {
            let having = self.having(|tags| tags.contains(&tag) || tags.contains(&0))?;
            let failures: Vec<PatchError> =
                having.iter().filter_map(|pid| self.take(*pid, tag).err()).filter(|error| !is_gone(error)).collect();
            if having.is_empty() || (!failures.is_empty() && started.elapsed() > UNDOES_FOR) {
                return Ok(failures);
            }
            if !failures.is_empty() {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Every process of the node whose cave says something that is meant. One that may not be looked at was never touched.
    pub fn having(&self, is_meant: impl Fn(&[u64]) -> bool) -> std::io::Result<Vec<u32>> {
        let tags = |pid: &u32| Patient::open(&self.image, *pid).and_then(|patient| patient.tags());
        Ok(procfs::all_pids()?
            .into_iter()
            .filter(|pid| tags(pid).is_ok_and(|tags| !tags.is_empty() && is_meant(&tags)))
            .collect())
    }

    /// Removes all that is ours from one process, whatever faults it belongs to.
    pub fn restore(&self, pid: u32) -> Result<Held, PatchError> {
        let patient = Patient::open(&self.image, pid)?;
        let _alone = self.alone();
        patient.restore()
    }
}

impl Reached {
    fn add(&mut self, pid: u32, put: Result<Held, PatchError>) {
        match put {
            Ok(held) => {
                self.processes.insert(pid);
                self.threads += held.threads;
                self.longest_stop = self.longest_stop.max(held.span);
            }
            Err(error) if is_gone(&error) => {}
            Err(error) => self.missed.push((pid, error)),
        }
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (processes, threads, stop) = (self.processes.len(), self.threads, self.longest_stop.as_secs_f64() * 1e3);
        write!(f, "{processes} processes with {threads} threads stood still for at most {stop:.2} ms each")?;
        match self.missed.first() {
            None => Ok(()),
            Some((_, why)) => write!(f, "; {} kept the true clock, first: {why}", self.missed.len()),
        }
    }
}

pub fn is_gone(error: &PatchError) -> bool {
    matches!(error, PatchError::Stop(StopError::Gone { .. }))
}
