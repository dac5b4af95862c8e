//! Many faults undone at once: those of one victim newest first and one after the other, those of different victims beside each other,
//! because most of the time goes to programs and processes that are waited for. Threads that cannot be had are not missed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{UndoFailure, undo};
use crate::effect::Effects;
use crate::ledger::{Ledger, Record};

/// Above this nothing gets faster where it was measured, and every iptables that runs takes its 4 MB.
const MOST_AT_ONCE: usize = 3;
const STACK: usize = 256 * 1024;

/// What became of one record, by its place.
pub type Done = (usize, Result<(), UndoFailure>);

/// `records` come newest first. Each outcome is told as soon as this thread has a moment; none is left out.
pub fn undo_beside(ledger: &Ledger, effects: &Effects, records: &[&Record], tell: &mut dyn FnMut(Done)) {
    let victims = Mutex::new(by_victim(records));
    let (done, outcomes) = channel();
    let next = || victims.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let undo_one = |place: usize, done: &Sender<Done>| {
        // Whoever listens does so until all have ended.
        let _ = done.send((place, undo(ledger, effects, records[place])));
    };
    let helpers = victims.lock().unwrap_or_else(PoisonError::into_inner).len().min(MOST_AT_ONCE).saturating_sub(1);
    thread::scope(|scope| {
        for _ in 0..helpers {
            let done = done.clone();
            let help = move || {
                while let Some(places) = next() {
                    places.into_iter().for_each(|place| undo_one(place, &done));
                }
            };
            if thread::Builder::new().name("undo".into()).stack_size(STACK).spawn_scoped(scope, help).is_err() {
                break;
            }
        }
        while let Some(places) = next() {
            for place in places {
                undo_one(place, &done);
                outcomes.try_iter().for_each(&mut *tell);
            }
        }
        drop(done);
        outcomes.iter().for_each(&mut *tell);
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
