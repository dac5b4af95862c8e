//! A whole process standing still: every thread seized and interrupted until the list of its threads does not grow any more.
//! What is done meanwhile must be short. Every wait has a deadline, and whoever is not let go by hand is let go by the kernel when
//! the thread that holds it ends, which is why each visit is a thread of its own.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::procfs;
use crate::sys::ptrace::{self, Change, Position};
use crate::sys::urgency;

/// A thousand threads take 45 ms. One that waits uninterruptibly (a disk, a vfork) may take for ever, and the others wait with it.
const STOPS_WITHIN: Duration = Duration::from_millis(250);
/// On a machine so busy that threads have no turn for that long, they stop when they have one.
const STOPS_WITHIN_WHEN_BUSY: Duration = Duration::from_secs(1);
/// Between looks at threads that have not stopped yet; an interrupted thread stops in some 10 us.
const LOOK_AGAIN: Duration = Duration::from_micros(20);
/// How long one thread runs alone to leave the hooks, which takes it some 50 ns.
const NUDGE: Duration = Duration::from_micros(20);
/// How far above its stack pointer a thread is searched for the frame of a signal handler.
const SEARCHED_STACK: usize = 16 * 1024;

#[derive(Debug, Error)]
pub enum StopError {
    #[error("process {pid} has ended")]
    Gone { pid: u32 },
    #[error("process {pid} is traced by {tracer} already (a debugger, strace): only one tracer can hold it")]
    Traced { pid: u32, tracer: u32 },
    #[error("could not hold thread {thread} of process {pid}: {cause}; the daemon needs CAP_SYS_PTRACE over it")]
    Seize { pid: u32, thread: u32, cause: io::Error },
    #[error(
        "{running} of {threads} threads of process {pid} did not stop within {limit:?}: they wait uninterruptibly, or the machine gives them no turn"
    )]
    Deadline { pid: u32, threads: usize, running: usize, limit: Duration },
    #[error("could not read or write the memory of process {pid}: {cause}")]
    Memory { pid: u32, cause: io::Error },
}

/// A process that stands still for as long as this value lives.
pub struct Stopped {
    pid: u32,
    threads: BTreeMap<u32, State>,
    memory: File,
    since: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Still { signal: Option<i32> },
}

/// How many stood still, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub threads: usize,
    pub span: Duration,
}

/// Runs `work` on a thread of its own, ahead of others where it may, while every thread of the process stands still.
pub fn visit<T: Send>(pid: u32, work: impl FnOnce(&mut Stopped) -> T + Send) -> Result<(T, Held), StopError> {
    thread::scope(|scope| {
        let visitor = scope.spawn(|| {
            // Without it a stop lasts longer on a busy machine (10 to 50 ms instead of 1 to 2 ms), and is right all the same.
            let _ = urgency::go_first();
            let mut stopped = Stopped::stop(pid)?;
            let done = work(&mut stopped);
            let held = stopped.held();
            drop(stopped);
            Ok((done, held))
        });
        visitor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The memory of a process, through /proc/PID/mem: pages that forbid writing are copied for it and then written.
pub fn memory(pid: u32) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(format!("/proc/{pid}/mem"))
}

impl Stopped {
    fn stop(pid: u32) -> Result<Stopped, StopError> {
        let memory = memory(pid).map_err(|cause| gone_or(pid, cause, |cause| StopError::Memory { pid, cause }))?;
        let mut stopped = Stopped { pid, threads: BTreeMap::new(), memory, since: Instant::now() };
        while stopped.ask_new_ones()? {
            stopped.wait_for_all()?;
        }
        if stopped.threads.is_empty() { Err(StopError::Gone { pid }) } else { Ok(stopped) }
    }

    /// False when there is nobody new: threads are born of threads, and all of them stand still.
    fn ask_new_ones(&mut self) -> Result<bool, StopError> {
        let mut found_one = false;
        for thread in threads(self.pid)? {
            if self.threads.contains_key(&thread) || !self.seize(thread)? {
                continue;
            }
            found_one = true;
            self.threads.insert(thread, State::Asked);
        }
        Ok(found_one)
    }

    /// False for a thread that has ended, or is a dead leader that waits for the others.
    fn seize(&self, thread: u32) -> Result<bool, StopError> {
        let pid = self.pid;
        let Err(cause) = ptrace::seize(thread) else { return Ok(ptrace::interrupt(thread).is_ok()) };
        let status = procfs::thread_status(pid, thread);
        match status {
            Err(_) => Ok(false),
            Ok(status) if status.is_dead => Ok(false),
            Ok(status) if status.tracer != 0 => Err(StopError::Traced { pid, tracer: status.tracer }),
            Ok(_) => Err(StopError::Seize { pid, thread, cause }),
        }
    }

    fn wait_for_all(&mut self) -> Result<(), StopError> {
        let started = Instant::now();
        loop {
            let running = self.still_running();
            if running.is_empty() {
                return Ok(());
            }
            let elapsed = started.elapsed();
            if elapsed > STOPS_WITHIN && (elapsed > STOPS_WITHIN_WHEN_BUSY || self.one_is_uninterruptible(&running)) {
                let (threads, running) = (self.threads.len(), running.len());
                return Err(StopError::Deadline { pid: self.pid, threads, running, limit: elapsed });
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn still_running(&mut self) -> Vec<u32> {
        let asked = self.threads.iter().filter(|(_, state)| **state == State::Asked).map(|(thread, _)| *thread);
        let mut running: Vec<u32> = asked.collect();
        running.retain(|thread| match ptrace::changed(*thread) {
            Ok(None) => true,
            Ok(Some(Change::Stopped { signal })) => {
                self.threads.insert(*thread, State::Still { signal });
                false
            }
            Ok(Some(Change::Ended)) | Err(_) => {
                self.threads.remove(thread);
                false
            }
        });
        running
    }

    fn one_is_uninterruptible(&self, threads: &[u32]) -> bool {
        let status = |thread: &u32| procfs::thread_status(self.pid, *thread);
        threads.iter().any(|thread| status(thread).is_ok_and(|status| status.is_uninterruptible))
    }

    fn held(&self) -> Held {
        Held { threads: self.threads.len(), span: self.since.elapsed() }
    }

    pub fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), StopError> {
        self.memory.read_exact_at(bytes, at).map_err(|cause| self.unreadable(cause))
    }

    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), StopError> {
        self.memory.write_all_at(bytes, at).map_err(|cause| self.unreadable(cause))
    }

    fn unreadable(&self, cause: io::Error) -> StopError {
        StopError::Memory { pid: self.pid, cause }
    }

    /// Where each thread goes on.
    pub fn positions(&self) -> Result<Vec<(u32, Position)>, StopError> {
        let position = |thread: &u32| ptrace::position(*thread).map(|position| (*thread, position));
        self.threads.keys().map(position).collect::<io::Result<_>>().map_err(|cause| self.unreadable(cause))
    }

    pub fn move_to(&self, thread: u32, instruction: u64) -> Result<(), StopError> {
        ptrace::move_to(thread, instruction).map_err(|cause| self.unreadable(cause))
    }

    /// Lets one thread run for a moment, alone, while all others stand still.
    pub fn nudge(&mut self, thread: u32) -> Result<(), StopError> {
        let Some(State::Still { signal }) = self.threads.get(&thread).copied() else { return Ok(()) };
        if ptrace::go_on(thread, signal).is_err() {
            return Ok(()); // It was killed; nobody waits for it.
        }
        self.threads.insert(thread, State::Asked);
        thread::sleep(NUDGE);
        // The same as above: one that has ended is seen in the wait.
        let _ = ptrace::interrupt(thread);
        self.wait_for_all()
    }

    /// What lies above a thread's stack pointer, as 64-bit words; less than was asked for where the stack ends.
    pub fn stack(&self, position: Position) -> Vec<u64> {
        let mut bytes = vec![0; SEARCHED_STACK];
        let length = self.memory.read_at(&mut bytes, position.stack).unwrap_or(0);
        bytes[..length]
            .chunks_exact(8)
            .map(|word| word.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
            .collect()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for (thread, state) in &self.threads {
            if let State::Still { signal } = state {
                // A thread that was killed meanwhile is gone, and needs no leave.
                let _ = ptrace::detach(*thread, *signal);
            }
        }
    }
}

fn threads(pid: u32) -> Result<Vec<u32>, StopError> {
    let listed = fs::read_dir(format!("/proc/{pid}/task"));
    let entries = listed.map_err(|cause| gone_or(pid, cause, |cause| StopError::Memory { pid, cause }))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

fn gone_or(pid: u32, cause: io::Error, other: impl FnOnce(io::Error) -> StopError) -> StopError {
    match cause.raw_os_error() {
        Some(libc::ENOENT | libc::ESRCH) => StopError::Gone { pid },
        _ => other(cause),
    }
}
