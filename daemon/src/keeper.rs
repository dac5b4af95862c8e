//! The second process: it watches the daemon's heartbeat and reverts from the records when the daemon is gone or stuck. It acts when
//! the heartbeat is too old, or a lease that the last beat told of has ended: a daemon that dies late in a lease lengthens nothing.
//! It sleeps until either could first be, so it wakes about once per patience, and needs no runtime.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::effect::Effects;
use crate::heartbeat::{self, Beat, EVERY, Heartbeat, HeartbeatError};
use crate::lease::BootTime;
use crate::ledger::{Ledger, LedgerError};
use crate::recovery::{self, Outcome, Step};
use crate::{procfs, sys};

/// Between looks when there is something left to undo, or the daemon does not let go.
const RETRY: Duration = Duration::from_secs(1);
/// A daemon that has missed so many beats while a lease of its ended does not end it: no act takes as long.
const MISSED_BEATS: u32 = 5;

#[derive(Debug, Error)]
pub enum KeeperError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Heartbeat(#[from] HeartbeatError),
}

#[derive(Debug)]
pub struct Keeper {
    pub state_dir: PathBuf,
    pub patience: Duration,
    pub effects: Effects,
}

impl Keeper {
    /// Runs until the process is ended. A look that fails is reported and tried again: giving up would keep a fault alive.
    pub fn keep(&self, say: &mut dyn FnMut(Step)) -> ! {
        let_go_of_the_start();
        let mut last_sign = now();
        loop {
            let beat = heartbeat::last(&self.state_dir);
            last_sign = beat.map_or(last_sign, |beat| beat.at.max(last_sign));
            let wait = self.looks_at(last_sign, beat).since(now());
            if !wait.is_zero() {
                thread::sleep(wait);
                continue;
            }
            match self.stand_in(say) {
                // Nothing is left, so nothing can be too late before another full patience has passed.
                Ok(Some(outcome)) if outcome.failed == 0 => last_sign = now(),
                Ok(_) => thread::sleep(RETRY),
                Err(error) => {
                    tracing::error!(%error, "the keeper could not stand in for the daemon; it tries again");
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// When there may first be something to do. The end of a lease before the last sign was somebody's to deal with, and is dealt with.
    /// A lease that begins during the sleep ends after it, unless leases were made shorter than the patience.
    fn looks_at(&self, last_sign: BootTime, beat: Option<Beat>) -> BootTime {
        let too_old = last_sign.after(self.patience);
        beat.and_then(|beat| beat.due).filter(|due| *due > last_sign).map_or(too_old, |due| due.min(too_old))
    }

    /// Holds the daemon's place while it reverts, so that a daemon that starts meanwhile waits for the end. None: the daemon is well.
    fn stand_in(&self, say: &mut dyn FnMut(Step)) -> Result<Option<Outcome>, KeeperError> {
        let ledger = Ledger::open(&self.state_dir)?;
        if ledger.count()? == 0 {
            return Ok(Some(Outcome::default()));
        }
        let place = match Heartbeat::take(&self.state_dir) {
            Err(HeartbeatError::Held { .. }) => self.take_from_the_stuck()?,
            taken => Some(taken?),
        };
        let Some(_place) = place else { return Ok(None) };
        tracing::warn!("the daemon is gone and faults are on record: the keeper reverts them");
        Ok(Some(recovery::revert_all(&ledger, &self.effects, say)?))
    }

    /// A daemon that lives and has not beaten for so long cannot keep its promises, and its place cannot be shared.
    fn take_from_the_stuck(&self) -> Result<Option<Heartbeat>, KeeperError> {
        if let Some(beat) = heartbeat::last(&self.state_dir) {
            if !self.is_stuck(beat) {
                return Ok(None);
            }
            tracing::error!(pid = beat.pid, "the daemon lives but has stopped beating: the keeper ends it");
            kill(beat);
        }
        Ok(Some(Heartbeat::take(&self.state_dir)?))
    }

    fn is_stuck(&self, beat: Beat) -> bool {
        let silent = now().since(beat.at);
        let owes = beat.due.is_some_and(|due| now() >= due);
        silent >= self.patience || (owes && silent >= EVERY * MISSED_BEATS)
    }
}

/// A keeper waits for weeks, and much of what its start has read is never needed again. Not having let go is no reason to stop.
pub fn let_go_of_the_start() {
    if let Err(error) = sys::memory::let_go_of_code() {
        tracing::debug!(%error, "the keeper could not let go of the code of its start");
    }
}

/// If it cannot be killed, taking its place fails next, and that is reported.
fn kill(beat: Beat) {
    let Ok(process) = sys::process::open(beat.pid) else { return };
    if procfs::is_running(beat.pid, beat.start_time) && sys::process::signal(&process, libc::SIGKILL).is_ok() {
        let _ = sys::process::ended_within(&process, RETRY);
    }
}

fn now() -> BootTime {
    BootTime(sys::clock::since_boot())
}
