//! One process's vDSO, as it is and as it should be. Putting the hooks in and taking them out happens while the process stands still;
//! changing what they add does not need that. What is found is judged by its bytes alone, so whoever comes after a dead daemon
//! undoes what that one did.

use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::hooks::Hooks;
use super::image::Image;
use super::slots::{self, Order, Slots, Writes};
use super::stopped::{self, Held, StopError, Stopped};
use crate::procfs;
use crate::sys::ptrace::Position;

/// A thread is between two moved instructions, or in the cave, for some ten nanoseconds at a time; one that waits for its turn on a
/// busy machine stays there until it has had it, so each wait is twice the last.
const FIRST_WAIT: Duration = Duration::from_millis(1);
/// Beyond the stop itself. Two hundred busy threads need 10 ms to leave one by one.
const STANDS_STILL_FOR: Duration = Duration::from_millis(20);
const TRIED_FOR: Duration = Duration::from_secs(2);
/// The hooks' frames are at most 64 bytes, and the kernel's functions under them keep some 100.
const FRAME_WORDS: usize = 64;

#[derive(Debug, Error)]
pub enum PatchError {
    #[error(transparent)]
    Stop(#[from] StopError),
    #[error("process {pid} has no 64-bit vDSO of this kernel: {why}")]
    OtherImage { pid: u32, why: &'static str },
    #[error("the vDSO of process {pid} was changed by someone else at offset {at:#x}; the clock of a process has one owner")]
    Foreign { pid: u32, at: usize },
    #[error("process {pid} has eight clock faults already")]
    Full { pid: u32 },
    #[error(
        "a thread of process {pid} stayed inside the hooks for {TRIED_FOR:?} (it is stopped, or a signal handler runs above it)"
    )]
    StillInside { pid: u32 },
}

/// What the vDSO of a process turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Pristine,
    /// Hooks of ours; `whole` when nothing of them is missing or torn.
    Ours {
        slots: Slots,
        whole: bool,
    },
    /// Something of ours that can only be removed: of another version, or half removed.
    Remains,
}

/// The vDSO of one process, with a copy of its bytes.
pub struct Patient<'a> {
    pid: u32,
    base: u64,
    image: &'a Image,
    memory: std::fs::File,
}

impl<'a> Patient<'a> {
    pub fn open(image: &'a Image, pid: u32) -> Result<Patient<'a>, PatchError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotFound => PatchError::Stop(StopError::Gone { pid }),
            _ => PatchError::Stop(StopError::Memory { pid, cause }),
        };
        let base = procfs::vdso(pid).map_err(failed)?;
        let base = base.ok_or(PatchError::OtherImage { pid, why: "it has no vDSO, or is a 32-bit program" })?;
        let memory = stopped::memory(pid).map_err(failed)?;
        Ok(Patient { pid, base, image, memory })
    }

    /// For a process that has just begun: it is stopped first and looked at then, because until then it reads the truth.
    pub fn put_first(image: &'a Image, hooks: &Hooks, pid: u32, order: Order) -> Result<Held, PatchError> {
        let put = |stopped: &mut Stopped| Patient::open(image, pid)?.put_hooks(hooks, order, stopped);
        let (done, held) = stopped::visit(pid, put)?;
        match done? {
            Done::All => Ok(held),
            Done::SomeoneIsInside => Patient::open(image, pid)?.put(hooks, order),
        }
    }

    /// Looks without stopping anybody.
    pub fn found(&self, hooks: Option<&Hooks>) -> Result<Found, PatchError> {
        judge(self.image, hooks, &self.bytes()?, self.pid)
    }

    /// The image and the cave as they are in this process now.
    pub fn bytes(&self) -> Result<Vec<u8>, PatchError> {
        let mut bytes = vec![0; self.image.bytes.len()];
        self.read(&mut bytes, self.base)?;
        Ok(bytes)
    }

    /// Every fault that has a part here, and 0 for something of ours that belongs to none. Reads the cave's first bytes only.
    pub fn tags(&self) -> Result<Vec<u64>, PatchError> {
        let mut cave = vec![0; slots::LENGTH.min(self.image.cave.len())];
        self.read(&mut cave, self.base + self.image.cave.start as u64)?;
        Ok(match Slots::read(&cave) {
            Some(slots) if !slots.orders.is_empty() => slots.orders.iter().map(|order| order.tag).collect(),
            None if !Slots::is_marked(&cave) => Vec::new(),
            _ => vec![0],
        })
    }

    fn read(&self, bytes: &mut [u8], at: u64) -> Result<(), PatchError> {
        let pid = self.pid;
        let read = self.memory.read_exact_at(bytes, at);
        Ok(read.map_err(|cause| match cause.raw_os_error() {
            Some(libc::ESRCH) => StopError::Gone { pid },
            _ if cause.kind() == io::ErrorKind::UnexpectedEof => StopError::Gone { pid },
            _ => StopError::Memory { pid, cause },
        })?)
    }

    /// Makes this process, which is a child of ours and waits, the double of another one by that one's bytes.
    pub fn imitate(&self, bytes: &[u8]) -> Result<(), PatchError> {
        let (written, _) = stopped::visit(self.pid, |stopped| {
            let cave = self.image.cave.clone();
            stopped.write(self.base + cave.start as u64, &bytes[cave])?;
            let differences = self.image.differences(bytes);
            differences.into_iter().try_for_each(|range| stopped.write(self.base + range.start as u64, &bytes[range]))
        })?;
        Ok(written?)
    }

    /// Makes this process's clocks wrong by one more order. Doing it twice is doing it once.
    pub fn put(&self, hooks: &Hooks, order: Order) -> Result<Held, PatchError> {
        match self.found(Some(hooks))? {
            Found::Ours { slots, whole: true } if slots.order(order.tag) == Some(&order) => Ok(Held::default()),
            Found::Ours { slots, .. } => {
                self.write_slots(&slots.with(order).ok_or(PatchError::Full { pid: self.pid })?.writes())?;
                Ok(Held::default())
            }
            Found::Pristine => self.again_and_again(|stopped| self.put_hooks(hooks, order, stopped)),
            Found::Remains => {
                self.restore()?;
                self.again_and_again(|stopped| self.put_hooks(hooks, order, stopped))
            }
        }
    }

    /// Takes one order away, and with the last one the hooks. A process without it is as it should be.
    pub fn take(&self, hooks: Option<&Hooks>, tag: u64) -> Result<Held, PatchError> {
        match self.found(hooks)? {
            Found::Pristine => Ok(Held::default()),
            Found::Remains => self.restore(),
            Found::Ours { slots, whole } => {
                let rest = slots.without(tag);
                // First of all, so that the time is right even where nobody can be stopped.
                if slots.order(tag).is_some() || !whole {
                    self.write_slots(&rest.writes())?;
                }
                if rest.orders.is_empty() { self.restore() } else { Ok(Held::default()) }
            }
        }
    }

    fn write_slots(&self, writes: &Writes) -> Result<(), PatchError> {
        let cave = self.base + self.image.cave.start as u64;
        let written = writes.iter().try_for_each(|(at, bytes)| self.memory.write_all_at(bytes, cave + *at as u64));
        Ok(written.map_err(|cause| StopError::Memory { pid: self.pid, cause })?)
    }

    /// Stops the process for `work` until that says that it could do it.
    fn again_and_again(&self, work: impl Fn(&mut Stopped) -> Result<Done, PatchError> + Sync) -> Result<Held, PatchError> {
        let started = Instant::now();
        let (mut longest, mut wait) = (Held::default(), FIRST_WAIT);
        loop {
            let (done, held) = stopped::visit(self.pid, &work)?;
            longest = Held { threads: held.threads, span: longest.span.max(held.span) };
            match done? {
                Done::All => return Ok(longest),
                Done::SomeoneIsInside if started.elapsed() > TRIED_FOR => {
                    return Err(PatchError::StillInside { pid: self.pid });
                }
                Done::SomeoneIsInside => thread::sleep(wait),
            }
            wait *= 2;
        }
    }

    /// The cave first, then the jumps: at no moment does a jump lead to nothing.
    fn put_hooks(&self, hooks: &Hooks, order: Order, stopped: &mut Stopped) -> Result<Done, PatchError> {
        let mut now = vec![0; self.image.bytes.len()];
        stopped.read(self.base, &mut now)?;
        match judge(self.image, Some(hooks), &now, self.pid)? {
            Found::Pristine => {}
            // Since the look it was forked from, or has become, somebody else.
            Found::Remains | Found::Ours { .. } => return Ok(Done::SomeoneIsInside),
        }
        let moved = |at: u64| hooks.entries.iter().any(|entry| entry.copy_of(self.offset(at)).is_some());
        for (thread, position) in stopped.positions()? {
            if saved_contexts(&stopped.stack(position)).any(|saved| moved(saved.instruction)) {
                return Ok(Done::SomeoneIsInside);
            }
            let copy = hooks.entries.iter().find_map(|entry| entry.copy_of(self.offset(position.instruction)));
            if let Some(copy) = copy {
                stopped.move_to(thread, self.base + copy as u64)?;
            }
        }
        stopped.write(self.base + self.image.cave.start as u64, &cave_with(hooks, order))?;
        for entry in &hooks.entries {
            stopped.write(self.base + entry.moved.start as u64, &entry.jump)?;
        }
        Ok(Done::All)
    }

    /// Puts the kernel's own bytes back: the entries at once, the cave when nobody is in it.
    pub fn restore(&self) -> Result<Held, PatchError> {
        self.again_and_again(|stopped| {
            let mut now = vec![0; self.image.bytes.len()];
            stopped.read(self.base, &mut now)?;
            for range in self.image.differences(&now) {
                stopped.write(self.base + range.start as u64, &self.image.bytes[range])?;
            }
            if self.someone_stays_inside(stopped)? {
                return Ok(Done::SomeoneIsInside);
            }
            let cave = self.image.cave.clone();
            stopped.write(self.base + cave.start as u64, &self.image.bytes[cave])?;
            stopped.read(self.base, &mut now)?;
            if now == self.image.bytes { Ok(Done::All) } else { Ok(Done::SomeoneIsInside) }
        })
    }

    /// Threads that wait for their turn in the hooks get it one after the other, and are out at once. A signal handler above the
    /// hooks may take longer than anybody should stand still for.
    fn someone_stays_inside(&self, stopped: &mut Stopped) -> Result<bool, PatchError> {
        let started = Instant::now();
        loop {
            let inside = self.threads_inside(stopped)?;
            if inside.is_empty() || started.elapsed() > STANDS_STILL_FOR {
                return Ok(!inside.is_empty());
            }
            for thread in inside {
                stopped.nudge(thread)?;
            }
        }
    }

    /// A thread is inside when it stands in the cave, or in a function that the cave has called; and so is one that a signal
    /// handler interrupted there.
    fn threads_inside(&self, stopped: &Stopped) -> Result<Vec<u32>, PatchError> {
        let is_inside = |position: Position| {
            let stack = stopped.stack(position);
            let mut contexts = saved_contexts(&stack);
            self.is_inside(position, &stack) || contexts.any(|saved| self.is_inside(saved, &stopped.stack(saved)))
        };
        let positions = stopped.positions()?;
        Ok(positions.into_iter().filter(|(_, position)| is_inside(*position)).map(|(thread, _)| thread).collect())
    }

    fn is_inside(&self, position: Position, stack: &[u64]) -> bool {
        let at = self.offset(position.instruction);
        let in_cave = |at: usize| self.image.cave.contains(&at);
        let was_called_from_it = || stack.iter().take(FRAME_WORDS).any(|word| in_cave(self.offset(*word)));
        in_cave(at) || (at < self.image.cave.start && was_called_from_it())
    }

    /// Far beyond the image for an address that is not in it.
    fn offset(&self, address: u64) -> usize {
        usize::try_from(address.wrapping_sub(self.base)).unwrap_or(usize::MAX)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    All,
    SomeoneIsInside,
}

fn cave_with(hooks: &Hooks, order: Order) -> Vec<u8> {
    let mut cave = vec![0; hooks.code_at];
    for (at, bytes) in Slots::new(order).writes() {
        cave[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    cave.extend_from_slice(&hooks.code);
    cave
}

/// What a process's image is, by its bytes.
fn judge(image: &Image, hooks: Option<&Hooks>, now: &[u8], pid: u32) -> Result<Found, PatchError> {
    let differences = image.differences(now);
    let cave = &now[image.cave.clone()];
    if !Slots::is_marked(cave) {
        let changed = differences.first().map(|range| range.start);
        let changed = changed.or_else(|| cave.iter().position(|byte| *byte != 0).map(|at| image.cave.start + at));
        return changed.map_or(Ok(Found::Pristine), |at| Err(foreign(pid, at, now)));
    }
    let Some((slots, hooks)) = Slots::read(cave).zip(hooks) else { return Ok(Found::Remains) };
    if let Some(at) = differences.iter().find(|range| !is_replaced(hooks, range)) {
        return Err(foreign(pid, at.start, now));
    }
    let jumps = hooks.entries.iter().all(|entry| now[entry.replaced()] == entry.jump[..]);
    let code = cave[hooks.code_at..].starts_with(&hooks.code);
    if !jumps || !code {
        return Ok(Found::Remains);
    }
    let whole = slots.is_whole(cave);
    Ok(Found::Ours { slots, whole })
}

fn is_replaced(hooks: &Hooks, range: &Range<usize>) -> bool {
    hooks.entries.iter().any(|entry| entry.replaced().start <= range.start && range.end <= entry.replaced().end)
}

fn foreign(pid: u32, at: usize, now: &[u8]) -> PatchError {
    if now.starts_with(b"\x7fELF\x02") {
        PatchError::Foreign { pid, at }
    } else {
        PatchError::OtherImage { pid, why: "it begins otherwise" }
    }
}

/// The contexts that signal handlers on this stack return to (struct rt_sigframe): instruction pointer, flags, and then the code
/// segment, by which it is known, because a user program has only one of 64 bits.
fn saved_contexts(stack: &[u64]) -> impl Iterator<Item = Position> {
    const USER_CODE_SEGMENT: u64 = 0x33;
    const FLAGS_THAT_ARE_SET: u64 = 0x202;
    const FLAGS: u64 = 0x3f_ffff;
    stack.windows(4).filter_map(|words| {
        let [sp, ip, flags, segments] = words else { return None };
        let is_one =
            segments & 0xffff == USER_CODE_SEGMENT && flags & FLAGS_THAT_ARE_SET == FLAGS_THAT_ARE_SET && flags & !FLAGS == 0;
        is_one.then_some(Position { instruction: *ip, stack: *sp })
    })
}
