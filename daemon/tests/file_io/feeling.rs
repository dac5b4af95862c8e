//! The victim feels what was asked for, and nobody else does.

use chaosgated::contract::{FileAttributes, FileIoFault, FileMethod as M};

use crate::faults::{attributes, error, latency, only, zeros};
use crate::hand::Hand;
use crate::stage::{Stage, stage};

fn volume(stage: &Stage) -> String {
    stage.volume.display().to_string()
}

pub fn median_ms(times: &str) -> f64 {
    let mut times: Vec<f64> = times.split(' ').map(|time| time.parse().expect("a number")).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
fn a_late_read_is_as_late_as_was_asked_and_only_for_the_victim() {
    let Some(mut stage) = stage("latency") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    assert!(median_ms(&stage.victim.does(&format!("times {path} 9")).text()) < 1.0, "fast before");
    for asked in [20, 100] {
        stage.inject("f1", latency(&at, asked, &[M::Read])).expect("a permitted fault");
        let measured = median_ms(&stage.victim.does(&format!("times {path} 15")).text());
        let (least, most) = (asked as f64, asked as f64 * 1.05 + 1.0);
        println!("asked {asked} ms, measured {measured:.3} ms");
        assert!((least..=most).contains(&measured), "asked {asked} ms, measured {measured} ms");
        assert!(median_ms(&stage.neighbour.does(&format!("times {path} 9")).text()) < 1.0, "the neighbour is not slow");
        stage.revert("f1");
    }
    assert!(median_ms(&stage.victim.does(&format!("times {path} 9")).text()) < 1.0, "fast afterwards");
    stage.assert_nothing_left();
}

/// Whoever looks for the victim's mounts from inside of it finds no process there by the pids that the node knows.
#[test]
fn a_victim_under_a_proc_of_its_own_is_made_late_and_let_go() {
    let Some(mut stage) = stage("container") else { return };
    stage.victim = Hand::in_a_container();
    let (at, path, pid) = (volume(&stage), stage.path("a"), stage.victim.pid());
    assert!(stage.victim.does(&format!("ls /proc/{pid}")).outcome.is_err(), "the node's pid says nothing there");
    stage.victim.does(&format!("open f {path} rw")).text();
    stage.inject("f1", latency(&at, 20, &[M::Read])).expect("a permitted fault");
    let measured = median_ms(&stage.victim.does(&format!("times {path} 9")).text());
    assert!((20.0..=22.0).contains(&measured), "{measured} ms");
    assert!(median_ms(&stage.neighbour.does(&format!("times {path} 9")).text()) < 1.0, "the neighbour is not slow");
    assert_eq!(stage.mounts().len(), 1);
    stage.revert("f1");
    assert!(median_ms(&stage.victim.does(&format!("times {path} 9")).text()) < 1.0, "fast afterwards");
    assert_eq!(stage.victim.does("pread f 0 5").text(), "alpha");
    stage.assert_nothing_left();
}

#[test]
fn a_share_of_the_calls_fails_with_the_errno_that_was_asked_for() {
    let Some(mut stage) = stage("errno") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    // The directories on the way are looked at too; only the file counts.
    let fault = FileIoFault { percent: 30.0, path: path.clone(), ..error(&at, libc::EDQUOT, &[M::Getattr]) };
    stage.inject("f1", fault).expect("a permitted fault");
    let said = stage.victim.does(&format!("errors {path} 2000")).text();
    let words: Vec<&str> = said.split(' ').collect();
    let failed: f64 = words[0].parse().expect("a number");
    println!("{failed} of 2000 failed at 30 %");
    // Three standard deviations of 2,000 throws at 30 % are 61.5.
    assert!((failed - 600.0).abs() <= 61.5, "{failed} of 2000");
    assert_eq!(words[1..], ["122", "true"], "every failure is EDQUOT");
    assert_eq!(stage.neighbour.does(&format!("errors {path} 200")).text(), "0 0 true");
    stage.revert("f1");
    assert_eq!(stage.victim.does(&format!("errors {path} 200")).text(), "0 0 true");
    stage.assert_nothing_left();
}

#[test]
fn only_the_named_methods_and_paths_are_met() {
    let Some(mut stage) = stage("selection") else { return };
    let at = volume(&stage);
    let fault = FileIoFault { path: format!("{at}/sub/**/*"), ..error(&at, libc::EIO, &[M::Open, M::Unlink]) };
    stage.inject("f1", fault).expect("a permitted fault");
    let (near, far) = (stage.path("a"), stage.path("sub/b"));
    let mut outcome = |order: &str| stage.victim.does(order).outcome;
    assert_eq!(outcome(&format!("cat {near}")), Ok("alpha".to_owned()));
    assert_eq!(outcome(&format!("cat {far}")), Err(libc::EIO));
    assert_eq!(outcome(&format!("unlink {far}")), Err(libc::EIO));
    assert!(outcome(&format!("stat {far}")).is_ok(), "a look is not an open");
    assert_eq!(outcome(&format!("unlink {near}")), Ok(String::new()));
    stage.revert("f1");
    assert_eq!(stage.victim.does(&format!("cat {far}")).text(), "beta");
    stage.assert_nothing_left();
}

#[test]
fn attributes_lie_while_the_file_stays_as_it_is() {
    let Some(mut stage) = stage("attributes") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    let truth = stage.neighbour.does(&format!("stat {path}")).text();
    let wrong = FileAttributes { size: Some(7777), perm: Some(0o600), uid: Some(4242), ..Default::default() };
    let fault = FileIoFault { path: path.clone(), ..attributes(&at, wrong) };
    stage.inject("f1", fault).expect("a permitted fault");
    let told = stage.victim.does(&format!("stat {path}")).text();
    assert!(told.starts_with("7777 100600 4242 "), "{told}");
    assert_eq!(stage.neighbour.does(&format!("stat {path}")).text(), truth);
    stage.revert("f1");
    assert_eq!(stage.victim.does(&format!("stat {path}")).text(), truth);
    stage.assert_nothing_left();
}

#[test]
fn a_mistake_on_reads_is_read_and_not_in_the_file() {
    let Some(mut stage) = stage("mistake-read") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.inject("f1", zeros(&at, M::Read)).expect("a permitted fault");
    let read = stage.victim.does(&format!("cat {path}")).text();
    assert!(read != "alpha" && read.len() == 5 && read.contains('\0'), "{read:?}");
    assert_eq!(stage.neighbour.does(&format!("cat {path}")).text(), "alpha");
    stage.revert("f1");
    assert_eq!(stage.victim.does(&format!("cat {path}")).text(), "alpha");
    stage.assert_nothing_left();
}

#[test]
fn a_mistake_on_writes_needs_the_tickets_consent_and_stays_in_the_file() {
    let Some(mut stage) = stage("mistake-write") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    let mut silent = zeros(&at, M::Write);
    silent.mistake.as_mut().expect("a mistake").alters_data = false;
    let refused = stage.inject("f0", silent).expect_err("the request does not even say it");
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    let mut asked = stage.request("f1", zeros(&at, M::Write));
    let altered = stage.runner.inject(asked.clone()).expect_err("the request says yes, and its ticket does not");
    assert_eq!(altered.code(), tonic::Code::PermissionDenied, "{altered}");
    assert!(altered.message().contains("caps.alteredData: true"), "{altered}");
    stage.assert_nothing_left();
    let mut claims = stage.site.claims();
    claims["limits"]["altered_data"] = true.into();
    asked.ticket = stage.site.sign(&claims);
    stage.runner.inject(asked).expect("a permitted fault");
    stage.victim.does(&format!("put {path} gamma")).text();
    stage.revert("f1");
    let left = stage.neighbour.does(&format!("cat {path}")).text();
    assert!(left != "gamma" && left.len() == 5 && left.contains('\0'), "{left:?}");
    stage.assert_nothing_left();
}

#[test]
fn two_faults_on_two_volumes_of_one_victim_end_independently() {
    let Some(mut stage) = stage("two") else { return };
    let other = stage.site.dir.join("other");
    std::fs::create_dir(&other).expect("writable");
    std::fs::write(other.join("c"), "gamma").expect("writable");
    let (at, elsewhere) = (volume(&stage), other.display().to_string());
    stage.inject("f1", error(&at, libc::EIO, &[M::Open])).expect("a permitted fault");
    stage.inject("f2", error(&elsewhere, libc::ENOSPC, &[M::Open])).expect("a permitted fault");
    let (a, c) = (stage.path("a"), format!("{elsewhere}/c"));
    assert_eq!(stage.victim.does(&format!("cat {a}")).outcome, Err(libc::EIO));
    assert_eq!(stage.victim.does(&format!("cat {c}")).outcome, Err(libc::ENOSPC));
    stage.revert("f1");
    assert_eq!(stage.victim.does(&format!("cat {a}")).text(), "alpha");
    assert_eq!(stage.victim.does(&format!("cat {c}")).outcome, Err(libc::ENOSPC));
    stage.revert("f2");
    stage.revert("f2");
    assert_eq!(stage.victim.does(&format!("cat {c}")).text(), "gamma");
    stage.assert_nothing_left();
}

#[test]
fn a_volume_that_is_covered_works_as_before() {
    let Some(mut stage) = stage("works") else { return };
    let at = volume(&stage);
    // A fault that meets nothing: everything goes through and nothing may differ.
    let nothing = FileIoFault { path: "/nowhere".to_owned(), ..only(error(&at, libc::EIO, &[]), &[]) };
    stage.inject("f1", nothing).expect("a permitted fault");
    let mut says = |order: String| stage.victim.does(&order).outcome;
    assert_eq!(says(format!("mkdir {at}/new")), Ok(String::new()));
    assert_eq!(says(format!("put {at}/new/x hello")), Ok(String::new()));
    assert_eq!(says(format!("link {at}/new/x {at}/y")), Ok(String::new()));
    assert_eq!(says(format!("rename {at}/new {at}/newer")), Ok(String::new()));
    assert_eq!(says(format!("symlink newer/x {at}/z")), Ok(String::new()));
    assert_eq!(says(format!("cat {at}/z")), Ok("hello".to_owned()));
    assert_eq!(says(format!("ls {at}")), Ok("a newer sub y z".to_owned()));
    assert_eq!(says(format!("unlink {at}/newer/x")), Ok(String::new()));
    assert_eq!(says(format!("cat {at}/y")), Ok("hello".to_owned()));
    assert_eq!(says(format!("mkdir {at}/newer")), Err(libc::EEXIST));
    assert_eq!(says(format!("cat {at}/none")), Err(libc::ENOENT));
    stage.revert("f1");
    assert_eq!(stage.neighbour.does(&format!("ls {at}")).text(), "a newer sub y z");
    stage.assert_nothing_left();
}

#[test]
fn whoever_writes_in_the_volume_cannot_lead_the_daemon_out_of_it() {
    let Some(mut stage) = stage("links") else { return };
    let at = volume(&stage);
    let outside = stage.site.dir.join("outside");
    std::fs::create_dir(&outside).expect("writable");
    std::fs::write(outside.join("b"), "not for the victim").expect("writable");
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    stage.victim.does(&format!("chdir {at}/sub")).text();
    assert_eq!(stage.victim.does("cat b").text(), "beta");
    // The daemon knows the directory by its name, and the name becomes a link behind its back.
    stage.neighbour.does(&format!("rename {at}/sub {at}/moved")).text();
    stage.neighbour.does(&format!("symlink {} {at}/sub", outside.display())).text();
    let read = stage.victim.does("cat b");
    assert!(read.outcome.is_err(), "the daemon followed a link out of the volume: {read:?}");
    stage.neighbour.does(&format!("unlink {at}/sub")).text();
    stage.neighbour.does(&format!("rename {at}/moved {at}/sub")).text();
    assert_eq!(stage.victim.does("cat b").text(), "beta");
    stage.revert("f1");
    stage.assert_nothing_left();
}
