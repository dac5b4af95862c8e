//! The threads that serve a volume: some take requests as they come and do them at once or put them off, one does those whose time has
//! come. They end when the mount is gone or when they are told to.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs;
use std::io::{self, IoSlice, Read};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::operations::Volume;
use super::rule::Fate;
use super::wire::{self, Opcode, Request};
use crate::sys::{file, fuse, poll::Bell};

/// Two, so that one slow operation of the disk does not hold up the rest of the volume more than the disk itself does.
const WORKERS: usize = 2;
/// The stack holds no request.
const STACK: usize = 256 * 1024;
/// How long a fault that another process lifts goes on to hold what it holds back.
const LOOK: Duration = Duration::from_millis(50);

/// How often a server that holds nothing back looks whether its keeper has been replaced.
const IDLE: Duration = Duration::from_secs(2);

/// Serves until it is dropped or the mount is gone.
pub struct Server {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    volume: Volume,
    bell: Bell,
    is_over: AtomicBool,
    is_armed: AtomicBool,
    late: Mutex<BinaryHeap<Reverse<Late>>>,
    later: Condvar,
}

/// A request whose time has not come.
struct Late {
    due: Instant,
    since: Instant,
    unique: u64,
    bytes: Box<[u8]>,
    fate: Fate,
}

impl Server {
    pub fn start(volume: Volume) -> io::Result<Server> {
        let shared = Arc::new(Shared {
            volume,
            bell: Bell::new()?,
            is_over: AtomicBool::new(false),
            is_armed: AtomicBool::new(false),
            late: Mutex::new(BinaryHeap::new()),
            later: Condvar::new(),
        });
        let mut server = Server { shared, threads: Vec::new() };
        for _ in 0..WORKERS {
            server.spawn(Shared::take_requests)?;
        }
        server.spawn(Shared::do_the_late)?;
        Ok(server)
    }

    fn spawn(&mut self, work: fn(&Shared)) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let run = move || {
            // Without a mask of its own a thread makes files with fewer rights than were asked for, and no more.
            if let Err(error) = file::mask_nothing() {
                tracing::error!(%error, "a thread of the file system has the daemon's own umask");
            }
            work(&shared);
        };
        self.threads.push(thread::Builder::new().name("file-io".into()).stack_size(STACK).spawn(run)?);
        Ok(())
    }

    pub fn volume(&self) -> &Volume {
        &self.shared.volume
    }

    /// The mount is gone, or was never served.
    pub fn has_ended(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Until now nothing was disturbed: moving in is not an experiment.
    pub fn arm(&self) {
        self.shared.is_armed.store(true, SeqCst);
    }

    /// Lifts one fault; what waits for it alone waits no longer. Others go on.
    pub fn lift(&self, name: &str) {
        self.shared.volume.rules.lift(name);
        let mut late = self.shared.late();
        let held = std::mem::take(&mut *late).into_vec();
        late.extend(held.into_iter().map(|Reverse(late)| Reverse(Late { due: late.since + late.fate.delay(), ..late })));
        self.shared.later.notify_all();
    }

    /// Operations that met a fault so far.
    pub fn met(&self, name: &str) -> u64 {
        self.shared.volume.rules.met(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            // Under the lock, so that nobody goes to sleep between looking and being called.
            let _late = self.shared.late();
            self.shared.is_over.store(true, SeqCst);
        }
        // A bell that cannot be rung leaves threads that end with the mount.
        let _ = self.shared.bell.ring();
        self.shared.later.notify_all();
        for thread in self.threads.drain(..) {
            // A panic of theirs has ended the process already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn take_requests(&self) {
        let mut buffer = vec![0; wire::BUFFER];
        while !self.is_over.load(SeqCst) {
            match (&self.volume.device).read(&mut buffer) {
                Ok(length) => self.take(&buffer[..length]),
                Err(error) => match error.raw_os_error() {
                    Some(libc::EAGAIN) => {
                        if fuse::wait(self.volume.device.as_fd(), self.bell.as_fd()).is_err() {
                            return;
                        }
                    }
                    // The requester gave up before we read it, or a signal came.
                    Some(libc::ENOENT | libc::EINTR) => {}
                    // The mount is gone.
                    _ => return,
                },
            }
        }
    }

    fn take(&self, bytes: &[u8]) {
        let Some(request) = Request::parse(bytes) else { return };
        if request.opcode == Some(Opcode::Interrupt) {
            return self.interrupt(&request);
        }
        let fate = self.fate(&request);
        match fate.delay() {
            Duration::ZERO => self.do_now(&request, &fate),
            delay => self.put_off(request.unique, bytes, delay, fate),
        }
    }

    fn fate(&self, request: &Request<'_>) -> Fate {
        let rules = &self.volume.rules;
        match request.opcode.and_then(Opcode::method) {
            Some(method) if self.is_armed.load(SeqCst) && rules.may_meet(method) => {
                let fate = rules.fate(method, &self.volume.path_of(request));
                if fate.is_unharmed() || self.volume.journal.is_lifted() { Fate::default() } else { fate }
            }
            _ => Fate::default(),
        }
    }

    fn do_now(&self, request: &Request<'_>, fate: &Fate) {
        let done = match fate.errno() {
            Some(errno) => {
                // The kernel has let go of it and asks no second time, whatever it is answered.
                if matches!(request.opcode, Some(Opcode::Release | Opcode::Releasedir)) {
                    self.volume.perform(request, fate);
                }
                Some(Err(errno))
            }
            None => self.volume.perform(request, fate),
        };
        match done {
            None => {}
            Some(Ok(body)) => self.answer(&wire::header(request.unique, 0, body.0.len()), &body.0),
            Some(Err(errno)) => self.answer(&wire::header(request.unique, errno, 0), &[]),
        }
    }

    fn answer(&self, header: &[u8], body: &[u8]) {
        // ENOENT: nobody waits for it any more. Every other failure means that the mount is gone.
        let _ = fuse::answer(&self.volume.device, &[IoSlice::new(header), IoSlice::new(body)]);
    }

    fn put_off(&self, unique: u64, bytes: &[u8], delay: Duration, fate: Fate) {
        let since = Instant::now();
        let late = Late { due: since + delay, since, unique, bytes: bytes.into(), fate };
        self.late().push(Reverse(late));
        self.later.notify_one();
    }

    /// A process that is being killed cannot end before its call is answered. Any other signal waits, as it would for a slow disk.
    fn interrupt(&self, request: &Request<'_>) {
        let Some(unique) = request.u64(0) else { return };
        let mut late = self.late();
        let held = late.iter().find(|Reverse(late)| late.unique == unique);
        let asker = held.and_then(|Reverse(late)| Request::parse(&late.bytes)).map(|request| request.pid);
        if !asker.is_some_and(is_dying) {
            return;
        }
        let held = std::mem::take(&mut *late).into_vec();
        late.extend(held.into_iter().map(|Reverse(late)| {
            let due = if late.unique == unique { Instant::now() } else { late.due };
            Reverse(Late { due, ..late })
        }));
        self.later.notify_one();
    }

    fn do_the_late(&self) {
        while !self.is_over.load(SeqCst) {
            if let Some(late) = self.next_due()
                && let Some(request) = Request::parse(&late.bytes)
            {
                let is_lifted = self.volume.journal.is_lifted();
                self.do_now(&request, &if is_lifted { Fate::default() } else { late.fate });
            }
        }
        // Nobody is left hanging.
        for Reverse(late) in std::mem::take(&mut *self.late()) {
            if let Some(request) = Request::parse(&late.bytes) {
                self.do_now(&request, &Fate::default());
            }
        }
    }

    /// Sleeps until one is due, or something has changed.
    fn next_due(&self) -> Option<Late> {
        let mut late = self.late();
        let Some(due) = late.peek().map(|Reverse(first)| first.due) else {
            if !self.is_over.load(SeqCst) {
                drop(self.later.wait_timeout(late, IDLE).unwrap_or_else(PoisonError::into_inner));
            }
            self.volume.journal.follow_the_keeper(self.volume.device.as_fd());
            return None;
        };
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() || self.volume.journal.is_lifted() {
            return late.pop().map(|Reverse(late)| late);
        }
        drop(self.later.wait_timeout(late, left.min(LOOK)).unwrap_or_else(PoisonError::into_inner));
        None
    }

    fn late(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Late>>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SIGKILL is pending for this thread.
fn is_dying(pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return true };
    let pending = status.lines().filter_map(|line| line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:")));
    let mut masks = pending.filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    masks.any(|mask| mask & (1 << (libc::SIGKILL - 1)) != 0)
}

impl PartialEq for Late {
    fn eq(&self, other: &Late) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Late {}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Late) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Late {
    fn cmp(&self, other: &Late) -> Ordering {
        self.due.cmp(&other.due).then(self.unique.cmp(&other.unique))
    }
}
