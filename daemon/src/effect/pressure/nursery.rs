//! The stressors of this daemon. They are born on a thread that lives as long as the daemon, because the kernel ends a child with the
//! thread that made it (PR_SET_PDEATHSIG, prctl(2)), and not with the process.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::PressureReceipt;
use crate::sys;

type Birth = (Command, SyncSender<io::Result<Child>>);

#[derive(Debug, Default)]
pub struct Nursery {
    births: Mutex<Option<Sender<Birth>>>,
    children: Mutex<BTreeMap<String, Child>>,
}

impl Nursery {
    /// Starts a stressor, which waits to be told to go. Its pid is the answer.
    pub fn start(&self, receipt: &PressureReceipt) -> io::Result<u32> {
        // The file that this process runs, even when the path has come to mean another one.
        let mut command = Command::new("/proc/self/exe");
        command.args(receipt.task().words()).stdin(Stdio::piped()).stdout(Stdio::piped()).env_clear();
        let child = self.born(command)?;
        let pid = child.id();
        self.children().insert(receipt.fault.clone(), child);
        Ok(pid)
    }

    fn born(&self, command: Command) -> io::Result<Child> {
        let (answer, answered) = sync_channel(1);
        let gone = || io::Error::other("the thread that starts stressors has ended");
        self.births()?.send((command, answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }

    fn births(&self) -> io::Result<Sender<Birth>> {
        let mut births = self.births.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(births) = &*births {
            return Ok(births.clone());
        }
        let (sender, orders) = channel::<Birth>();
        thread::Builder::new().name("stressors".to_owned()).stack_size(128 * 1024).spawn(move || {
            for (mut command, answer) in orders {
                // Whoever asked may have gone away; the child then ends with the pipe that nobody holds.
                let _ = answer.send(command.spawn());
            }
        })?;
        Ok(births.insert(sender).clone())
    }

    /// Tells a stressor to begin.
    pub fn go(&self, fault: &str) -> io::Result<()> {
        let mut children = self.children();
        let pipe = children.get_mut(fault).and_then(|child| child.stdin.as_mut());
        pipe.ok_or(io::ErrorKind::NotFound)?.write_all(b"g")
    }

    /// Whether it says within this time that it has all its memory. The child is not locked meanwhile, so that it can be ended.
    pub fn is_full_within(&self, fault: &str, limit: Duration) -> bool {
        let said = self.children().get_mut(fault).and_then(|child| child.stdout.take());
        said.is_some_and(|said| sys::process::readable_within(said.as_fd(), limit).unwrap_or(false))
    }

    /// None of ours counts as not ended: after a restart it is looked for in the kernel.
    pub fn has_ended(&self, fault: &str) -> bool {
        self.children().get_mut(fault).is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Ends a stressor of this daemon and reaps it.
    pub fn end(&self, fault: &str) {
        let Some(mut child) = self.children().remove(fault) else { return };
        // It may have ended by itself, and whether anything is left is looked for in the kernel afterwards.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn children(&self) -> MutexGuard<'_, BTreeMap<String, Child>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
