//! Threads of others that have our registers, in a borrowed call: they get their own back when they return, however late that is.
//! Only the thread that stopped them can do that, so it does not end before: what it owes is collected by a destructor of its own,
//! which nobody who waits for its work waits for, and by itself where it is told to wait.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{EVENT_STOP, Registers, ptrace, put_back, to_the_trap};

/// What a thread gets back.
pub(super) struct Own {
    pub registers: Registers,
    pub mask: u64,
}

struct Away {
    thread: i32,
    own: Own,
}

/// All that this thread owes.
struct Owed(Vec<Away>);

const NAP: Duration = Duration::from_millis(5);

thread_local! {
    static OWED: RefCell<Owed> = const { RefCell::new(Owed(Vec::new())) };
    /// How many are in the hands of this thread, which cannot give them back while it waits.
    static IN_HAND: Cell<usize> = const { Cell::new(0) };
}

/// How many have our registers, by all threads of ours.
static BORROWED: AtomicUsize = AtomicUsize::new(0);

/// From now on a thread has our registers.
pub(super) fn take_in_hand() {
    BORROWED.fetch_add(1, Ordering::SeqCst);
    IN_HAND.set(IN_HAND.get() + 1);
}

/// It has its own again, or has ended.
pub(super) fn give_from_hand() {
    IN_HAND.set(IN_HAND.get() - 1);
    BORROWED.fetch_sub(1, Ordering::SeqCst);
}

/// The thread has been told to stop and has not: it is let go when it has its own registers again, and not before.
pub(super) fn owe(thread: i32, own: Own) {
    tracing::error!(
        thread,
        "a borrowed system call does not end; its thread stays traced until it has its own registers again"
    );
    IN_HAND.set(IN_HAND.get() - 1);
    OWED.with_borrow_mut(|owed| owed.0.push(Away { thread, own }));
}

/// Gives back what has returned since, without waiting.
pub(super) fn collect() {
    OWED.with_borrow_mut(Owed::collect);
}

/// Waits until nobody has our registers any more, at most so long. A process that ended before would leave them to others. What this
/// very thread has in its hands when it panics is not waited for.
pub fn all_are_back_within(limit: Duration) -> bool {
    let end = Instant::now() + limit;
    loop {
        collect();
        if BORROWED.load(Ordering::SeqCst) <= IN_HAND.get() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(NAP);
    }
}

impl Owed {
    /// Whoever returns first is let go first.
    fn collect(&mut self) {
        let before = self.0.len();
        self.0.retain(|away| !away.comes_back());
        BORROWED.fetch_sub(before - self.0.len(), Ordering::SeqCst);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        while !self.0.is_empty() {
            self.collect();
            std::thread::sleep(NAP);
        }
    }
}

impl Away {
    /// Whether the thread is itself again, or has ended.
    fn comes_back(&self) -> bool {
        let mut status = 0;
        loop {
            // SAFETY: `status` is writable for the call.
            match unsafe { libc::waitpid(self.thread, &mut status, libc::__WALL | libc::WNOHANG) } {
                0 => return false,
                -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                -1 => return true,
                _ if !libc::WIFSTOPPED(status) => return true,
                _ if status >> 16 == EVENT_STOP => return self.is_let_go(),
                // A signal that no mask holds up, such as SIGSTOP, is passed on.
                _ if is_signal(status) => drop(ptrace(libc::PTRACE_CONT, self.thread, 0, libc::WSTOPSIG(status) as usize)),
                // The end of the call. It fails for a thread that has just been killed, and the next look says so.
                _ => drop(to_the_trap(self.thread)),
            }
        }
    }

    /// Both fail only for a thread that has been killed since.
    fn is_let_go(&self) -> bool {
        let _ = put_back(self.thread, &self.own);
        let _ = ptrace(libc::PTRACE_DETACH, self.thread, 0, 0);
        true
    }
}

/// And no stop of our own making.
fn is_signal(status: i32) -> bool {
    status >> 16 == 0 && libc::WSTOPSIG(status) != libc::SIGTRAP | 0x80
}
