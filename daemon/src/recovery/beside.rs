//! Many faults undone at once: those of one victim newest first and one after the other, those of different victims beside each other,
//! because most of the time goes to programs and processes that are waited for. Threads that cannot be had are not missed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{UndoFailure, undo};
use crate::effect::Effects;
use crate::ledger::{Ledger, Record};

/// Above this nothing gets faster where it was measured, and every iptables that runs takes its 4 MB.
const MOST_AT_ONCE: usize = 3;
pub(super) const STACK: usize = 256 * 1024;

/// What became of one record, by its place.
pub type Done = (usize, Result<(), UndoFailure>);

/// How often whoever waits has a moment of its own.
const MOMENT: Duration = Duration::from_secs(1);

/// `records` come newest first. Each outcome is told as it comes; none is left out. None of it is done on the calling thread, where
/// another can be had: a process that did not stop in time stays traced until the thread that asked it ends, and stands still then.
/// `meanwhile` is called once a second.
pub fn undo_beside(
    ledger: &Ledger,
    effects: &Effects,
    records: &[&Record],
    tell: &mut dyn FnMut(Done),
    meanwhile: &mut dyn FnMut(),
) {
    let victims = Mutex::new(by_victim(records));
    let (done, outcomes) = channel();
    let next = || victims.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let undo_those = |done: &Sender<Done>| {
        while let Some(places) = next() {
            for place in places {
                // Whoever listens does so until all have ended.
                let _ = done.send((place, undo(ledger, effects, records[place])));
            }
        }
    };
    let wanted = victims.lock().unwrap_or_else(PoisonError::into_inner).len().min(MOST_AT_ONCE);
    thread::scope(|scope| {
        let helper = || {
            let done = done.clone();
            let help = move || undo_those(&done);
            thread::Builder::new().name("undo".into()).stack_size(STACK).spawn_scoped(scope, help).is_ok()
        };
        if (0..wanted).filter(|_| helper()).count() == 0 {
            undo_those(&done);
        }
        drop(done);
        loop {
            match outcomes.recv_timeout(MOMENT) {
                Ok(outcome) => tell(outcome),
                Err(RecvTimeoutError::Timeout) => meanwhile(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
}

/// Places of the records of each victim, which is a pod's network, in their order; the victim of the newest fault first.
fn by_victim(records: &[&Record]) -> VecDeque<Vec<usize>> {
    let mut victims: VecDeque<Vec<usize>> = VecDeque::new();
    let mut known = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let at = *known.entry(record.victim.netns.inode).or_insert_with(|| {
            victims.push_back(Vec::new());
            victims.len() - 1
        });
        victims[at].push(place);
    }
    victims
}
