//! Leases and deadlines, fencing and repetition, over the wire and on a real victim.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use chaosgated::contract::watch_response::Kind;
use chaosgated::contract::{Peer, inject_request};
use tonic::Code;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::{self, lab, two_labs};

const SHORT_LEASE: [&str; 4] = ["--lease-expires-after", "2s", "--lease-renew-every", "1s"];

#[test]
fn an_unrenewed_lease_ends_on_time_and_its_run_is_lost() {
    let Some(lab) = lab() else { return };
    let site = Site::new("expiry");
    let daemon = site.serve_local(&SHORT_LEASE);
    let mut runner = Runner::of(&site, &daemon);
    let mut events = runner.watch();
    let injected = Instant::now();
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    std::thread::sleep(Duration::from_secs(1));
    runner.renew("t1-0", 1).expect("in time");
    let renewed = Instant::now();
    let event = runner.next(&mut events).expect("the lease's end is told");
    let overrun = renewed.elapsed().saturating_sub(Duration::from_secs(2));
    println!("lease of 2 s ended {overrun:?} late, {:?} after injection", injected.elapsed());
    assert_eq!(event.kind(), Kind::LeaseExpired);
    assert!(renewed.elapsed() > Duration::from_millis(1990), "not before its end");
    assert!(overrun < Duration::from_millis(100), "{overrun:?} late");
    assert!(!lab.is_cut());
    assert_eq!(runner.renew("t1-0", 1).expect_err("lost").code(), Code::NotFound);
    let late = runner.inject(a_partition(&site, "f2", lab.victim_pid())).expect_err("a late fault of an ended run");
    assert_eq!(late.code(), Code::FailedPrecondition, "{late}");
}

#[test]
fn a_renewed_lease_keeps_its_fault_and_reports_its_terms() {
    let Some(lab) = lab() else { return };
    let site = Site::new("renewed");
    let daemon = site.serve_local(&SHORT_LEASE);
    let mut runner = Runner::of(&site, &daemon);
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(800));
        let terms = runner.renew("t1-0", 1).expect("in time").lease.expect("terms");
        assert_eq!((terms.renew_every_us, terms.expires_after_us), (1_000_000, 2_000_000));
    }
    assert!(lab.is_cut(), "3.2 s after injection the fault is still there");
}

#[test]
fn a_fault_ends_at_its_deadline_whatever_the_lease_says() {
    let Some(lab) = lab() else { return };
    let site = Site::new("deadline");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let mut events = runner.watch();
    let mut request = a_partition(&site, "f1", lab.victim_pid());
    request.deadline_us = 1_500_000;
    let asked = Instant::now();
    runner.inject(request).expect("a permitted fault");
    let event = runner.next(&mut events).expect("the deadline is told");
    let overrun = asked.elapsed().saturating_sub(Duration::from_millis(1500));
    println!("deadline of 1.5 s reached {overrun:?} late");
    assert_eq!((event.kind(), event.fault_id.as_str()), (Kind::Deadline, "f1"));
    assert!(overrun < Duration::from_millis(100), "{overrun:?} late");
    assert!(!lab.is_cut());
    assert!(runner.renew("t1-0", 1).is_ok(), "the run is still leased");
}

#[test]
fn a_lower_epoch_is_fenced_off_and_a_person_is_not() {
    let Some(lab) = lab() else { return };
    let site = Site::new("fencing");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let mut first = a_partition(&site, "f1", lab.victim_pid());
    first.epoch = 4;
    runner.inject(first).expect("a permitted fault");
    runner.renew("t1-0", 5).expect("a new leader");
    for refused in [
        runner.renew("t1-0", 4).err(),
        runner.revert("t1-0", "", 4).err(),
        runner.inject(a_partition(&site, "f2", lab.victim_pid())).err(),
    ] {
        assert_eq!(refused.expect("fenced").code(), Code::FailedPrecondition);
    }
    assert!(lab.is_cut());
    assert_eq!(runner.revert("t1-0", "", 0).expect("a person's abort").reverted, 1);
    assert!(!lab.is_cut());
}

#[test]
fn a_repeated_injection_is_one_fault_and_a_repeated_revert_is_success() {
    let Some(lab) = lab() else { return };
    let site = Site::new("repeat");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let before = lab.rules();
    let first = runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let rules = lab.rules();
    let second = runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("the same fault");
    assert_eq!((first, rules), (second, lab.rules()));
    let mut other = a_partition(&site, "f1", lab.victim_pid());
    other.victim.as_mut().expect("a victim").pod = "another".to_owned();
    assert_eq!(runner.inject(other).expect_err("another content").code(), Code::AlreadyExists);
    assert!(!runner.residue(lab.victim_pid()).expect("seen").is_empty());
    assert_eq!(runner.revert("t1-0", "f1", 1).expect("reverted").reverted, 1);
    assert_eq!(runner.revert("t1-0", "f1", 1).expect("already gone").reverted, 0);
    assert_eq!(runner.revert("t9-0", "", 1).expect("never known").reverted, 0);
    assert_eq!(lab.rules(), before);
    assert!(runner.residue(lab.victim_pid()).expect("seen").is_empty());
}

#[test]
fn the_end_of_one_fault_does_not_wait_for_the_beginning_of_another() {
    let Some((one, two)) = two_labs() else { return };
    let site = Site::new("beside");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let mut events = runner.watch();
    let mut first = a_partition(&site, "f1", one.victim_pid());
    first.deadline_us = 1_000_000;
    let asked = Instant::now();
    runner.inject(first).expect("a permitted fault");
    std::thread::sleep(Duration::from_millis(900).saturating_sub(asked.elapsed()));
    let second = a_partition(&site, "f2", two.victim_pid());
    std::thread::scope(|both| {
        let mut other = Runner::of(&site, &daemon);
        let beginning = both.spawn(move || other.inject(second));
        let event = runner.next(&mut events).expect("the deadline is told");
        let overrun = asked.elapsed().saturating_sub(Duration::from_secs(1));
        println!("deadline of 1 s reached {overrun:?} late beside an injection");
        assert_eq!(event.kind(), Kind::Deadline);
        assert!(overrun < Duration::from_millis(100), "{overrun:?} late");
        beginning.join().expect("no panic").expect("a permitted fault");
    });
}

/// A process in networks and files of its own, whose name servers are silent and whose search list is long.
fn a_victim_whose_names_nobody_knows() -> Child {
    let script = "ip link add eth0 type veth peer name eth1 && ip address add 10.98.0.1/24 dev eth0 && ip link set eth0 up && \
                  ip link set eth1 up && mount -t tmpfs etc /etc && \
                  printf 'search a b c d e f\\nnameserver 10.98.0.8\\nnameserver 10.98.0.9\\n' > /etc/resolv.conf && exec sleep 60";
    let child = Command::new("unshare").args(["--net", "--mount", "sh", "-c", script]).spawn().expect("unshare runs");
    let ready = || std::fs::read_to_string(format!("/proc/{}/comm", child.id())).is_ok_and(|name| name == "sleep\n");
    while !ready() {
        std::thread::yield_now();
    }
    child
}

#[test]
fn the_end_of_one_fault_does_not_wait_for_a_name_server_that_is_silent() {
    let Some(lab) = lab() else { return };
    let site = Site::new("silent");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let mut events = runner.watch();
    let mut elsewhere = a_victim_whose_names_nobody_knows();
    let mut first = a_partition(&site, "f1", lab.victim_pid());
    first.deadline_us = 1_000_000;
    let mut second = a_partition(&site, "f1", elsewhere.id());
    second.run_id = "t1-1".to_owned();
    let Some(inject_request::Fault::Network(network)) = &mut second.fault else { panic!("a partition is a network fault") };
    network.peers = vec![Peer { name: "nobody".to_owned(), ..Default::default() }];
    let asked = Instant::now();
    runner.inject(first).expect("a permitted fault");
    std::thread::scope(|both| {
        let mut other = Runner::of(&site, &daemon);
        let naming = both.spawn(move || (other.inject(second), Instant::now()));
        let event = runner.next(&mut events).expect("the deadline is told");
        let told = Instant::now();
        let overrun = (told - asked).saturating_sub(Duration::from_secs(1));
        println!("deadline of 1 s reached {overrun:?} late beside a name that nobody knows");
        assert_eq!(event.kind(), Kind::Deadline);
        assert!(overrun < Duration::from_millis(100), "{overrun:?} late");
        let (refused, answered) = naming.join().expect("no panic");
        let refused = refused.expect_err("nobody knows that name");
        assert!(refused.message().contains("10.98.0.8, 10.98.0.9) answered"), "{refused}");
        assert!(answered > told, "the name was still being looked up");
        assert!(answered - asked < Duration::from_secs(8), "it is given up: {:?}", answered - asked);
    });
    lab::end(&mut elsewhere);
}
