//! Shows that hooks work, on a process of our own: a child of this program compares its clocks with the kernel's answer to a plain
//! system call. It is given the very bytes that the victim has, so what it reads is what the victim reads.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::patch::PatchError;
use crate::fault::ClockSet;
use crate::sys::{clock, urgency};

/// The hidden command of this program that is the child.
pub const COMMAND: &str = "compare-clocks";
/// Starting takes a few milliseconds, comparing some microseconds.
const PATIENCE: Duration = Duration::from_secs(2);
const COMPARISONS: usize = 7;

#[derive(Debug, Error)]
pub enum ProbeError {
    #[error("could not start a child to compare clocks: {0}")]
    Start(io::Error),
    #[error("the child that compares clocks did not answer within {PATIENCE:?}")]
    Silent,
    #[error("the child that compares clocks said {0:?}")]
    Nonsense(String),
    #[error("could not make the child the victim's double: {0}")]
    Double(#[from] PatchError),
}

/// Nanoseconds between what a program reads and what the kernel says, by clock id.
pub type Offsets = BTreeMap<usize, i64>;

/// A child that waits for its word.
pub struct Double {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Double {
    pub fn start() -> Result<Double, ProbeError> {
        let mut command = Command::new("/proc/self/exe");
        command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = urgently(|| command.spawn()).map_err(ProbeError::Start)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked to be pipes");
        };
        let (said, lines) = channel();
        // Ends with the child's output, or when nobody listens any more.
        thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        let double = Double { child, stdin, lines };
        match double.next()?.as_str() {
            "ready" => Ok(double),
            other => Err(ProbeError::Nonsense(other.to_owned())),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn compares(&mut self) -> Result<Offsets, ProbeError> {
        self.stdin.write_all(b"go\n").map_err(ProbeError::Start)?;
        let line = self.next()?;
        serde_json::from_str(&line).map_err(|_| ProbeError::Nonsense(line))
    }

    fn next(&self) -> Result<String, ProbeError> {
        self.lines.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => ProbeError::Silent,
            RecvTimeoutError::Disconnected => ProbeError::Nonsense(String::new()),
        })
    }
}

/// On a thread that goes first: what it starts goes first too, and does not wait for its turn behind a victim with all its threads.
fn urgently<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            // Without it the probe may be too late on a busy machine, and says so.
            let _ = urgency::go_first();
            work()
        });
        first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

impl Drop for Double {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The child's side: a line for each line that it is sent.
pub fn compare_clocks(orders: impl BufRead, mut answers: impl Write) -> io::Result<()> {
    writeln!(answers, "ready")?;
    answers.flush()?;
    for order in orders.lines() {
        order?;
        writeln!(answers, "{}", serde_json::to_string(&offsets())?)?;
        answers.flush()?;
    }
    Ok(())
}

fn offsets() -> Offsets {
    (0..32).filter(|clock| ClockSet::ALL.has(*clock)).filter_map(|clock| Some((clock, offset(clock)?))).collect()
}

/// Of several comparisons the one that was least disturbed; None for a clock that this machine has not.
fn offset(clock: usize) -> Option<i64> {
    let compared = (0..COMPARISONS).filter_map(|_| {
        let before = clock::by_system_call(clock)?;
        let read = clock::by_library(clock)?;
        let after = clock::by_system_call(clock)?;
        Some((after - before, read - (before + after) / 2))
    });
    compared.min().map(|(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_hooks_no_clock_is_off() {
        let mut said = Vec::new();
        compare_clocks(&b"go\n"[..], &mut said).expect("memory can be written");
        let said = String::from_utf8(said).expect("text");
        let line = said.strip_prefix("ready\n").expect("it is ready first");
        let offsets: Offsets = serde_json::from_str(line.trim()).expect("a map of numbers");
        assert!(offsets.len() >= 6, "{offsets:?}");
        assert!(offsets.values().all(|offset| offset.abs() < 1_000_000), "{offsets:?}");
    }
}
