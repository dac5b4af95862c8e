//! Whatever happens to the daemon, the victim's calls do not fail, and the fault ends.

use std::time::{Duration, Instant};

use chaosgated::contract::FileMethod as M;
use chaosgated::contract::watch_response::Kind;

use crate::client::Runner;
use crate::faults::{error, latency, request};
use crate::lab;
use crate::stage::{Stage, keeper, stage, stage_with};

/// A late volume, felt.
fn a_felt_fault(name: &str, patience: &str, more: &[&str]) -> Option<Stage> {
    let mut stage = stage_with(name, patience, more)?;
    let at = stage.volume.display().to_string();
    stage.victim.does(&format!("open f {at}/a rw")).text();
    stage.inject("f1", latency(&at, 30, &[M::Read])).expect("a permitted fault");
    assert!(stage.victim.does("pread f 0 5").ms() >= 30.0, "the fault is felt");
    Some(stage)
}

fn assert_healed(stage: &mut Stage) {
    let read = stage.victim.does("pread f 0 5");
    assert!(read.ms() < 20.0, "the fault is not felt any more: {read:?}");
    assert_eq!(read.text(), "alpha");
    stage.assert_nothing_left();
}

#[test]
fn sigterm_reverts_and_ends_well() {
    let Some(mut stage) = a_felt_fault("sigterm", "45s", &[]) else { return };
    assert!(stage.daemon.terminate().success());
    assert_healed(&mut stage);
}

#[test]
fn after_kill_9_calls_wait_and_none_fails_until_a_restarted_daemon_has_reverted() {
    let Some(mut stage) = a_felt_fault("restart", "45s", &[]) else { return };
    let at = stage.volume.display().to_string();
    stage.victim.does(&format!("open g {at}/temporary new")).text();
    stage.victim.does(&format!("unlink {at}/temporary")).text();
    stage.victim.begins(&format!("load {at} 2500 3"));
    std::thread::sleep(Duration::from_millis(300));
    stage.daemon.kill();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(stage.mounts().len(), 1, "nobody has reverted yet");
    let restarted = Instant::now();
    let _again = stage.site.serve_local(&[]);
    let served = restarted.elapsed();
    let said = stage.victim.ends().text();
    let words: Vec<u64> = said.split(' ').map(|word| word.parse().expect("a number")).collect();
    println!("serving again after {served:?}; {} rounds, {} failed, longest {} ms", words[0], words[1], words[2]);
    assert!(served < Duration::from_secs(5), "serving again after {served:?}");
    assert_eq!(words[1], 0, "no call failed: {said}");
    assert!(words[2] >= 400, "the load was held up while nobody served: {said}");
    stage.victim.does("pwrite g 0 kept").text();
    assert_eq!(stage.victim.does("pread g 0 9").text(), "kept", "a file without a name outlived the daemon");
    assert_healed(&mut stage);
}

#[test]
fn a_keeper_that_was_replaced_holds_on_as_the_first_one_did() {
    let Some(mut stage) = a_felt_fault("replaced", "45s", &[]) else { return };
    lab::end(&mut stage.keeper);
    stage.keeper = keeper(&stage.site, "45s");
    std::thread::sleep(Duration::from_millis(2500));
    stage.daemon.kill();
    stage.victim.begins("pread f 0 5");
    std::thread::sleep(Duration::from_millis(300));
    let _again = stage.site.serve_local(&[]);
    assert_eq!(stage.victim.ends().outcome, Ok("alpha".to_owned()), "the call waited and did not fail");
    assert_healed(&mut stage);
}

#[test]
fn without_a_restart_the_keeper_reverts() {
    the_keeper_reverts(3);
}

#[test]
#[ignore = "takes a minute: the same with the patience of production"]
fn without_a_restart_the_keeper_reverts_within_46_seconds() {
    the_keeper_reverts(45);
}

fn the_keeper_reverts(patience: u64) {
    let Some(mut stage) = a_felt_fault(&format!("keeper-{patience}"), &format!("{patience}s"), &[]) else { return };
    stage.daemon.kill();
    let read = stage.victim.does("pread f 0 5");
    assert_eq!(read.outcome, Ok("alpha".to_owned()), "the call waited and did not fail");
    println!("a call that was made right after the death took {:.0} ms", read.ms());
    assert!(read.took < Duration::from_secs(patience + 3), "{read:?}");
    let started = Instant::now();
    while stage.site.records() > 0 && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_healed(&mut stage);
}

#[test]
fn without_a_keeper_no_fault_is_put_on() {
    let Some(mut stage) = stage("no-keeper") else { return };
    lab::end(&mut stage.keeper);
    let at = stage.volume.display().to_string();
    let refused = stage.inject("f1", latency(&at, 30, &[])).expect_err("nobody would hold the descriptor");
    assert!(refused.message().contains("start `chaosgated keep`"), "{refused}");
    stage.assert_nothing_left();
}

#[test]
fn a_lease_that_expires_and_a_deadline_that_is_reached_end_it() {
    let more = ["--lease-expires-after", "3s", "--lease-renew-every", "1s"];
    let Some(mut stage) = a_felt_fault("lease", "45s", &more) else { return };
    std::thread::sleep(Duration::from_millis(3800));
    assert_healed(&mut stage);
    let at = stage.volume.display().to_string();
    let mut brief = request(&stage.site, "f2", stage.victim.pid(), latency(&at, 30, &[M::Read]));
    (brief.run_id, brief.deadline_us) = ("t1-1".to_owned(), 1_500_000);
    let mut runner = Runner::of(&stage.site, &stage.daemon);
    runner.inject(brief).expect("a permitted fault");
    assert!(stage.victim.does("pread f 0 5").ms() >= 30.0, "the fault is felt");
    std::thread::sleep(Duration::from_millis(2000));
    assert_healed(&mut stage);
}

#[test]
fn a_victim_that_is_killed_ends_its_fault_even_in_the_middle_of_a_call() {
    let Some(mut stage) = a_felt_fault("death", "45s", &[]) else { return };
    stage.revert("f1");
    let at = stage.volume.display().to_string();
    stage.inject("f2", latency(&at, 20_000, &[M::Read])).expect("a permitted fault");
    let mut events = stage.runner.watch();
    stage.victim.begins("pread f 0 5");
    std::thread::sleep(Duration::from_millis(200));
    let killed = Instant::now();
    lab::end(&mut stage.victim.child);
    assert!(killed.elapsed() < Duration::from_secs(2), "a killed process does not wait for its call: {:?}", killed.elapsed());
    let event = stage.runner.next(&mut events).expect("an event");
    assert_eq!(event.kind(), Kind::VictimGone);
    assert_eq!(stage.site.records(), 0);
}

#[test]
fn panic_reverts_under_a_living_daemon() {
    let Some(mut stage) = a_felt_fault("panic", "45s", &[]) else { return };
    let status = stage.site.command(&["panic"]).status().expect("it starts");
    assert!(status.success());
    assert_healed(&mut stage);
}

#[test]
fn a_fault_that_fails_everything_can_still_be_taken_back() {
    let Some(mut stage) = stage("everything") else { return };
    let at = stage.volume.display().to_string();
    stage.victim.does(&format!("open f {at}/a rw")).text();
    stage.inject("f1", error(&at, libc::EIO, &[])).expect("a permitted fault");
    assert_eq!(stage.victim.does("pread f 0 5").outcome, Err(libc::EIO));
    assert_eq!(stage.victim.does(&format!("ls {at}")).outcome, Err(libc::EIO));
    let residue = stage.runner.residue(stage.victim.pid()).expect("looks");
    assert!(residue.iter().any(|one| one.what.contains("chaosgate:t1-0.f1")), "{residue:?}");
    stage.revert("f1");
    assert_eq!(stage.runner.residue(stage.victim.pid()).expect("looks"), []);
    assert_healed(&mut stage);
}

#[test]
fn a_fault_whose_record_is_torn_is_swept_from_the_mounts() {
    let Some(mut stage) = a_felt_fault("torn", "45s", &[]) else { return };
    stage.daemon.kill();
    tear(&stage, "f1");
    stage.victim.begins("pread f 0 5");
    let _again = stage.site.serve_local(&[]);
    assert_eq!(stage.victim.ends().outcome, Ok("alpha".to_owned()), "the call waited and did not fail");
    assert_healed(&mut stage);
}

#[test]
fn a_mount_of_which_nothing_is_written_down_is_swept_all_the_same() {
    let Some(mut stage) = a_felt_fault("unwritten", "45s", &[]) else { return };
    stage.daemon.kill();
    tear(&stage, "f1");
    std::fs::remove_file(stage.site.state().join("custody/t1-0.f1.mount")).expect("written down");
    stage.victim.begins("pread f 0 5");
    let _again = stage.site.serve_local(&[]);
    assert_eq!(stage.victim.ends().outcome, Ok("alpha".to_owned()), "the call waited and did not fail");
    assert_healed(&mut stage);
}

#[test]
fn a_sweep_goes_on_behind_a_mount_that_it_cannot_take_away_and_tells_each_as_it_is() {
    let Some(mut stage) = a_felt_fault("sweep-on", "45s", &[]) else { return };
    let other = stage.site.dir.join("other");
    std::fs::create_dir(&other).expect("writable");
    stage.inject("f2", latency(&other.display().to_string(), 30, &[M::Read])).expect("a permitted fault");
    assert_eq!(stage.mounts().len(), 2);
    stage.daemon.kill();
    ["f1", "f2"].iter().for_each(|fault| tear(&stage, fault));
    // What is written down of the first can be read no more.
    let names = stage.site.state().join("custody/t1-0.f1.names");
    std::fs::remove_file(&names).and_then(|()| std::fs::create_dir(&names)).expect("writable");
    let mut again = stage.site.serve_local(&[]);
    let left = stage.mounts();
    assert!(left.iter().all(|mount| !mount.contains("chaosgate:t1-0.f2")), "the second is swept behind the first: {left:?}");
    let log = std::fs::read_to_string(stage.site.dir.join("daemon.log")).expect("a log");
    assert!(log.contains("swept: chaosgate:t1-0.f2") && !log.contains("swept: chaosgate:t1-0.f1"), "{log}");
    // Undoing the second has unmounted the first as well, which nobody must forget for that.
    let residue = Runner::of(&stage.site, &again).residue(stage.victim.pid()).expect("looks");
    assert!(residue.iter().any(|one| one.what.contains("chaosgate:t1-0.f1")), "{residue:?}");
    again.kill();
    std::fs::remove_dir(&names).expect("our own directory");
    tear(&stage, "f1");
    let _third = stage.site.serve_local(&[]);
    assert_healed(&mut stage);
}

fn tear(stage: &Stage, fault: &str) {
    std::fs::write(stage.site.state().join(format!("records/t1-0.{fault}.json")), "{\"boot_id\":").expect("writable");
}
