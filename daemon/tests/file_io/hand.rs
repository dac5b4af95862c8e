//! A process that does with files what it is told, measures how long that takes, and says what came of it.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use holding::Holding;

#[path = "gaps.rs"]
mod gaps;
#[path = "hand/holding.rs"]
mod holding;
#[path = "hand/measuring.rs"]
mod measuring;

const HAND: &str = "CHAOSGATE_HAND";
/// Nothing a test starts outlives this.
const AT_MOST: u32 = 150;

/// The other end: a process in mount and network namespaces of its own.
pub struct Hand {
    pub child: Child,
    pid: u32,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it said: how long it took there, and the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub took: Duration,
    pub outcome: Result<String, i32>,
}

impl Answer {
    pub fn text(self) -> String {
        self.outcome.unwrap_or_else(|errno| panic!("the call failed with errno {errno}"))
    }

    pub fn ms(&self) -> f64 {
        self.took.as_secs_f64() * 1000.0
    }
}

impl Hand {
    pub fn new() -> Hand {
        Hand::in_namespaces(&[])
    }

    /// In a pid namespace besides, under a /proc that shows no process but its own, as in a container.
    #[allow(dead_code, reason = "shared with the matrix, whose victims see all processes")]
    pub fn in_a_container() -> Hand {
        let mut hand = Hand::in_namespaces(&["--pid", "--fork", "--kill-child", "--mount-proc"]);
        let unshare = hand.child.id();
        let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).expect("it has answered");
        hand.pid = children.trim().parse().expect("one child");
        hand
    }

    fn in_namespaces(more: &[&str]) -> Hand {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private", "--net"])
            .args(more)
            .arg("--")
            .arg(std::env::current_exe().expect("a test binary"));
        command.args(["--exact", "hand::acts_as_a_hand", "--nocapture", "--test-threads=1"]).env(HAND, "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("unshare runs");
        let orders = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let pid = child.id();
        let mut hand = Hand { child, pid, orders, answers };
        hand.does("hello");
        hand
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn does(&mut self, order: &str) -> Answer {
        self.begins(order);
        self.ends()
    }

    /// Gives the order and does not wait.
    pub fn begins(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it listens");
    }

    pub fn ends(&mut self) -> Answer {
        loop {
            let mut line = String::new();
            let length = self.answers.read_line(&mut line).expect("it speaks");
            assert!(length > 0, "the hand is gone");
            if let Some(answer) = line.trim_end_matches('\n').strip_prefix("= ") {
                return parse(answer);
            }
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        crate::lab::end(&mut self.child);
    }
}

fn parse(answer: &str) -> Answer {
    let (micros, outcome) = answer.split_once(' ').expect("a time and an outcome");
    let took = Duration::from_micros(micros.parse().expect("a number"));
    let outcome = match outcome.strip_prefix("errno ") {
        Some(errno) => Err(errno.parse().expect("a number")),
        None => Ok(outcome.to_owned()),
    };
    Answer { took, outcome }
}

/// Not a test: with the variable set it is the hand of one, and without it it does nothing.
#[test]
fn acts_as_a_hand() {
    if std::env::var(HAND).is_err() {
        return;
    }
    // SAFETY: alarm takes no pointer.
    unsafe { libc::alarm(AT_MOST) };
    let mut holding = Holding::default();
    println!();
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let started = Instant::now();
        let outcome = holding.act(&words);
        let micros = started.elapsed().as_micros();
        match outcome {
            Ok(text) => println!("= {micros} {text}"),
            Err(error) => println!("= {micros} errno {}", error.raw_os_error().unwrap_or(-1)),
        }
        io::stdout().flush().expect("somebody listens");
    }
}
