//! Programs that say what their clocks read when they are asked, each in a network namespace of its own as a container would be.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chaosgated::contract::{ClockFault, InjectRequest, InjectResponse, inject_request};

use crate::client::{Runner, by_pid};
use crate::daemon::{Daemon, Site};
use crate::lab;

pub const REALTIME: u32 = 1;
pub const MONOTONIC: u32 = 1 << 1;
pub const MS: i64 = 1_000_000;
const ASKED: usize = 5;
const TELLER: &str = "CHAOSGATE_TELLER";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    C,
    StaticC,
    MuslC,
    Rust,
    Go,
    Node,
    Python,
    Java,
}

pub struct Victim {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

pub type Answer = BTreeMap<String, i64>;

impl Victim {
    /// None, with a message, where the language is not installed; a failure where it must be.
    pub fn start(program: Program, words: &[&str]) -> Option<Victim> {
        let line = command_line(program)?;
        let mut command = Command::new("unshare");
        command.arg("--net").args(&line).args(words).env(TELLER, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("unshare runs");
        let orders = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let mut victim = Victim { child, orders, answers };
        // The first answer is late in most languages, and by then it is in its own namespace.
        victim.ask("tell");
        Some(victim)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One order, and the numbers of the line that answers it.
    pub fn ask(&mut self, order: &str) -> Answer {
        writeln!(self.orders, "{order}").expect("the program listens");
        let mut line = String::new();
        // A Rust victim is a test binary, which says other things first.
        while !line.contains('=') {
            line.clear();
            assert!(self.answers.read_line(&mut line).expect("text") > 0, "the program has ended");
        }
        let pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, number)| (name.to_owned(), number.parse().expect("a number"))).collect()
    }

    /// How far the wall clock of this program is off, in nanoseconds: what it said less the time at which it was heard.
    /// Being heard takes its time, so the most of several is the truth.
    pub fn is_off_by(&mut self) -> i64 {
        (0..ASKED).map(|_| self.ask("tell")["wall"] - now()).max().expect("asked")
    }

    /// On a busy machine it is heard late, so it is asked for longer; a clock that is wrong by more stays wrong.
    pub fn is_off_by_about(&mut self, expected_ns: i64) -> bool {
        let (mut off, asked) = (self.is_off_by(), Instant::now());
        while off <= expected_ns - MS && asked.elapsed() < Duration::from_secs(2) {
            off = off.max(self.is_off_by());
        }
        let is_right = (off - expected_ns).abs() < MS;
        if !is_right {
            println!("off by {off} ns, expected {expected_ns} ns");
        }
        is_right
    }

    /// Whether the kernel's own bytes are in its memory, the whole of the vDSO.
    pub fn is_pristine(&self) -> bool {
        lab::is_pristine(self.pid())
    }

    pub fn kill(&mut self) {
        lab::end(&mut self.child);
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_some()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as i64
}

/// Shifts clocks of one victim for half a minute, in run t1-0 and epoch 1.
pub fn a_skew(site: &Site, fault: &str, pid: u32, clocks: u32, offset_ns: i64) -> InjectRequest {
    InjectRequest {
        ticket: site.sign(&site.claims()),
        run_id: "t1-0".to_owned(),
        fault_id: fault.to_owned(),
        epoch: 1,
        victim: Some(by_pid(pid)),
        deadline_us: 30_000_000,
        fault: Some(inject_request::Fault::Clock(ClockFault { clocks, offset_ns })),
    }
}

/// A daemon, and a runner that speaks with it.
pub struct Scene {
    pub site: Site,
    pub daemon: Daemon,
    pub runner: Runner,
}

impl Scene {
    pub fn new(name: &str) -> Scene {
        Scene::with(name, &[])
    }

    pub fn with(name: &str, more: &[&str]) -> Scene {
        let site = Site::new(name);
        let daemon = site.serve_local(more);
        let runner = Runner::of(&site, &daemon);
        Scene { site, daemon, runner }
    }

    /// Injects, and sees that the daemon's own probe felt it.
    pub fn skews(&mut self, fault: &str, pid: u32, clocks: u32, offset_ns: i64) -> InjectResponse {
        let answer = self.runner.inject(a_skew(&self.site, fault, pid, clocks, offset_ns)).expect("a permitted fault");
        let felt = answer.receipt.as_ref().and_then(|receipt| receipt.felt.clone()).expect("it is said whether it was felt");
        println!("{fault}: {}", felt.how);
        assert!(felt.measured && felt.felt, "{felt:?}");
        answer
    }

    pub fn reverts(&mut self, fault: &str) -> u32 {
        let answer = self.runner.revert("t1-0", fault, 1).expect("an answer");
        assert_eq!(answer.failures, [], "nothing is left undone");
        answer.reverted
    }
}

/// Waits until it holds; false when it does not within the limit.
pub fn comes_true_within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let asked = Instant::now();
    while asked.elapsed() < limit {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Not a test of the daemon: with the variable set it is the victim written in Rust, and without it it does nothing.
#[test]
fn acts_as_a_teller() {
    if std::env::var(TELLER).is_err() {
        return;
    }
    for line in std::io::stdin().lines() {
        line.expect("text");
        println!("\nwall={}", now());
    }
}

fn command_line(program: Program) -> Option<Vec<String>> {
    let source = |name: &str| programs().join(name).display().to_string();
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let built = || built(program).as_ref().map(|path| path.display().to_string());
    match program {
        Program::C | Program::StaticC | Program::MuslC | Program::Go => words(&[&built()?]),
        Program::Java => words(&["java", "-XX:+UseSerialGC", "-cp", &built()?, "Teller"]),
        Program::Rust => {
            let own = std::env::current_exe().expect("a test binary");
            words(&[&own.display().to_string(), "--exact", "victims::acts_as_a_teller", "--nocapture"])
        }
        Program::Node => is_installed(&["node", "--version"]).then(|| words(&["node", &source("teller.cjs")]))?,
        Program::Python => {
            is_installed(&["/usr/bin/python3", "--version"]).then(|| words(&["/usr/bin/python3", &source("teller.py")]))?
        }
    }
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

/// Compiled once for each run of this binary.
fn built(program: Program) -> &'static Option<PathBuf> {
    static BUILT: [OnceLock<Option<PathBuf>>; 5] = [const { OnceLock::new() }; 5];
    let (slot, name, compiler): (usize, &str, &[&str]) = match program {
        Program::C => (0, "teller-c", &["gcc", "-O2", "-pthread", "teller.c", "-o"]),
        Program::StaticC => (1, "teller-static-c", &["gcc", "-O2", "-static", "-pthread", "teller.c", "-o"]),
        Program::MuslC => (4, "teller-musl-c", &["musl-gcc", "-O2", "-static", "-pthread", "teller.c", "-o"]),
        Program::Go => (2, "teller-go", &["go", "build", "-o"]),
        _ => (3, "teller-java", &["javac", "Teller.java", "-d"]),
    };
    BUILT[slot].get_or_init(|| compile(program, name, compiler))
}

fn compile(program: Program, name: &str, compiler: &[&str]) -> Option<PathBuf> {
    let version = if program == Program::Go { "version" } else { "--version" };
    if !is_installed(&[compiler[0], version]) {
        return None;
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let mut command = Command::new(compiler[0]);
    command.args(&compiler[1..]).arg(&target).current_dir(programs());
    if program == Program::Go {
        command.arg("teller.go").env("GOTOOLCHAIN", "local").env("GOFLAGS", "-buildvcs=false");
    }
    assert!(command.status().expect("it runs").success(), "{compiler:?} failed");
    Some(target)
}

/// False, with a message, where it is not; a failure where it must be.
fn is_installed(command: &[&str]) -> bool {
    let answer = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if answer.is_ok_and(|status| status.success()) {
        return true;
    }
    let required = ["CI", "CHAOSGATE_REQUIRE"].iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    assert!(!required, "this test needs {}, and may not be skipped here", command[0]);
    println!("skipped: no {} here; scripts/packages.sh installs it", command[0]);
    false
}
