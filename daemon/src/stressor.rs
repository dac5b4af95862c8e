//! The other side of a pressure: the process that takes CPU time and memory, and how one is told from every other process.
//! It is `chaosgated stress`, which the daemon starts and nobody else should. Words come in, load goes out; it touches no file and
//! no network, and has given up every capability before it begins.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use crate::cgroup::Cgroup;
use crate::fault::Percent;
use crate::procfs;
use crate::sys::{self, memory::Hog};

/// The first two words behind the name, by which a stressor is found when nobody remembers its pid.
const MARK: [&str; 2] = ["stress", "--fault"];
/// By which one is found that is ending: its words go with its memory, before that is given back, and its name stays.
const NAME: &str = "cg-stressor";
/// Long against a tick of the scheduler, short against a client's timeout.
const PERIOD: Duration = Duration::from_millis(20);
/// A stack of 16 KiB and its bookkeeping in the kernel, for each thread, on the victim's account (kmem of the memory controller).
const PER_WORKER: u64 = 64 * 1024;
/// Page tables of the first pages, our own heap, and pages of this program that are touched late.
const OVERHEAD: u64 = 256 * 1024;
/// One page table of 4 KiB maps 512 pages.
const PAGES_PER_TABLE: u64 = 512;

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub fault: String,
    /// It ends with this process.
    pub victim: u32,
    pub start_time: u64,
    pub workers: u16,
    pub load: Percent,
    pub bytes: u64,
}

/// A stressor that runs, or has been ended and still holds what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub pid: u32,
    /// None: it is ending, and of which fault it was is not known any more.
    pub fault: Option<String>,
}

impl Found {
    /// One that is ending may be anybody's.
    pub fn may_be_of(&self, fault: Option<&str>) -> bool {
        self.fault.is_none() || self.fault.as_deref() == fault
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Some(fault) => write!(f, "stressor of fault {fault} (pid {})", self.pid),
            None => write!(f, "stressor that is ending (pid {})", self.pid),
        }
    }
}

impl Task {
    /// The command line that `options` reads back.
    pub fn words(&self) -> Vec<OsString> {
        let load = f32::from(self.load);
        let victim = format!("{}:{}", self.victim, self.start_time);
        let rest =
            ["--victim", &victim, "--workers", &self.workers.to_string(), "--load", &load.to_string()].map(str::to_owned);
        let mark = MARK.map(str::to_owned).into_iter().chain([self.fault.clone()]);
        mark.chain(rest).chain(["--bytes".to_owned(), self.bytes.to_string()]).map(OsString::from).collect()
    }
}

/// Is the stressor, until the daemon, the pipe or the victim is gone.
pub fn run(task: &Task) -> io::Result<()> {
    sys::process::end_with_parent()?;
    // The first that the kernel chooses when the group's memory runs out (proc(5)); raising it needs no capability.
    fs::write("/proc/self/oom_score_adj", "1000")?;
    fs::write("/proc/self/comm", NAME)?;
    sys::capabilities::drop_all()?;
    let victim = sys::process::open(task.victim)?;
    if !procfs::is_running(task.victim, task.start_time) || !is_told_to_go()? {
        return Ok(());
    }
    for _ in 0..task.workers {
        let load = task.load.fraction();
        thread::Builder::new().stack_size(32 * 1024).spawn(move || spin(load))?;
    }
    let _held = if task.bytes > 0 { Some(fill(task)?) } else { None };
    sys::process::wait_for_either(io::stdin().as_fd(), victim.as_fd())
}

/// The daemon has moved this process where it belongs; an end of the pipe instead is the daemon's end.
fn is_told_to_go() -> io::Result<bool> {
    Ok(io::stdin().read(&mut [0])? == 1)
}

/// Busy for its share of each period by the thread's own CPU clock, so that a throttled worker does not catch up later.
fn spin(load: f64) -> ! {
    let busy = PERIOD.mul_f64(load);
    loop {
        let (began, spent) = (Instant::now(), sys::clock::of_this_thread());
        while sys::clock::of_this_thread().saturating_sub(spent) < busy && began.elapsed() < PERIOD {
            (0..1000).for_each(|_| std::hint::spin_loop());
        }
        thread::sleep(PERIOD.saturating_sub(began.elapsed()));
    }
}

fn fill(task: &Task) -> io::Result<Hog> {
    let hog = Hog::of(pages_within(task.bytes, task.workers))?;
    // A daemon that has stopped listening is told nothing, and its end is seen at the other pipe.
    let _ = io::stdout().write_all(b"full\n").and_then(|()| io::stdout().flush());
    Ok(hog)
}

/// Bytes of pages that stay, with all that the kernel adds, within what was asked for.
fn pages_within(asked: u64, workers: u16) -> usize {
    let added = OVERHEAD + PER_WORKER * u64::from(workers);
    let left = asked.saturating_sub(added);
    usize::try_from(left - left / PAGES_PER_TABLE).unwrap_or(usize::MAX)
}

/// The stressor that this pid is.
pub fn at(pid: u32) -> Option<Found> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let fault = if line.is_empty() { is_ending(pid).then_some(None) } else { fault_in(&line).map(Some) }?;
    if is_of_a_container(pid) { None } else { Some(Found { pid, fault }) }
}

fn fault_in(line: &[u8]) -> Option<String> {
    let mut words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).skip(1);
    let is_ours = MARK.iter().all(|mark| words.next().is_some_and(|word| word == *mark));
    if is_ours { words.next().map(Cow::into_owned) } else { None }
}

/// A dead one holds nothing any more, whoever has not asked yet how it ended.
fn is_ending(pid: u32) -> bool {
    procfs::name(pid).is_ok_and(|name| name == NAME.as_bytes())
        && procfs::stat(pid).is_ok_and(|stat| stat.is_ending && !stat.is_dead)
}

/// A stressor stands in the daemon's own pid namespace, which is the node's; a container's process that only calls itself one does not.
fn is_of_a_container(pid: u32) -> bool {
    let namespace = |who: &str| fs::read_link(format!("/proc/{who}/ns/pid")).ok();
    // What cannot be compared is believed: a stressor that is overlooked stays.
    namespace("self").zip(namespace(&pid.to_string())).is_some_and(|(ours, theirs)| ours != theirs)
}

/// Those directly in a group.
pub fn of_group(group: &Cgroup) -> Vec<Found> {
    group.processes().unwrap_or_default().into_iter().filter_map(at).collect()
}

/// Every stressor of this node.
pub fn all() -> io::Result<Vec<Found>> {
    Ok(procfs::all_pids()?.into_iter().filter_map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_stays_below_what_was_asked() {
        const MIB: u64 = 1 << 20;
        for (asked, workers) in [(MIB, 0), (64 * MIB, 0), (64 * MIB, 8), (16 * 1024 * MIB, 64)] {
            let taken = pages_within(asked, workers) as u64;
            assert!(taken + taken / PAGES_PER_TABLE < asked, "{taken} of {asked}");
            assert!(taken as f64 > asked as f64 * 0.7, "{taken} of {asked}");
        }
        assert_eq!(pages_within(1, 3), 0);
    }

    #[test]
    fn one_that_is_ending_may_be_of_any_fault_and_a_living_one_of_its_own() {
        let [living, ending] = [Some("t1-0.f1".to_owned()), None].map(|fault| Found { pid: 7, fault });
        for (asked, is_living, is_ending) in [("t1-0.f1", true, true), ("t1-0.f2", false, true)] {
            assert_eq!((living.may_be_of(Some(asked)), ending.may_be_of(Some(asked))), (is_living, is_ending), "{asked}");
        }
        assert_eq!(ending.to_string(), "stressor that is ending (pid 7)");
    }

    #[test]
    fn no_other_process_is_a_stressor() {
        assert_eq!(at(std::process::id()), None);
        assert_eq!(at(u32::MAX), None);
    }
}
