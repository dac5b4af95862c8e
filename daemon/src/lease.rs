//! Who keeps a run's faults alive, and until when. Only a renewal extends a lease; starting a second fault does not.
//! Pure: the boot-time clock is an argument, and nothing here reverts anything.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::{Epoch, RunId};

/// An instant on the boot-time clock, which counts while the machine sleeps and which nobody can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BootTime(pub Duration);

impl BootTime {
    /// Saturates: an instant that cannot be expressed lies after every deadline that can.
    pub fn after(self, span: Duration) -> BootTime {
        BootTime(self.0.saturating_add(span))
    }

    /// Zero when `earlier` is in fact later.
    pub fn since(self, earlier: BootTime) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The runner must renew at least this often.
    pub renew_every: Duration,
    /// Without renewal for this long, everything of the run is reverted.
    pub expires_after: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    epoch: Epoch,
    expires_at: BootTime,
}

#[derive(Debug, Error, PartialEq)]
pub enum LeaseError {
    #[error(
        "epoch {given} of run {run} is fenced off: this node has seen epoch {seen}; another runner has taken over, so stop"
    )]
    Fenced { run: RunId, given: Epoch, seen: Epoch },
    #[error("the lease of run {run} is lost: it is unknown here or has expired, and its faults are reverted; end the run")]
    Lost { run: RunId },
    #[error(
        "run {run} has ended on this node in epoch {ended}: a fault that comes after its revert is refused; start another run"
    )]
    Ended { run: RunId, ended: Epoch },
    #[error("epoch 0 cannot hold the lease of run {run}: a runner's epoch is 1 or more")]
    NoEpoch { run: RunId },
}

impl Lease {
    /// A lease begins with its run's first fault.
    pub fn start(epoch: Epoch, now: BootTime, terms: &Terms) -> Lease {
        Lease { epoch, expires_at: now.after(terms.expires_after) }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn expires_at(&self) -> BootTime {
        self.expires_at
    }

    pub fn remaining(&self, now: BootTime) -> Duration {
        self.expires_at.since(now)
    }

    /// An instant belongs to the lease until its end is reached, so that `remaining` of zero is expired.
    pub fn has_expired(&self, now: BootTime) -> bool {
        now >= self.expires_at
    }

    /// Lets the holder of this or a higher epoch act under the lease, and remembers the higher one. Extends nothing.
    pub fn admit(&mut self, run: &RunId, epoch: Epoch, now: BootTime) -> Result<(), LeaseError> {
        if epoch < self.epoch {
            return Err(LeaseError::Fenced { run: run.clone(), given: epoch, seen: self.epoch });
        }
        if self.has_expired(now) {
            return Err(LeaseError::Lost { run: run.clone() });
        }
        self.epoch = epoch;
        Ok(())
    }

    /// Extends the lease to a full term from now. An expired lease cannot be revived.
    pub fn renew(&mut self, run: &RunId, epoch: Epoch, now: BootTime, terms: &Terms) -> Result<(), LeaseError> {
        self.admit(run, epoch, now)?;
        self.expires_at = now.after(terms.expires_after);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: Terms = Terms { renew_every: Duration::from_secs(15), expires_after: Duration::from_secs(45) };

    fn run() -> RunId {
        RunId::try_from("t1-0".to_owned()).expect("a plain name")
    }

    fn at(seconds: u64) -> BootTime {
        BootTime(Duration::from_secs(seconds))
    }

    #[test]
    fn a_lease_ends_exactly_one_term_after_its_last_renewal() {
        let mut lease = Lease::start(Epoch(1), at(100), &TERMS);
        lease.renew(&run(), Epoch(1), at(115), &TERMS).expect("in time");
        assert!(!lease.has_expired(BootTime(Duration::from_millis(159_999))));
        assert!(lease.has_expired(at(160)));
    }

    #[test]
    fn a_second_fault_does_not_extend_the_lease() {
        let mut lease = Lease::start(Epoch(1), at(0), &TERMS);
        lease.admit(&run(), Epoch(1), at(40)).expect("still held");
        assert_eq!(lease.remaining(at(40)), Duration::from_secs(5));
    }

    #[test]
    fn a_lower_epoch_is_fenced_off_once_a_higher_one_was_seen() {
        let mut lease = Lease::start(Epoch(4), at(0), &TERMS);
        lease.renew(&run(), Epoch(5), at(1), &TERMS).expect("a new leader");
        let refused = lease.renew(&run(), Epoch(4), at(2), &TERMS);
        assert_eq!(refused, Err(LeaseError::Fenced { run: run(), given: Epoch(4), seen: Epoch(5) }));
    }

    #[test]
    fn an_expired_lease_is_lost_and_not_revived() {
        let mut lease = Lease::start(Epoch(1), at(0), &TERMS);
        assert_eq!(lease.renew(&run(), Epoch(9), at(45), &TERMS), Err(LeaseError::Lost { run: run() }));
        assert_eq!(lease.epoch(), Epoch(1));
    }

    proptest! {
        #[test]
        fn epochs_never_fall_and_the_end_never_moves_back(steps in prop::collection::vec((0u64..8, 0u64..60), 1..40)) {
            let mut lease = Lease::start(Epoch(3), at(0), &TERMS);
            let mut now = 0;
            for (epoch, passed) in steps {
                now += passed;
                let before = lease.clone();
                let renewed = lease.renew(&run(), Epoch(epoch), at(now), &TERMS);
                prop_assert!(lease.epoch() >= before.epoch());
                prop_assert!(lease.expires_at() >= before.expires_at());
                prop_assert_eq!(renewed.is_ok(), epoch >= before.epoch().0 && !before.has_expired(at(now)));
            }
        }
    }
}
