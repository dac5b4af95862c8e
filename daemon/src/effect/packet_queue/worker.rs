//! The one thread that serves every packet queue of the daemon. It sleeps until a packet arrives, a held one is due,
//! or a lane is attached or detached; with no traffic it does not wake at all.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use super::lane::Lane;
use crate::sys::nfqueue::{BATCH, Room};
use crate::sys::poll::{Bell, Poll, Timer, Wait};

const BELL: u64 = 0;
const TIMER: u64 = 1;
const FIRST_LANE: u64 = 2;

enum Command {
    Attach { fault: String, lane: Box<Lane>, done: Sender<io::Result<()>> },
    Detach { fault: String, done: Sender<io::Result<()>> },
}

/// The other threads' end.
pub struct Worker {
    commands: Sender<Command>,
    bell: std::sync::Arc<Bell>,
}

impl Worker {
    pub fn start() -> io::Result<Self> {
        let (commands, inbox) = channel();
        let bell = std::sync::Arc::new(Bell::new()?);
        let mut service = Service::new(inbox, &bell)?;
        let kept = std::sync::Arc::clone(&bell);
        thread::Builder::new().name("packet-queue".into()).stack_size(512 * 1024).spawn(move || {
            // A node under load wakes an ordinary thread 50 ms late (measured at a load of 25 on two cores), which would be part of
            // every delay. Where it is not permitted the delay is as exact as the node is idle.
            let _ = crate::sys::urgency::go_early();
            service.run();
            drop(kept);
        })?;
        Ok(Self { commands, bell })
    }

    /// Serves this lane from now on. The lane's queue is read once this has returned.
    pub fn attach(&self, fault: &str, lane: Lane) -> io::Result<()> {
        self.ask(|done| Command::Attach { fault: fault.to_owned(), lane: Box::new(lane), done })
    }

    /// Lets go of what the fault's lanes hold, and closes them. A fault without lanes is fine.
    pub fn detach(&self, fault: &str) -> io::Result<()> {
        self.ask(|done| Command::Detach { fault: fault.to_owned(), done })
    }

    fn ask(&self, command: impl FnOnce(Sender<io::Result<()>>) -> Command) -> io::Result<()> {
        let (done, answer) = channel();
        let ended = || io::Error::new(io::ErrorKind::BrokenPipe, "the packet queue's thread has ended");
        self.commands.send(command(done)).map_err(|_| ended())?;
        self.bell.ring()?;
        answer.recv().map_err(|_| ended())?
    }
}

struct Service {
    inbox: Receiver<Command>,
    poll: Poll,
    timer: Timer,
    armed_for: Option<Instant>,
    lanes: BTreeMap<u64, (String, Lane)>,
    next_number: u64,
    room: Room,
}

impl Service {
    fn new(inbox: Receiver<Command>, bell: &Bell) -> io::Result<Self> {
        let (poll, timer) = (Poll::new()?, Timer::new()?);
        poll.add(bell.as_fd(), BELL)?;
        poll.add(timer.as_fd(), TIMER)?;
        let lanes = BTreeMap::new();
        Ok(Self { inbox, poll, timer, armed_for: None, lanes, next_number: FIRST_LANE, room: Room::default() })
    }

    /// Runs as long as the process: the descriptors are its own, so a failure to wait on them is a bug of ours.
    fn run(&mut self) {
        let mut ready = Vec::new();
        let mut busy: VecDeque<u64> = VecDeque::new();
        loop {
            let wait = if busy.is_empty() { Wait::UntilReady } else { Wait::Not };
            ready.clear();
            self.poll.wait(&mut ready, wait).expect("waiting on descriptors of our own");
            if ready.contains(&BELL) && !self.obey() {
                return;
            }
            busy.extend(ready.iter().filter(|number| **number >= FIRST_LANE));
            // One helping each, in turn, so that a flood in one lane does not make another late.
            for _ in 0..busy.len() {
                if let Some(number) = busy.pop_front()
                    && self.serve(number)
                {
                    busy.push_back(number);
                }
            }
            self.release_due();
        }
    }

    /// False when nobody can send a command any more.
    fn obey(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Attach { fault, lane, done }) => {
                    // A caller that has stopped waiting does not need the answer.
                    let _ = done.send(self.attach(fault, *lane));
                }
                Ok(Command::Detach { fault, done }) => {
                    self.detach(&fault);
                    let _ = done.send(Ok(()));
                }
                Err(std::sync::mpsc::TryRecvError::Empty) => return true,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn attach(&mut self, fault: String, lane: Lane) -> io::Result<()> {
        self.poll.add(lane.queue().as_fd(), self.next_number)?;
        self.lanes.insert(self.next_number, (fault, lane));
        self.next_number += 1;
        Ok(())
    }

    fn detach(&mut self, fault: &str) {
        let theirs = self.lanes.extract_if(.., |_, (owner, _)| owner == fault);
        for (_, (_, mut lane)) in theirs {
            // What is still in the queue joins what is held: closing the queue would drop it.
            while lane.take_in(&mut self.room, Instant::now()).is_ok_and(|count| count > 0) {}
            lane.release_all();
        }
    }

    /// Whether there may be more to take.
    fn serve(&mut self, number: u64) -> bool {
        let Some((fault, lane)) = self.lanes.get_mut(&number) else {
            return false;
        };
        match lane.take_in(&mut self.room, Instant::now()) {
            Ok(count) => count == BATCH,
            Err(error) => {
                tracing::warn!(%fault, %error, "packet queue not served");
                false
            }
        }
    }

    fn release_due(&mut self) {
        let now = Instant::now();
        for (_, lane) in self.lanes.values_mut() {
            if lane.next_due().is_some_and(|due| due <= now) {
                lane.release(now);
            }
        }
        let next = self.lanes.values().filter_map(|(_, lane)| lane.next_due()).min();
        if next != self.armed_for
            && let Some(due) = next
        {
            let wait = due.saturating_duration_since(Instant::now());
            self.timer.fire_in(wait).expect("setting a timer of our own");
        }
        self.armed_for = next;
    }
}
