//! Whatever the victim did during the fault, undoing it ends, and brings back all that can be brought back.

use std::fs;
use std::time::{Duration, Instant};

use chaosgated::contract::FileMethod as M;

use crate::faults::{error, latency};
use crate::stage::{Stage, stage};

fn volume(stage: &Stage) -> String {
    stage.volume.display().to_string()
}

#[test]
fn a_pipe_that_was_made_during_the_fault_does_not_hold_up_its_end() {
    let Some(mut stage) = stage("pipe") else { return };
    let at = volume(&stage);
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    stage.victim.does(&format!("fifo {at}/pipe")).text();
    stage.victim.does(&format!("open both {at}/pipe rw")).text();
    stage.victim.does(&format!("open reader {at}/pipe r")).text();
    stage.victim.does("close both").text();
    stage.victim.does(&format!("open f {at}/a rw")).text();
    let asked = Instant::now();
    stage.revert("f1");
    assert!(asked.elapsed() < Duration::from_secs(5), "undone after {:?}", asked.elapsed());
    assert_eq!(stage.victim.does("pread f 0 9").text(), "alpha");
    stage.neighbour.does(&format!("open both {at}/pipe rw")).text();
    stage.neighbour.does("write both hello").text();
    assert_eq!(stage.victim.does("read reader 9").text(), "hello", "it is the pipe of that name");
    stage.assert_nothing_left();
}

#[test]
fn a_mapping_of_a_deleted_file_and_a_removed_working_directory_come_back() {
    let Some(mut stage) = stage("nameless") else { return };
    let at = volume(&stage);
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    stage.victim.does(&format!("open g {at}/gone new")).text();
    stage.victim.does(&format!("pwrite g 0 {}", "x".repeat(4096))).text();
    stage.victim.does("map shared g 4096 shared").text();
    stage.victim.does("close g").text();
    stage.victim.does(&format!("unlink {at}/gone")).text();
    stage.victim.does(&format!("mkdir {at}/below")).text();
    let removed = fs::metadata(stage.path("below")).map(|found| std::os::unix::fs::MetadataExt::ino(&found)).expect("there");
    stage.victim.does(&format!("chdir {at}/below")).text();
    stage.victim.does(&format!("rmdir {at}/below")).text();
    stage.revert("f1");
    assert_eq!(stage.victim.does("here").text(), removed.to_string(), "the directory itself, on its own file system");
    stage.victim.does("poke shared 7 50").text();
    assert_eq!(stage.victim.does("peek shared 7").text(), "50");
    assert_eq!(stage.victim.does("peek shared 8").text(), b'x'.to_string());
    assert_eq!(devices_of(stage.victim.pid(), "/gone (deleted)"), [home_of(&stage)], "the mapping is of the file itself");
    stage.assert_nothing_left();
}

/// Major and minor number of what a process has mapped under names that end so.
fn devices_of(pid: u32, end: &str) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("alive");
    let device = |line: &str| line.split_ascii_whitespace().nth(3).map(str::to_owned);
    maps.lines().filter(|line| line.ends_with(end)).filter_map(device).collect()
}

/// The same of the volume itself, as the victim's mapping of a file that never moved would show it.
fn home_of(stage: &Stage) -> String {
    let device = fs::metadata(&stage.volume).map(|found| std::os::unix::fs::MetadataExt::dev(&found)).expect("there");
    format!("{:02x}:{:02x}", libc::major(device), libc::minor(device))
}

#[test]
fn what_nobody_can_open_any_more_is_told_and_the_rest_comes_back() {
    let Some(mut stage) = stage("lost") else { return };
    let at = volume(&stage);
    stage.victim.does(&format!("open f {at}/a rw")).text();
    stage.inject("f1", error(&at, libc::EIO, &[M::Read])).expect("a permitted fault");
    stage.victim.does(&format!("mkdir {at}/below")).text();
    stage.victim.does(&format!("chdir {at}/below")).text();
    stage.neighbour.does(&format!("rmdir {at}/below")).text();
    let told = stage.runner.revert("t1-0", "f1", 1).expect("answers").failures;
    assert!(told.len() == 1 && format!("{told:?}").contains("for good"), "told loudly: {told:?}");
    assert_eq!(stage.mounts(), Vec::<String>::new(), "no mount of ours is left");
    assert_eq!(stage.strays(), Vec::<String>::new(), "no open file is on a file system of ours");
    assert_eq!(stage.victim.does("pread f 0 9").text(), "alpha");
    await_no_record(&stage);
    stage.victim.does(&format!("chdir {at}")).text();
    stage.inject("f1", error(&at, libc::EIO, &[M::Read])).expect("the volume is as before");
    assert_eq!(stage.victim.does("pread f 0 9").outcome, Err(libc::EIO));
    stage.revert("f1");
    stage.assert_nothing_left();
}

#[test]
fn a_file_that_was_renamed_behind_the_mount_comes_back_and_not_what_took_its_name() {
    let Some(mut stage) = stage("renamed") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    for file in ["f", "g"] {
        stage.victim.does(&format!("open {file} {at}/{} rw", if file == "f" { "a" } else { "sub/b" })).text();
    }
    // Another container of the pod, which does not see the mount.
    fs::rename(&path, stage.path("old")).and_then(|()| fs::write(&path, "other")).expect("writable");
    fs::rename(stage.path("sub/b"), stage.path("sub/c")).expect("writable");
    std::os::unix::fs::symlink("c", stage.path("sub/b")).expect("writable");
    stage.revert("f1");
    assert_eq!(stage.victim.does("pread f 0 9").text(), "alpha", "it is the file that it has opened");
    assert_eq!(stage.victim.does("pread g 0 9").text(), "beta", "it is the file that it has opened");
    stage.victim.does("pwrite f 0 ALPHA").text();
    assert_eq!(fs::read_to_string(&path).expect("readable"), "other", "nobody writes into a file of that name");
    stage.assert_nothing_left();
}

#[test]
fn a_root_directory_that_cannot_be_moved_is_served_until_its_process_ends_and_what_is_left_is_seen() {
    let Some(mut stage) = stage("rooted") else { return };
    let at = volume(&stage);
    stage.inject("f1", error(&at, libc::EIO, &[M::Read])).expect("a permitted fault");
    let rooted = stage.victim.does(&format!("rooted {at}")).text();
    stage.victim.does(&format!("mkdir {at}/below")).text();
    stage.victim.does(&format!("open d {at}/below path")).text();
    stage.neighbour.does(&format!("rmdir {at}/below")).text();
    let told = stage.runner.revert("t1-0", "f1", 1).expect("answers").failures;
    assert!(told.len() == 1 && format!("{told:?}").contains("for good"), "told loudly: {told:?}");
    await_no_record(&stage);
    assert_eq!(stage.strays().len(), 1, "whoever looks for what is left sees it: {:?}", stage.strays());
    stage.victim.does("close d").text();
    let read = fs::read_to_string(format!("/proc/{rooted}/root/a"));
    assert_eq!(read.expect("what it keeps works, and without the fault"), "alpha");
    assert_eq!(lingering(&stage), 1);
    stage.victim.does(&format!("kill {rooted}")).text();
    let asked = Instant::now();
    while lingering(&stage) > 0 {
        assert!(asked.elapsed() < Duration::from_secs(10), "the daemon serves nobody");
        std::thread::sleep(Duration::from_millis(50));
    }
    stage.assert_nothing_left();
}

/// Threads of the daemon that wait for the end of what could not be moved.
fn lingering(stage: &Stage) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", stage.daemon.child.id())).expect("alive").map_while(Result::ok);
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() == "file-io-left").count()
}

/// It is retried once, and is over then.
fn await_no_record(stage: &Stage) {
    let asked = Instant::now();
    while stage.site.records() > 0 {
        assert!(asked.elapsed() < Duration::from_secs(20), "the fault stays on record");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn closing_that_is_answered_with_an_error_closes_all_the_same() {
    let Some(mut stage) = stage("closing") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.inject("f1", error(&at, libc::EIO, &[M::Release, M::Releasedir])).expect("a permitted fault");
    stage.victim.does(&format!("churn {path} 50")).text();
    stage.victim.does(&format!("churn {at}/sub 50")).text();
    // The kernel tells of the last closing without waiting for an answer.
    let asked = Instant::now();
    while open_below(&stage) > 0 {
        assert!(asked.elapsed() < Duration::from_secs(5), "the daemon holds {} files", open_below(&stage));
        std::thread::sleep(Duration::from_millis(5));
    }
    stage.revert("f1");
    stage.assert_nothing_left();
}

/// Files of the volume that the daemon has open, besides the volume itself.
fn open_below(stage: &Stage) -> usize {
    let fds = fs::read_dir(format!("/proc/{}/fd", stage.daemon.child.id())).expect("alive").map_while(Result::ok);
    let links = fds.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter(|link| link.starts_with(&stage.volume) && *link != stage.volume).count()
}
