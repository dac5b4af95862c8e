//! Stops another process and lets it make system calls for us (ptrace), so that its open files, directory and mappings can be exchanged
//! while it looks away. All calls on one stopped process must come from the thread that stopped it: the kernel knows tracers by thread.
//! A tracer that dies lets the process go on; in the middle of a borrowed call it would go on with our registers, which is why whoever
//! uses this does all that can be done beforehand, beforehand, and why a call that does not end is waited for (`away`).

mod away;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

use std::ffi::c_void;
use std::fs::{self, File};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use super::file::checked;
use super::process;
use away::Own;
pub use away::all_are_back_within;

/// `syscall` in machine code.
#[cfg(target_arch = "x86_64")]
const SYSCALL: [u8; 2] = [0x0f, 0x05];
#[cfg(target_arch = "x86_64")]
const USER_CODE_64: u64 = 0x33;

pub type Registers = libc::user_regs_struct;

/// A process all of whose threads stand still, until this is dropped.
pub struct Stopped {
    pid: i32,
    threads: Vec<i32>,
    own: Option<Own>,
    /// In a borrowed call that has not ended.
    is_away: bool,
    gadget: u64,
    memory: File,
    scratch: u64,
}

/// Bytes of the memory that the borrowed calls may use.
pub const SCRATCH: usize = 8192;
/// Looks at a thread that shall stop before we sleep in between.
const YIELDS: usize = 2000;
const NAP: Duration = Duration::from_micros(50);
/// A file system over the network may flush meanwhile.
const CALL_TAKES: Duration = Duration::from_secs(5);
/// A call that can be interrupted ends at once; one that cannot is not waited for by whoever wants an answer.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(1);

impl Stopped {
    /// Stops every thread, or none: a thread that does not stop before the deadline is named in the error.
    pub fn stop(pid: u32, deadline: Instant) -> io::Result<Stopped> {
        away::collect();
        let pid = pid as i32;
        let memory = File::options().read(true).write(true).open(format!("/proc/{pid}/mem"))?;
        let mut stopped = Stopped { pid, threads: Vec::new(), own: None, is_away: false, gadget: 0, memory, scratch: 0 };
        // Threads may start threads until the last one stands still.
        loop {
            let more: Vec<i32> = threads_of(pid)?.into_iter().filter(|thread| !stopped.threads.contains(thread)).collect();
            if more.is_empty() {
                break;
            }
            for thread in more {
                stopped.seize(thread, deadline)?;
            }
        }
        Ok(stopped)
    }

    fn seize(&mut self, thread: i32, deadline: Instant) -> io::Result<()> {
        match ptrace(libc::PTRACE_SEIZE, thread, 0, libc::PTRACE_O_TRACESYSGOOD as usize) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(()), // It has ended since the listing.
            Err(error) => return Err(error),
        }
        self.threads.push(thread);
        ptrace(libc::PTRACE_INTERRUPT, thread, 0, 0)?;
        if !wait_for(thread, Stop::Trap, deadline)? {
            self.threads.retain(|known| *known != thread);
        }
        Ok(())
    }

    /// Prepares for calls: finds code that makes one, and memory to pass and receive data in.
    #[cfg(target_arch = "x86_64")]
    pub fn borrow(&mut self) -> io::Result<()> {
        let thread = self.first()?;
        let registers = get_registers(thread)?;
        if registers.cs != USER_CODE_64 {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the process does not run 64-bit code"));
        }
        self.gadget = self.find_gadget()?;
        // A signal may wait until the process is itself again.
        self.own = Some(Own { registers, mask: get_mask(thread)? });
        away::take_in_hand();
        set_mask(thread, u64::MAX)?;
        let rw = (libc::PROT_READ | libc::PROT_WRITE) as u64;
        let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        self.scratch = self.call(libc::SYS_mmap, [0, SCRATCH as u64, rw, anonymous, u64::MAX, 0])?;
        Ok(())
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub fn borrow(&mut self) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "borrowed system calls are built for x86-64 only"))
    }

    #[cfg(target_arch = "x86_64")]
    fn find_gadget(&self) -> io::Result<u64> {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        let executable = |line: &&str| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("r-x"));
        // The vDSO is in every process and always has one.
        let (vdso, others): (Vec<&str>, Vec<&str>) = maps.lines().filter(executable).partition(|line| line.ends_with("[vdso]"));
        for line in vdso.into_iter().chain(others) {
            let Some((start, end)) = range_of(line) else { continue };
            let mut bytes = vec![0; (end - start).min(1 << 20) as usize];
            if self.memory.read_exact_at(&mut bytes, start).is_ok()
                && let Some(at) = bytes.windows(2).position(|pair| pair == SYSCALL)
            {
                return Ok(start + at as u64);
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "no executable page of the process makes a system call"))
    }

    /// One system call in the name of the process; its errors are errors here.
    #[cfg(target_arch = "x86_64")]
    pub fn call(&mut self, number: libc::c_long, arguments: [u64; 6]) -> io::Result<u64> {
        self.call_within(CALL_TAKES, number, arguments)
    }

    #[cfg(target_arch = "x86_64")]
    fn call_within(&mut self, limit: Duration, number: libc::c_long, arguments: [u64; 6]) -> io::Result<u64> {
        if self.is_away {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "an earlier borrowed call of the process has not ended"));
        }
        let thread = self.first()?;
        let own = self.own.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        let mut registers = own.registers;
        registers.rip = self.gadget;
        registers.rax = number as u64;
        // Not in a system call: otherwise the kernel would believe that this is one to be restarted.
        registers.orig_rax = u64::MAX;
        [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9] = arguments;
        set_registers(thread, &registers)?;
        self.is_away = true;
        for _ in 0..2 {
            // To the call's entrance, and to its exit.
            ptrace(libc::PTRACE_SYSCALL, thread, 0, 0)?;
            if !wait_for(thread, Stop::Call, Instant::now() + limit)? {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
        }
        self.is_away = false;
        let result = get_registers(thread)?.rax as i64;
        if (-4095..0).contains(&result) { Err(io::Error::from_raw_os_error(-result as i32)) } else { Ok(result as u64) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub fn call(&mut self, _number: libc::c_long, _arguments: [u64; 6]) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Where the borrowed memory begins, in the process's own addresses.
    pub fn scratch(&self) -> u64 {
        self.scratch
    }

    pub fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.memory.write_all_at(bytes, at)
    }

    pub fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.memory.read_exact_at(bytes, at)
    }

    /// A duplicate, here, of one of the process's descriptors (pidfd_getfd, Linux 5.6).
    pub fn take(&self, fd: i32) -> io::Result<OwnedFd> {
        duplicate_from(self.pid as u32, fd)
    }

    fn first(&self) -> io::Result<i32> {
        self.threads.first().copied().ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))
    }

    /// The registers go back while the thread stands where the kernel handles signals, so that a call that our stopping has interrupted
    /// is restarted, or ended, by the kernel's own rules. A thread that does not get there in time is owed them: true.
    fn give_back(&mut self, thread: i32, own: Own) -> io::Result<bool> {
        match self.is_away {
            true => ptrace(libc::PTRACE_INTERRUPT, thread, 0, 0)?,
            false => to_the_trap(thread)?,
        }
        match wait_for(thread, Stop::Trap, Instant::now() + COMES_BACK_WITHIN) {
            Ok(true) => put_back(thread, &own).map(|()| false),
            Err(late) if late.kind() == io::ErrorKind::TimedOut => {
                away::owe(thread, own);
                self.threads.retain(|known| *known != thread);
                Ok(true)
            }
            ended => ended,
        }
    }

    fn unmap_scratch(&mut self) {
        if self.scratch != 0 && !self.is_away {
            // A page that stays costs the process nothing it would notice.
            let _ = self.call(libc::SYS_munmap, [self.scratch, SCRATCH as u64, 0, 0, 0, 0]);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.unmap_scratch();
        if let Some(own) = self.own.take() {
            // Fails only for a thread that has ended.
            let is_owed = self.first().and_then(|thread| self.give_back(thread, own)).unwrap_or(false);
            if !is_owed {
                away::give_from_hand();
            }
        }
        for thread in &self.threads {
            let _ = ptrace(libc::PTRACE_DETACH, *thread, 0, 0);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn put_back(thread: i32, own: &Own) -> io::Result<()> {
    set_registers(thread, &own.registers)?;
    set_mask(thread, own.mask)
}

/// Nothing is ever borrowed there.
#[cfg(not(target_arch = "x86_64"))]
fn put_back(_thread: i32, _own: &Own) -> io::Result<()> {
    Ok(())
}

/// A duplicate, here, of a descriptor of another process.
pub fn duplicate_from(pid: u32, fd: i32) -> io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let process = process::open(pid)?;
    // SAFETY: pidfd_getfd takes no pointer.
    let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy as i32) })
}

/// Whether two descriptors are one open file, with one place in it (kcmp, KCMP_FILE).
pub fn is_same_file(one: (u32, i32), other: (u32, i32)) -> io::Result<bool> {
    // SAFETY: kcmp takes no pointer.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one.0, other.0, 0, one.1 as u64, other.1 as u64) };
    if order < 0 { Err(io::Error::last_os_error()) } else { Ok(order == 0) }
}

fn threads_of(pid: i32) -> io::Result<Vec<i32>> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

#[cfg(target_arch = "x86_64")]
fn range_of(line: &str) -> Option<(u64, u64)> {
    let (start, end) = line.split(' ').next()?.split_once('-')?;
    Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
}

/// What a thread that stands still has reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Where the kernel handles signals, on our PTRACE_INTERRUPT.
    Trap,
    /// The entrance or the exit of a system call.
    Call,
}

/// PTRACE_EVENT_STOP, in the high part of a wait status.
const EVENT_STOP: i32 = 128;

/// False when the thread has ended.
fn wait_for(thread: i32, stop: Stop, deadline: Instant) -> io::Result<bool> {
    let mut looks = 0;
    loop {
        let mut status = 0;
        // SAFETY: `status` is writable for the call.
        let waited = unsafe { libc::waitpid(thread, &mut status, libc::__WALL | libc::WNOHANG) };
        if waited == thread {
            if !libc::WIFSTOPPED(status) {
                return Ok(false);
            }
            let reached = match (status >> 16, libc::WSTOPSIG(status)) {
                (EVENT_STOP, _) => Some(Stop::Trap),
                (0, signal) if signal == libc::SIGTRAP | 0x80 => Some(Stop::Call),
                _ => None,
            };
            if reached == Some(stop) {
                return Ok(true);
            }
            if reached == Some(Stop::Call) {
                to_the_trap(thread)?;
                continue;
            }
            // A signal on its way is passed on; anything else is passed by.
            let signal = if reached.is_none() && status >> 16 == 0 { libc::WSTOPSIG(status) } else { 0 };
            let go_on = if stop == Stop::Call { libc::PTRACE_SYSCALL } else { libc::PTRACE_CONT };
            ptrace(go_on, thread, 0, signal as usize)?;
            continue;
        }
        if waited < 0 {
            let error = io::Error::last_os_error();
            return if error.raw_os_error() == Some(libc::ECHILD) { Ok(false) } else { Err(error) };
        }
        if Instant::now() >= deadline {
            let what = format!("thread {thread} did not stop in time: it waits inside the kernel");
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        // A borrowed call takes microseconds, and thousands of them may be asked for while the process stands still: a nap for each
        // would be most of its pause.
        if looks < YIELDS {
            looks += 1;
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
    }
}

/// From the end of a call to where signals are handled: stopping there has cost it the interruption that it had coming.
fn to_the_trap(thread: i32) -> io::Result<()> {
    ptrace(libc::PTRACE_INTERRUPT, thread, 0, 0)?;
    ptrace(libc::PTRACE_CONT, thread, 0, 0)
}

/// The kernel's signal sets are 64 bits, and it wants to hear that.
const MASK_BYTES: usize = 8;

fn get_mask(thread: i32) -> io::Result<u64> {
    let mut mask = 0u64;
    ptrace(libc::PTRACE_GETSIGMASK, thread, MASK_BYTES, &raw mut mask as usize)?;
    Ok(mask)
}

fn set_mask(thread: i32, mask: u64) -> io::Result<()> {
    ptrace(libc::PTRACE_SETSIGMASK, thread, MASK_BYTES, &raw const mask as usize)
}

fn ptrace(request: libc::c_uint, thread: i32, address: usize, data: usize) -> io::Result<()> {
    // SAFETY: the requests that come here read and write no memory of ours but through `data`, which their callers keep valid.
    checked(unsafe { libc::ptrace(request, thread, address as *mut c_void, data as *mut c_void) } as i32)
}

#[cfg(target_arch = "x86_64")]
fn get_registers(thread: i32) -> io::Result<Registers> {
    // SAFETY: the structure is plain integers, for which zero is a value.
    let mut registers: Registers = unsafe { std::mem::zeroed() };
    ptrace(libc::PTRACE_GETREGS, thread, 0, &raw mut registers as usize)?;
    Ok(registers)
}

#[cfg(target_arch = "x86_64")]
fn set_registers(thread: i32, registers: &Registers) -> io::Result<()> {
    ptrace(libc::PTRACE_SETREGS, thread, 0, &raw const *registers as usize)
}
