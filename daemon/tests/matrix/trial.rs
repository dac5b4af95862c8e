//! What a column needs of a row: a victim that can be asked what it feels, a neighbour, and the marks of a fault as the system's own
//! tools show them. Nothing here shares code with the daemon.

use chaosgated::contract::InjectRequest;

use crate::daemon::Site;

/// Ok, or what was seen instead.
pub type Seen = Result<(), String>;

pub trait Trial {
    fn site(&self) -> &Site;

    /// The fault f1 of this run.
    fn request(&self, run: &str) -> InjectRequest;

    /// The victim feels what was asked for, within the row's tolerance.
    fn feels(&mut self) -> Seen;

    /// The victim is as it was before, and nothing of ours is at it.
    fn is_healed(&mut self) -> Seen;

    /// Whoever was not asked to be hit feels nothing.
    fn neighbours_are_well(&mut self) -> Seen;

    /// What a fault that stands leaves to be seen, without asking the victim.
    fn marks(&self) -> Vec<String>;

    /// Ends the victim, and returns when it has ended.
    fn kill_victim(&mut self);

    /// Whether this is the back end that was meant.
    fn is_meant(&self, _back_end: &str) -> Seen {
        Ok(())
    }

    /// Calls of the victim would fail without one, so the keeper is there before the fault is.
    fn needs_a_keeper(&self) -> bool {
        false
    }

    /// A kill is over when it is done: it has no undo, and needs none.
    fn stands(&self) -> bool {
        true
    }
}

pub fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Seen {
    if holds { Ok(()) } else { Err(otherwise()) }
}
