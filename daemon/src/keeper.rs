//! The second process: it watches the daemon's heartbeat and reverts from the records when the daemon is gone or stuck.
//! It sleeps until the heartbeat could first be too old, so it wakes about once per patience, and needs no runtime.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::effect::Effects;
use crate::heartbeat::{self, Beat, Heartbeat, HeartbeatError};
use crate::lease::BootTime;
use crate::ledger::{Ledger, LedgerError};
use crate::recovery::{self, Outcome, Step};
use crate::{procfs, sys};

/// Between looks when there is something left to undo, or the daemon does not let go.
const RETRY: Duration = Duration::from_secs(1);

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
        let mut last_sign = now();
        loop {
            last_sign = heartbeat::last(&self.state_dir).map_or(last_sign, |beat| beat.at.max(last_sign));
            let silent = now().since(last_sign);
            if silent < self.patience {
                thread::sleep(self.patience - silent);
                continue;
            }
            match self.stand_in(say) {
                // Nothing is left, so nothing can be too late before another full patience has passed.
                Ok(outcome) if outcome.failed == 0 => last_sign = now(),
                Ok(_) => thread::sleep(RETRY),
                Err(error) => {
                    tracing::error!(%error, "the keeper could not stand in for the daemon; it tries again");
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// Holds the daemon's place while it reverts, so that a daemon that starts meanwhile waits for the end.
    fn stand_in(&self, say: &mut dyn FnMut(Step)) -> Result<Outcome, KeeperError> {
        let ledger = Ledger::open(&self.state_dir)?;
        if ledger.count()? == 0 {
            return Ok(Outcome::default());
        }
        let _place = match Heartbeat::take(&self.state_dir) {
            Err(HeartbeatError::Held { .. }) => self.take_from_the_stuck()?,
            taken => taken?,
        };
        tracing::warn!("the daemon is gone and faults are on record: the keeper reverts them");
        Ok(recovery::revert_all(&ledger, &self.effects, say)?)
    }

    /// A daemon that lives and has not beaten for so long cannot keep its promises, and its place cannot be shared.
    fn take_from_the_stuck(&self) -> Result<Heartbeat, KeeperError> {
        if let Some(beat) = heartbeat::last(&self.state_dir)
            && now().since(beat.at) >= self.patience
        {
            tracing::error!(pid = beat.pid, "the daemon lives but has stopped beating: the keeper ends it");
            kill(beat);
        }
        Ok(Heartbeat::take(&self.state_dir)?)
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
