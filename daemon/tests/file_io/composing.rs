//! Several faults on one volume: each is felt, and each ends alone, in whatever order and whatever happens to the daemon.

use std::time::Duration;

use chaosgated::contract::{FileAttributes, FileIoFault, FileMethod as M};

use crate::daemon::signal;
use crate::faults::{attributes, error, latency};
use crate::feeling::median_ms;
use crate::stage::{Stage, stage};

/// A late read and a refused truncation of `a`, by two runs, felt by a file that was open before both.
fn two(name: &str) -> Option<Stage> {
    let mut stage = stage(name)?;
    let (at, path) = (stage.path(""), stage.path("a"));
    let at = at.trim_end_matches('/');
    stage.victim.does(&format!("open f {path} rw")).text();
    stage.inject("f1", latency(at, 30, &[M::Read])).expect("a permitted fault");
    let mut second = stage.request("f2", FileIoFault { path, ..error(at, libc::ENOSPC, &[M::Write]) });
    second.run_id = "t1-1".to_owned();
    stage.runner.inject(second).expect("a second fault on the same volume, by another run");
    assert_eq!(stage.mounts().len(), 1, "one file system does both");
    Some(stage)
}

/// Whether reads are late, and whether writes fail, as the victim finds through its open file and by the file's name.
fn felt(stage: &mut Stage) -> [bool; 2] {
    let path = stage.path("a");
    let read = stage.victim.does("pread f 0 5");
    let by_name = median_ms(&stage.victim.does(&format!("times {path} 3")).text());
    assert_eq!(read.ms() >= 30.0, by_name >= 30.0, "an open file and a new one feel the same");
    let written = stage.victim.does("pwrite f 0 alpha").outcome;
    assert!(matches!(written, Ok(_) | Err(libc::ENOSPC)), "{written:?}");
    [read.ms() >= 30.0, written.is_err()]
}

#[test]
fn two_runs_on_one_volume_are_both_felt_and_end_independently_in_either_order() {
    for (name, first, second, between) in [
        ("older-first", ("t1-0", "f1"), ("t1-1", "f2"), [false, true]),
        ("newer-first", ("t1-1", "f2"), ("t1-0", "f1"), [true, false]),
    ] {
        let Some(mut stage) = two(name) else { return };
        assert_eq!(felt(&mut stage), [true, true], "{name}");
        let path = stage.path("a");
        assert!(
            median_ms(&stage.neighbour.does(&format!("times {path} 3")).text()) < 5.0,
            "{name}: the neighbour feels nothing"
        );
        let mut revert = |(run, fault): (&str, &str)| {
            let reverted = stage.runner.revert(run, fault, 1).expect("reverts");
            assert_eq!(reverted.failures, [], "{name}");
        };
        revert(first);
        revert(first);
        assert_eq!(felt(&mut stage), between, "{name}: the other one goes on");
        let mut revert = |(run, fault): (&str, &str)| stage.runner.revert(run, fault, 1).expect("reverts");
        assert_eq!(revert(second).failures, [], "{name}");
        assert_eq!(felt(&mut stage), [false, false], "{name}");
        stage.assert_nothing_left();
    }
}

/// The quickest of nine: whatever else the machine does only adds.
fn quickest_ms(stage: &mut Stage, path: &str) -> f64 {
    let said = stage.victim.does(&format!("times {path} 9")).text();
    said.split(' ').map(|time| time.parse().expect("a number")).fold(f64::INFINITY, f64::min)
}

#[test]
fn delays_add_up_and_what_one_fault_alone_held_is_let_go_with_it() {
    let Some(mut stage) = stage("sum") else { return };
    let (at, path) = (stage.volume.display().to_string(), stage.path("a"));
    stage.inject("f1", latency(&at, 20, &[M::Read])).expect("a permitted fault");
    stage.inject("f2", latency(&at, 30, &[M::Read])).expect("a permitted fault");
    let wrong = FileAttributes { size: Some(7777), ..Default::default() };
    stage.inject("f3", FileIoFault { path: path.clone(), ..attributes(&at, wrong) }).expect("a permitted fault");
    let measured = quickest_ms(&mut stage, &path);
    assert!((50.0..=50.0 * 1.05 + 1.0).contains(&measured), "{measured} ms");
    assert!(stage.victim.does(&format!("stat {path}")).text().starts_with("7777 "));
    stage.inject("f4", latency(&at, 20_000, &[M::Read])).expect("a permitted fault");
    stage.victim.begins(&format!("cat {path}"));
    std::thread::sleep(Duration::from_millis(200));
    stage.revert("f4");
    let read = stage.victim.ends();
    assert!(read.took < Duration::from_secs(5), "a call that only the lifted fault held goes on: {read:?}");
    stage.revert("f1");
    let measured = quickest_ms(&mut stage, &path);
    assert!((30.0..=30.0 * 1.05 + 1.0).contains(&measured), "{measured} ms");
    stage.revert("");
    assert!(quickest_ms(&mut stage, &path) < 5.0);
    stage.assert_nothing_left();
}

#[test]
fn a_fault_inside_or_around_one_that_is_there_is_refused() {
    let Some(mut stage) = stage("nested") else { return };
    let at = stage.volume.display().to_string();
    stage.inject("f1", latency(&at, 30, &[M::Read])).expect("a permitted fault");
    let refused = stage.inject("f2", error(&format!("{at}/sub"), libc::EIO, &[])).expect_err("inside");
    assert!(refused.message().contains(&format!("name {at} itself")), "{refused}");
    let around = stage.site.dir.display().to_string();
    let refused = stage.inject("f2", error(&around, libc::EIO, &[])).expect_err("around");
    assert!(refused.message().contains("mounted in it"), "{refused}");
    stage.revert("f1");
    stage.assert_nothing_left();
}

#[test]
fn after_kill_9_a_restarted_daemon_takes_both_away_whichever_ended_before() {
    for (name, ended) in [("both", None), ("the-older", Some(("t1-0", "f1"))), ("the-newer", Some(("t1-1", "f2")))] {
        let Some(mut stage) = two(&format!("kill-{name}")) else { return };
        if let Some((run, fault)) = ended {
            assert_eq!(stage.runner.revert(run, fault, 1).expect("reverts").failures, []);
        }
        stage.daemon.kill();
        stage.victim.begins("pread f 0 5");
        let _again = stage.site.serve_local(&[]);
        assert_eq!(stage.victim.ends().outcome, Ok("alpha".to_owned()), "{name}: the call waited and did not fail");
        assert_eq!(felt(&mut stage), [false, false], "{name}");
        stage.assert_nothing_left();
    }
}

/// The victim holds nothing of the volume, so that no thread of its is borrowed in that moment.
#[test]
fn a_daemon_that_dies_while_a_second_fault_joins_the_first_leaves_neither() {
    for delay_us in [500, 1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 30_000] {
        let Some(mut stage) = stage(&format!("dies-{delay_us}")) else { return };
        let (at, path) = (stage.volume.display().to_string(), stage.path("a"));
        stage.inject("f1", latency(&at, 30, &[M::Read])).expect("a permitted fault");
        let second = stage.request("f2", error(&at, libc::ENOSPC, &[M::Write]));
        let daemon = stage.daemon.child.id();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(delay_us));
            signal("KILL", daemon);
        });
        // Whether it was in time to answer does not matter.
        let _ = stage.runner.inject(second);
        killer.join().expect("kill runs");
        stage.daemon.child.wait().expect("our own child");
        let _again = stage.site.serve_local(&[]);
        assert_eq!(stage.mounts().len(), 0, "killed {delay_us} us after the request");
        assert!(median_ms(&stage.victim.does(&format!("times {path} 3")).text()) < 30.0);
        stage.victim.does(&format!("put {path} gamma")).text();
        stage.assert_nothing_left();
    }
}
