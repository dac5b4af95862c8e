use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::*;

const SOON: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_millis(50);
/// `syscall`, and for a child that comes out of it: wait for ever.
const FORK_AND_PAUSE: [u8; 11] = [0x0f, 0x05, 0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];

/// What is borrowed is counted for the whole process, so one victim at a time.
static ALONE: Mutex<()> = Mutex::new(());

struct Victim {
    child: Child,
    ticks: Receiver<io::Result<String>>,
    _alone: MutexGuard<'static, ()>,
}

impl Victim {
    fn start() -> Victim {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = Command::new("sh");
        command.args(["-c", "while :; do echo tick; sleep 0.01; done"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh runs");
        let (tell, ticks) = channel();
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        thread::spawn(move || lines.try_for_each(|line| tell.send(line)));
        let victim = Victim { child, ticks, _alone: alone };
        assert!(victim.goes_on(), "before anything is done");
        victim
    }

    /// Once what was told before is heard, and it may have been told half.
    fn goes_on(&self) -> bool {
        self.ticks.try_iter().for_each(drop);
        (0..2).all(|_| self.ticks.recv_timeout(SOON).is_ok_and(|line| line.is_ok()))
    }

    fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // What it forked for us waits for ever, whatever became of the test.
        children_of(self.id()).into_iter().for_each(end);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stops the process and lets it make a call on a thread of its own; what the call said comes when the process was to go on.
fn borrowed(pid: u32, call: impl FnOnce(&mut Stopped) -> io::Result<u64> + Send + 'static) -> Receiver<io::Result<u64>> {
    let (done, said) = channel();
    thread::spawn(move || {
        let mut stopped = Stopped::stop(pid, Instant::now() + SOON).expect("ours");
        stopped.borrow().expect("64-bit code");
        let answer = call(&mut stopped);
        drop(stopped);
        done.send(answer)
    });
    said
}

fn is_traced(pid: u32) -> bool {
    crate::procfs::thread_status(pid, pid).expect("it lives").tracer != 0
}

/// The child of a call that its parent cannot be interrupted in (vfork(2)).
fn fork_and_pause(stopped: &mut Stopped) -> io::Result<u64> {
    let all = (libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC) as u64;
    let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    let code = stopped.call(libc::SYS_mmap, [0, 4096, all, anonymous, u64::MAX, 0])?;
    stopped.write(code, &FORK_AND_PAUSE)?;
    stopped.gadget = code;
    stopped.call_within(AT_ONCE, libc::SYS_clone, [libc::CLONE_VFORK as u64, 0, 0, 0, 0, 0])
}

fn children_of(pid: u32) -> Vec<u32> {
    let told = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it lives");
    told.split_ascii_whitespace().map(|child| child.parse().expect("a pid")).collect()
}

#[test]
fn a_call_that_takes_too_long_and_can_be_interrupted_leaves_the_process_as_it_was() {
    let victim = Victim::start();
    let said = borrowed(victim.id(), |stopped| stopped.call_within(AT_ONCE, libc::SYS_pause, [0; 6]));
    let late = said.recv_timeout(SOON).expect("an answer").expect_err("it never ends by itself");
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    assert!(!is_traced(victim.id()), "it was interrupted, and nothing is owed");
    assert!(victim.goes_on());
}

#[test]
fn a_call_that_cannot_be_interrupted_keeps_the_process_until_it_has_its_registers_again() {
    let victim = Victim::start();
    let before = children_of(victim.id());
    let said = borrowed(victim.id(), fork_and_pause);
    let late = said.recv_timeout(SOON).expect("whoever asked is answered").expect_err("the child does not end by itself");
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    assert!(is_traced(victim.id()), "nobody lets go of it with registers that are ours");
    assert!(!all_are_back_within(Duration::ZERO));
    end_the_call(victim.id(), &before);
    assert!(all_are_back_within(SOON), "it returns when the call ends");
    assert!(victim.goes_on());
}

#[test]
fn whoever_waits_for_all_gives_back_what_it_owes_itself() {
    let victim = Victim::start();
    let before = children_of(victim.id());
    let mut stopped = Stopped::stop(victim.id(), Instant::now() + SOON).expect("ours");
    stopped.borrow().expect("64-bit code");
    assert!(all_are_back_within(Duration::ZERO), "what is in its own hands is not waited for");
    fork_and_pause(&mut stopped).expect_err("the child does not end by itself");
    assert_eq!(stopped.call(libc::SYS_getpid, [0; 6]).expect_err("it is away").kind(), io::ErrorKind::TimedOut);
    drop(stopped);
    assert!(!all_are_back_within(AT_ONCE));
    end_the_call(victim.id(), &before);
    assert!(all_are_back_within(SOON), "nobody else could");
    assert!(victim.goes_on());
}

/// Ends the child that the call waits for.
fn end_the_call(pid: u32, before: &[u32]) {
    let forked = children_of(pid).into_iter().find(|child| !before.contains(child) && is_ours(*child)).expect("forked");
    end(forked);
}

fn end(pid: u32) {
    if let Ok(process) = process::open(pid) {
        let _ = process::signal(&process, libc::SIGKILL);
    }
}

/// The shell's own children have another program.
fn is_ours(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sh")
}
