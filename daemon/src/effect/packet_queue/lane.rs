//! One heading of one fault: packets come out of a queue, chance decides, and each goes on when its time has come.
//!
//! A packet that the victim sends is copied, its original dropped at once, and the copy sent later: an original that is
//! held stays charged to the sender's socket, and TCP stops (0.25 Mbit/s instead of hundreds, measured).
//! A packet that the victim receives belongs to no socket yet, so the kernel holds it for us until our verdict.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::dice::Dice;
use super::intake::{Held, Intake, Tally, What};
use super::pace::Pace;
use super::packet;
use crate::effect::network::rules::Heading;
use crate::sys::nfqueue::{self, Queue, Room, Verdict};
use crate::sys::raw_socket::{Outgoing, RawSender};

/// The kernel's own bound on packets that wait for a verdict. Beyond it they pass, so it is above every bound of ours.
const MAX_QUEUED_PACKETS: u32 = 1 << 19;
/// A packet due this soon goes now: the timer would not be back in time.
const SOON: Duration = Duration::from_micros(20);
const SMALLEST_V6_MTU: usize = 1280;
/// Enough for the headers; the length is told in any case.
const HEADERS_ONLY: u32 = 128;

/// What a lane is made of; opened in the victim's namespace, used on the worker's thread.
pub struct Lane {
    heading: Heading,
    queue: Queue,
    sender: RawSender,
    dice: Dice,
    pace: Pace,
    most_held: usize,
    mark: u32,
    mtu: usize,
    held: BinaryHeap<Reverse<Held>>,
    held_bytes: usize,
    arrivals: u64,
    letter: Vec<u8>,
    tally: Arc<Tally>,
}

pub struct LaneSettings<'a> {
    pub heading: Heading,
    pub number: u16,
    pub mark: u32,
    pub device: &'a str,
    pub mtu: usize,
    /// Whether packets are changed or doubled, so that all their bytes are needed.
    pub needs_bytes: bool,
    pub most_held: usize,
}

impl Lane {
    /// Opens queue and sockets in the namespace of the calling thread.
    pub fn open(settings: &LaneSettings<'_>, dice: Dice, pace: Pace, tally: Arc<Tally>) -> io::Result<Self> {
        let is_out = settings.heading == Heading::Out;
        let whole = is_out || settings.needs_bytes;
        let queue = Queue::open(nfqueue::Settings {
            number: settings.number,
            copy_bytes: if whole { 0xffff } else { HEADERS_ONLY },
            keeps_large_packets: !whole && !pace.weighs_segments(),
            max_packets: MAX_QUEUED_PACKETS,
        })?;
        // A second copy of a received packet comes in through loopback, where the victim's own addresses lead.
        let sender = RawSender::open(is_out.then_some(settings.device))?;
        Ok(Self {
            heading: settings.heading,
            queue,
            sender,
            dice,
            pace,
            most_held: settings.most_held,
            mark: settings.mark,
            mtu: settings.mtu,
            held: BinaryHeap::new(),
            held_bytes: 0,
            arrivals: 0,
            letter: Vec::new(),
            tally,
        })
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// When the next held packet is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.held.peek().map(|Reverse(held)| held.due)
    }

    /// Takes one system call's worth of packets; how many there were.
    pub fn take_in(&mut self, room: &mut Room, now: Instant) -> io::Result<usize> {
        let mut letter = std::mem::take(&mut self.letter);
        let queue = &self.queue;
        let mut intake = Intake {
            heading: self.heading,
            mark: self.mark,
            now,
            pace: &mut self.pace,
            most_held: self.most_held,
            held: &mut self.held,
            held_bytes: &mut self.held_bytes,
            arrivals: &mut self.arrivals,
            tally: &self.tally,
            last_original: None,
        };
        let dice = &mut self.dice;
        let count = queue.receive(room, |packet| {
            if let Some(verdict) = intake.receive(&packet, dice.throw()) {
                queue.write_verdict(&mut letter, packet.id, &verdict);
            }
        })?;
        let last_original = intake.last_original;
        self.letter = letter;
        self.post()?;
        // After the verdicts that let packets pass: this one is on every packet still there.
        last_original.map_or(Ok(()), |id| self.queue.drop_up_to(id))?;
        Ok(count)
    }

    /// Lets go of everything that is due.
    pub fn release(&mut self, now: Instant) {
        let horizon = now + SOON;
        let mut copies: Vec<Held> = Vec::new();
        while self.held.peek().is_some_and(|Reverse(held)| held.due <= horizon) {
            let Some(Reverse(held)) = self.held.pop() else { break };
            self.held_bytes -= held.cost();
            self.note_delay(&held, now);
            match &held.what {
                What::Copy { .. } => copies.push(held),
                What::Verdict { id, mark, bytes } => {
                    let verdict = Verdict::Repeat { mark: *mark, bytes: bytes.as_deref() };
                    self.queue.write_verdict(&mut self.letter, *id, &verdict);
                }
            }
        }
        self.send(&copies);
        if self.post().is_err() {
            self.tally.refused.fetch_add(1, Relaxed);
        }
    }

    /// Lets go of everything at once, in the order in which it was due.
    pub fn release_all(&mut self) {
        while let Some(due) = self.held.iter().map(|Reverse(held)| held.due).max() {
            self.release(due);
        }
    }

    fn note_delay(&self, held: &Held, now: Instant) {
        if held.due > held.since {
            self.tally.delayed.fetch_add(1, Relaxed);
            let lasted = now.saturating_duration_since(held.since).as_nanos() as u64;
            // Only the first is kept; a second writer does not exist.
            let _ = self.tally.first_held_ns.compare_exchange(0, lasted, Relaxed, Relaxed);
        }
    }

    fn send(&self, copies: &[Held]) {
        let outgoing: Vec<Outgoing<'_>> = copies.iter().filter_map(Held::outgoing).collect();
        self.sender.send(&outgoing, |place, error| {
            let was_cut = error.raw_os_error() == Some(libc::EMSGSIZE) && self.send_in_pieces(&outgoing[place]);
            if !was_cut {
                self.tally.refused.fetch_add(1, Relaxed);
            }
        });
    }

    /// A datagram larger than the device takes was caught before the kernel cut it.
    fn send_in_pieces(&self, packet: &Outgoing<'_>) -> bool {
        let mtu = self.mtu.max(SMALLEST_V6_MTU);
        let Some(pieces) = packet::fragments(packet.bytes, mtu, self.arrivals as u32) else {
            return false;
        };
        let outgoing: Vec<Outgoing<'_>> = pieces.iter().map(|bytes| Outgoing { bytes, mark: packet.mark }).collect();
        let mut all_sent = true;
        self.sender.send(&outgoing, |_, _| all_sent = false);
        all_sent
    }

    fn post(&mut self) -> io::Result<()> {
        if self.letter.is_empty() {
            return Ok(());
        }
        let posted = self.queue.send(&self.letter);
        self.letter.clear();
        posted
    }
}
