//! What arrives in a lane: chance's decision becomes a packet on hold, a verdict at once, or a loss that is counted.
//! Touches no socket.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::dice::{Fate, Fates};
use super::pace::Pace;
use super::packet;
use crate::effect::network::rules::Heading;
use crate::sys::nfqueue::{Packet, Verdict};
use crate::sys::raw_socket::Outgoing;

/// What one lane holds at most: 100 ms of 2.5 Gbit/s. A packet beyond it is lost, and counted.
const MAX_HELD_BYTES: usize = 32 * 1024 * 1024;
/// What a held packet costs beside its bytes.
const OVERHEAD_BYTES: usize = 64;

/// Counters that the felt probe and the tests read while the lane works.
#[derive(Debug, Default)]
pub struct Tally {
    pub seen: AtomicU64,
    pub lost: AtomicU64,
    pub duplicated: AtomicU64,
    pub corrupted: AtomicU64,
    pub delayed: AtomicU64,
    /// Packets beyond the bounds on what is held: the shaper's own limit, or ours on bytes.
    pub overflowed: AtomicU64,
    /// Copies that the kernel did not take, and verdicts that it did not accept.
    pub refused: AtomicU64,
    /// How long the first delayed packet was held, in nanoseconds.
    pub first_held_ns: AtomicU64,
}

/// The parts of a lane that receiving changes, apart from the queue it receives from.
pub struct Intake<'a> {
    pub heading: Heading,
    pub mark: u32,
    pub now: Instant,
    pub pace: &'a mut Pace,
    /// Packets that may be on hold at once, as netem's limit.
    pub most_held: usize,
    pub held: &'a mut BinaryHeap<Reverse<Held>>,
    pub held_bytes: &'a mut usize,
    pub arrivals: &'a mut u64,
    pub tally: &'a Tally,
    pub last_original: Option<u32>,
}

impl Intake<'_> {
    /// Puts the packet on hold, or says what is to be done with it at once. None: the verdict comes later, or with the batch.
    pub fn receive(&mut self, packet: &Packet<'_>, fates: Fates) -> Option<Verdict<'static>> {
        *self.arrivals += 1;
        self.tally.seen.fetch_add(1, Relaxed);
        super::PACKETS.fetch_add(1, Relaxed);
        let mark = packet.mark | self.mark;
        match (fates, self.heading) {
            ([Some(fate), None], _) if fate.is_untouched() && (self.pace.is_free() || fate.overtakes) => {
                Some(Verdict::Repeat { mark, bytes: None })
            }
            (_, Heading::Out) => {
                self.last_original = Some(packet.id);
                self.hold_copies(packet, fates, mark);
                None
            }
            (_, Heading::In) => self.hold_original(packet, fates, mark),
        }
    }

    fn hold_copies(&mut self, packet: &Packet<'_>, fates: Fates, mark: u32) {
        self.count(&fates);
        for fate in fates.into_iter().flatten() {
            let what = What::Copy { bytes: contents(packet, &fate), mark };
            self.hold(&fate, packet.full_length, what);
        }
    }

    fn hold_original(&mut self, packet: &Packet<'_>, fates: Fates, mark: u32) -> Option<Verdict<'static>> {
        self.count(&fates);
        let [Some(first), second] = fates else {
            return Some(Verdict::Drop);
        };
        if let Some(fate) = second {
            self.hold(&fate, packet.full_length, What::Copy { bytes: contents(packet, &fate), mark });
        }
        let bytes = first.corrupt_at.is_some().then(|| contents(packet, &first));
        let kept = self.hold(&first, packet.full_length, What::Verdict { id: packet.id, mark, bytes });
        (!kept).then_some(Verdict::Drop)
    }

    fn hold(&mut self, fate: &Fate, bytes: usize, what: What) -> bool {
        let cost = bytes + OVERHEAD_BYTES;
        let has_room = self.held.len() < self.most_held && *self.held_bytes + cost <= MAX_HELD_BYTES;
        let due = match (has_room, fate.overtakes) {
            (false, _) => None,
            (true, true) => Some(self.now),
            (true, false) => self.pace.due(self.now, fate.delay, bytes),
        };
        let Some(due) = due else {
            self.tally.overflowed.fetch_add(1, Relaxed);
            return false;
        };
        *self.held_bytes += cost;
        self.held.push(Reverse(Held { due, since: self.now, arrival: *self.arrivals, bytes, what }));
        true
    }

    fn count(&self, fates: &Fates) {
        let corrupted = fates.iter().flatten().filter(|fate| fate.corrupt_at.is_some()).count() as u64;
        self.tally.corrupted.fetch_add(corrupted, Relaxed);
        match fates {
            [None, _] => self.tally.lost.fetch_add(1, Relaxed),
            [_, Some(_)] => self.tally.duplicated.fetch_add(1, Relaxed),
            _ => 0,
        };
    }
}

/// A packet that waits. Ordered by when it is due, then by arrival: jitter reorders, as in netem, and nothing else does.
pub struct Held {
    pub due: Instant,
    pub since: Instant,
    pub arrival: u64,
    pub bytes: usize,
    pub what: What,
}

pub enum What {
    Copy { bytes: Box<[u8]>, mark: u32 },
    Verdict { id: u32, mark: u32, bytes: Option<Box<[u8]>> },
}

impl Held {
    pub fn cost(&self) -> usize {
        self.bytes + OVERHEAD_BYTES
    }

    pub fn outgoing(&self) -> Option<Outgoing<'_>> {
        match &self.what {
            What::Copy { bytes, mark } => Some(Outgoing { bytes, mark: *mark }),
            What::Verdict { .. } => None,
        }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.arrival) == (other.due, other.arrival)
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.arrival).cmp(&(other.due, other.arrival))
    }
}

fn contents(packet: &Packet<'_>, fate: &Fate) -> Box<[u8]> {
    let mut bytes: Box<[u8]> = packet.bytes.into();
    if let Some(at) = fate.corrupt_at {
        packet::flip_a_bit(&mut bytes, at);
    }
    bytes
}
