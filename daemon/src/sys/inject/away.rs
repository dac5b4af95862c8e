//! Threads that are away in a borrowed call, with our registers: they get their own back when they return, however late that is.
//! Only the thread that stopped them can do that, so it does not end before: what it owes is collected by a destructor of its own,
//! which nobody who waits for its work waits for.

use std::cell::RefCell;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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

thread_local! {
    static OWED: RefCell<Owed> = const { RefCell::new(Owed(Vec::new())) };
}

/// How many threads of others are away, of all threads of ours.
static ALL_AWAY: Mutex<usize> = Mutex::new(0);
static RETURNED: Condvar = Condvar::new();

/// The thread has been told to stop and has not: it is let go when it has its own registers again, and not before.
pub(super) fn owe(thread: i32, own: Own) {
    tracing::error!(
        thread,
        "a borrowed system call does not end; its thread stays traced until it has its own registers again"
    );
    *all_away() += 1;
    OWED.with_borrow_mut(|owed| owed.0.push(Away { thread, own }));
}

/// Gives back what has returned since, without waiting.
pub(super) fn collect() {
    OWED.with_borrow_mut(|owed| owed.collect(libc::WNOHANG));
}

/// Waits until nobody is away any more, at most so long. A process that ended before would leave its registers to others.
pub fn all_are_back_within(limit: Duration) -> bool {
    let (end, mut away) = (Instant::now() + limit, all_away());
    while *away > 0 {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        away = RETURNED.wait_timeout(away, left).unwrap_or_else(PoisonError::into_inner).0;
    }
    true
}

fn all_away() -> MutexGuard<'static, usize> {
    ALL_AWAY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Owed {
    fn collect(&mut self, how: i32) {
        self.0.retain(|away| {
            let is_back = away.comes_back(how);
            if is_back {
                *all_away() -= 1;
                RETURNED.notify_all();
            }
            !is_back
        });
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.collect(0);
    }
}

impl Away {
    /// Whether the thread is itself again, or has ended; waits for that unless `how` is WNOHANG.
    fn comes_back(&self, how: i32) -> bool {
        let mut status = 0;
        loop {
            // SAFETY: `status` is writable for the call.
            match unsafe { libc::waitpid(self.thread, &mut status, libc::__WALL | how) } {
                0 => return false,
                -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                -1 => return true,
                _ if !libc::WIFSTOPPED(status) => return true,
                _ if status >> 16 == EVENT_STOP => return self.is_let_go(),
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
