//! The node's clock is set by an hour while faults stand, as a broken time server does it: leases, deadlines and the keeper's patience count
//! on a clock that nobody can set. It runs in a kernel of its own alone, because it does set the clock.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use chaosgated::contract::InjectRequest;

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::lab::{self, Lab, lab};

const HOUR: i64 = 3600;
const TERM: Duration = Duration::from_secs(4);
const DEADLINE: Duration = Duration::from_secs(2);
/// A look takes 400 ms. By the wall clock an end would come an hour too late, or at once.
const LATER_BY_AT_MOST: Duration = Duration::from_secs(1);
/// Of each jump, and of none; judged by their medians, because this kernel is a process among others: beside a machine's worth of suites
/// one end came 3 s late, and none of the others.
const TRIALS: usize = 3;

/// How far the wall clock and the one that nobody can set came apart since, in seconds: the control, without which nothing has jumped.
struct Clocks {
    wall: SystemTime,
    steady: Instant,
}

impl Clocks {
    fn now() -> Clocks {
        Clocks { wall: SystemTime::now(), steady: Instant::now() }
    }

    /// Setting a clock takes its time, by which it is late.
    fn are_apart_by(&self, seconds: i64) -> bool {
        let unix = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
        let apart = unix(SystemTime::now()) - unix(self.wall) - self.steady.elapsed().as_secs_f64();
        (apart - seconds as f64).abs() < 5.0
    }
}

fn jump(seconds: i64) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let then = format!("@{}.{:09}", now.as_secs() as i64 + seconds, now.subsec_nanos());
    let status = Command::new("date").args(["-s", &then]).status().expect("date runs");
    assert!(status.success(), "the clock could not be set");
}

/// One that nobody renews but once.
fn a_felt_fault(lab: &Lab, site: &Site, daemon: &Daemon, deadline: Duration) -> Runner {
    let mut runner = Runner::of(site, daemon);
    let mut request = a_partition(site, "f1", lab.victim_pid());
    request.deadline_us = deadline.as_micros() as u64;
    runner.inject(request).expect("a permitted fault");
    runner
}

/// Until the victim reaches its peer again. A look at a victim that is cut off takes 400 ms.
fn ends_after(since: Instant, lab: &Lab) -> Duration {
    while lab.is_cut() && since.elapsed() < Duration::from_secs(60) {}
    since.elapsed()
}

/// How late the later of a lease and a deadline ends when the clock is set by so much in the midst of the one, and back in the other's.
fn late_with_a_jump_of(seconds: i64) -> Duration {
    let mut late: Vec<Duration> = (0..TRIALS).map(|trial| late_once(seconds, trial)).collect();
    late.sort_unstable();
    late[TRIALS / 2]
}

fn late_once(seconds: i64, trial: usize) -> Duration {
    let lab = lab().expect("user-mode Linux has namespaces");
    let site = Site::new(&format!("jump-{seconds}-{trial}"));
    let clocks = Clocks::now();
    assert!(!lab.is_cut(), "the victim reaches its peer before");
    let mut keeper = site.command(&["keep", "--patience", "20s"]).spawn().expect("the keeper starts");

    let daemon = site.serve_local(&["--lease-expires-after", "4s", "--lease-renew-every", "1s"]);
    let mut runner = a_felt_fault(&lab, &site, &daemon, Duration::from_secs(30));
    let asked = Instant::now();
    runner.renew("t1-0", 1).expect("the lease lives");
    jump(seconds);
    assert!(clocks.are_apart_by(seconds), "the clock of this kernel has jumped");
    assert!(lab.is_cut(), "the fault stands: by the wall clock its lease is over, or has an hour left");
    let lease = ends_after(asked, &lab);
    drop(daemon);

    // Its lease outlasts the deadline by far, and would end nothing in its place.
    let daemon = site.serve_local(&["--lease-expires-after", "45s", "--lease-renew-every", "10s"]);
    let asked = Instant::now();
    let mut runner = Runner::of(&site, &daemon);
    let again =
        InjectRequest { epoch: 2, deadline_us: DEADLINE.as_micros() as u64, ..a_partition(&site, "f2", lab.victim_pid()) };
    runner.inject(again).expect("a permitted fault");
    jump(-seconds);
    assert!(clocks.are_apart_by(0), "and back");
    let deadline = ends_after(asked, &lab);
    lab::end(&mut keeper);
    println!("a jump of {seconds} s: a lease of {TERM:?} ended after {lease:?}, a deadline of {DEADLINE:?} after {deadline:?}");
    assert!(lease >= TERM && deadline >= DEADLINE, "not before their end");
    (lease - TERM).max(deadline - DEADLINE)
}

/// The control is the same without a jump: what this kernel, a process among others, needs by itself for the end of a fault.
#[test]
#[ignore = "sets the clock of its kernel: run by another_kernel"]
fn a_clock_that_jumps_by_an_hour_moves_neither_leases_nor_deadlines() {
    assert!(std::env::var_os("CHAOSGATE_TEST_IN_UML").is_some(), "this would set the clock of this machine");
    let still = late_with_a_jump_of(0);
    for seconds in [HOUR, -HOUR] {
        let moved = late_with_a_jump_of(seconds);
        assert!(moved < still + LATER_BY_AT_MOST, "{moved:?} late with a jump of {seconds} s, {still:?} without");
    }
}
