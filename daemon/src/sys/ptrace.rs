//! Holding threads of another process still (ptrace by PTRACE_SEIZE, Linux 3.4). A thread that is held belongs to the thread that
//! seized it, and is let go by the kernel when that one ends: no death of ours leaves anybody held.

use std::io;

/// What became of a seized thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It stands still. `signal` was about to be delivered and has to be handed back when it is let go.
    Stopped {
        signal: Option<i32>,
    },
    Ended,
}

/// Where a thread that stands still would go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub instruction: u64,
    pub stack: u64,
}

/// Becomes the tracer of one thread without stopping it.
pub fn seize(thread: u32) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, thread, 0, 0)
}

/// Asks a seized thread to stand still; `changed` tells when it does.
pub fn interrupt(thread: u32) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, thread, 0, 0)
}

/// Lets a thread that stands still go on, with the signal that it had coming, and stays its tracer.
pub fn go_on(thread: u32, signal: Option<i32>) -> io::Result<()> {
    request(libc::PTRACE_CONT, thread, 0, u64::try_from(signal.unwrap_or(0)).unwrap_or(0))
}

/// Lets a thread that stands still go on, untraced, with the signal that it had coming.
pub fn detach(thread: u32, signal: Option<i32>) -> io::Result<()> {
    request(libc::PTRACE_DETACH, thread, 0, u64::try_from(signal.unwrap_or(0)).unwrap_or(0))
}

fn request(request: libc::c_uint, thread: u32, address: u64, data: u64) -> io::Result<()> {
    // SAFETY: these requests take numbers, and no memory of ours is read or written by the kernel.
    let refused = unsafe { libc::ptrace(request, thread as libc::pid_t, address, data) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Asks without waiting; None while the thread has not changed.
pub fn changed(thread: u32) -> io::Result<Option<Change>> {
    let mut status = 0;
    // SAFETY: `status` is a valid, writable int for the whole call.
    match unsafe { libc::waitpid(thread as libc::pid_t, &mut status, libc::__WALL | libc::WNOHANG) } {
        0 => Ok(None),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(Some(meaning(status))),
    }
}

/// A stop with an event is our interruption, or the group stop of a SIGSTOP, which has nothing to be handed back.
fn meaning(status: i32) -> Change {
    if !libc::WIFSTOPPED(status) {
        return Change::Ended;
    }
    let has_event = status >> 16 != 0;
    Change::Stopped { signal: (!has_event).then_some(libc::WSTOPSIG(status)) }
}

/// Where a thread that stands still is.
#[cfg(target_arch = "x86_64")]
pub fn position(thread: u32) -> io::Result<Position> {
    let registers = registers(thread)?;
    Ok(Position { instruction: registers.rip, stack: registers.rsp })
}

/// Makes a thread that stands still go on at another instruction.
#[cfg(target_arch = "x86_64")]
pub fn move_to(thread: u32, instruction: u64) -> io::Result<()> {
    let mut registers = registers(thread)?;
    registers.rip = instruction;
    let registers: *const libc::user_regs_struct = &registers;
    // SAFETY: the pointer leads to a whole user_regs_struct that outlives the call, and the kernel only reads it.
    let refused =
        unsafe { libc::ptrace(libc::PTRACE_SETREGS, thread as libc::pid_t, std::ptr::null_mut::<libc::c_void>(), registers) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(target_arch = "x86_64")]
fn registers(thread: u32) -> io::Result<libc::user_regs_struct> {
    // SAFETY: user_regs_struct is made of integers, for which zeros are a value.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    let into: *mut libc::user_regs_struct = &mut registers;
    // SAFETY: the pointer leads to a whole, writable user_regs_struct that outlives the call.
    let refused =
        unsafe { libc::ptrace(libc::PTRACE_GETREGS, thread as libc::pid_t, std::ptr::null_mut::<libc::c_void>(), into) };
    if refused == 0 { Ok(registers) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_arch = "x86_64"))]
pub fn position(_thread: u32) -> io::Result<Position> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_arch = "x86_64"))]
pub fn move_to(_thread: u32, _instruction: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
