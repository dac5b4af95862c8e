//! Whatever is said to the daemon, it answers, lives, grows no bigger, and leaves nothing: 100,000 messages with CHAOSGATE_FULL=1, fewer
//! without. Every look at it afterwards is one that sees it where it is so: see the control.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::gatecrashing;
use crate::lab::{self, Lab, lab};
use crate::panics;
use crate::storm::{Storm, Tally};
use crate::vitals::{Vitals, harm};

const SEED: u64 = 0x0c4a_0509_a7e0;
const MESSAGES: u64 = 4_000;
const MESSAGES_IN_FULL: u64 = 100_000;
/// One caller without manners for so many messages.
const MESSAGES_PER_CRASHER: u64 = 100;

fn is_full() -> bool {
    std::env::var("CHAOSGATE_FULL").is_ok_and(|value| value == "1")
}

/// AddressSanitizer keeps what was given back, to see whether somebody still uses it.
fn is_sanitized() -> bool {
    std::env::var_os("ASAN_OPTIONS").is_some()
}

/// A process in a network of its own, which nobody needs.
fn a_spare() -> Child {
    let child = Command::new("unshare").args(["--net", "sleep", "600"]).spawn().expect("unshare runs");
    let own = std::fs::read_link("/proc/self/ns/net").expect("procfs");
    while std::fs::read_link(format!("/proc/{}/ns/net", child.id())).is_ok_and(|theirs| theirs == own) {
        std::thread::yield_now();
    }
    child
}

/// What is left of faults, by looks that share no code with the daemon.
fn left(lab: &Lab, site: &Site, rules: &str) -> Vec<&'static str> {
    let looks = [
        (lab.rules() != rules, "rules in the victim's network"),
        (!lab::is_pristine(lab.victim_pid()), "hooks in the victim's vDSO"),
        (lab.is_cut(), "a victim that is cut off"),
        (site.records() > 0, "records"),
    ];
    looks.into_iter().filter_map(|(is_so, what)| is_so.then_some(what)).collect()
}

/// A person's abort of every run that is there.
fn revert_all(runner: &mut Runner) {
    for lease in runner.list().leases {
        let reverted = runner.revert(&lease.run_id, "", 0).expect("an abort is never fenced");
        assert_eq!(reverted.failures, [], "run {}", lease.run_id);
    }
}

#[test]
fn a_storm_of_messages_that_are_nearly_right_harms_nobody_and_leaves_nothing() {
    let Some(lab) = lab() else { return };
    let site = Site::new("storm");
    let mut daemon = site.serve_local(&["--max-faults", "8", "--cri-endpoint", "/nonexistent/cri.sock"]);
    let (rules, mut spare) = (lab.rules(), a_spare());
    let storm = Storm::new(SEED, &site, lab.victim_pid(), spare.id());
    let messages = if is_full() { MESSAGES_IN_FULL } else { MESSAGES };
    let started = Instant::now();
    let first = rage(&storm, &site, &mut daemon, 0, messages / 2);
    let halfway = Vitals::of(&mut daemon.child);
    let second = rage(&storm, &site, &mut daemon, messages / 2, messages);
    lab::end(&mut spare);
    let mut harm = Vitals::harm_since(&halfway, &mut daemon.child);
    if is_sanitized() {
        harm.retain(|said| !said.starts_with("memory"));
    }
    println!("{messages} messages from seed {SEED:#x} in {:?}:\n{first:?}\n{second:?}", started.elapsed());
    println!("halfway {halfway:?}, afterwards {:?}", Vitals::of(&mut daemon.child));
    assert_eq!((first.wrong, second.wrong), (vec![], vec![]), "every message is answered, and good ones are answered well");
    assert_eq!(harm, Vec::<String>::new());
    assert_eq!(left(&lab, &site, &rules), Vec::<&str>::new());
    the_daemon_still_serves(&lab, &site, &daemon);
    assert!(daemon.terminate().success(), "and ends well");
    assert_eq!(left(&lab, &site, &rules), Vec::<&str>::new());
}

/// One part of the storm, with callers without manners beside it; then all that it has put on is reverted.
fn rage(storm: &Storm, site: &Site, daemon: &mut Daemon, from: u64, to: u64) -> Tally {
    let tally = std::thread::scope(|scope| {
        let daemon = &*daemon;
        scope.spawn(|| gatecrashing::crash(site, daemon, SEED ^ from, (to - from) / MESSAGES_PER_CRASHER));
        storm.rages(site, daemon, from..to)
    });
    revert_all(&mut Runner::of(site, daemon));
    std::thread::sleep(Duration::from_millis(200));
    tally
}

fn the_daemon_still_serves(lab: &Lab, site: &Site, daemon: &Daemon) {
    let mut runner = Runner::of(site, daemon);
    let mut request = a_partition(site, "honest", lab.victim_pid());
    request.run_id = "t1-9999".to_owned();
    runner.inject(request).expect("a permitted fault");
    assert!(lab.is_cut(), "it is felt");
    assert_eq!(runner.revert("t1-9999", "", 1).expect("reverted").reverted, 1);
    assert!(!lab.is_cut(), "and over");
}

/// The control: a panic, a leak, and a fault that nobody took away are seen by the looks above.
#[test]
fn what_a_storm_could_do_would_be_seen() {
    let Some(lab) = lab() else { return };
    let site = Site::new("storm-control");
    let mut daemon = site.serve_local(&[]);
    let (rules, before) = (lab.rules(), Vitals::of(&mut daemon.child));
    assert_eq!((harm(&before, &before), left(&lab, &site, &rules)), (vec![], vec![]));
    let sees = |after: &Vitals, what: &str| assert!(harm(&before, after).iter().any(|said| said.contains(what)), "{after:?}");

    let leaked: Vec<Runner> = (0..3).map(|_| Runner::of(&site, &daemon)).collect();
    sees(&Vitals::of(&mut daemon.child), "descriptors");
    drop(leaked);
    sees(&Vitals { resident_kib: before.resident_kib + 2 * 1024 + 1, ..before.clone() }, "memory");
    sees(&Vitals { threads: before.threads + 1, ..before.clone() }, "threads");
    sees(&Vitals { children: before.children + 1, ..before.clone() }, "children");

    let mut runner = Runner::of(&site, &daemon);
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    assert_eq!(left(&lab, &site, &rules), ["rules in the victim's network", "a victim that is cut off", "records"]);

    let mut buggy = panics::with_a_bug(&site).stderr(Stdio::piped()).spawn().expect("it starts");
    // To the end of what it says, which is its own end.
    buggy.stderr.take().expect("piped").read_to_end(&mut Vec::new()).expect("readable");
    buggy.wait().expect("our own child");
    sees(&Vitals::of(&mut buggy), "it has ended: signal: 6");
}
