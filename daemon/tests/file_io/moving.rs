//! What is open moves over when the fault begins, and back when it ends, and its process hardly notices.

use std::time::Duration;

use chaosgated::contract::FileMethod as M;

use crate::faults::{error, latency};
use crate::stage::{Stage, stage};

fn volume(stage: &Stage) -> String {
    stage.volume.display().to_string()
}

#[test]
fn an_open_file_feels_the_fault_and_goes_on_where_it_was() {
    let Some(mut stage) = stage("open") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.victim.does(&format!("open f {path} rw")).text();
    assert_eq!(stage.victim.does("read f 2").text(), "al");
    stage.inject("f1", latency(&at, 50, &[M::Read])).expect("a permitted fault");
    let read = stage.victim.does("read f 2");
    assert!(read.ms() >= 50.0, "an open file is late too: {read:?}");
    assert_eq!(read.text(), "ph");
    stage.victim.does("pwrite f 0 AL").text();
    stage.revert("f1");
    let read = stage.victim.does("read f 9");
    assert!(read.ms() < 20.0, "{read:?}");
    assert_eq!(read.text(), "a");
    assert_eq!(stage.neighbour.does(&format!("cat {path}")).text(), "ALpha");
    stage.assert_nothing_left();
}

#[test]
fn a_file_opened_during_the_fault_lives_on_after_it_even_without_a_name() {
    let Some(mut stage) = stage("during") else { return };
    let at = volume(&stage);
    stage.inject("f1", latency(&at, 5, &[M::Read])).expect("a permitted fault");
    stage.victim.does(&format!("open g {at}/temporary new")).text();
    stage.victim.does("write g before").text();
    stage.victim.does(&format!("unlink {at}/temporary")).text();
    stage.revert("f1");
    stage.victim.does("pwrite g 6 -after").text();
    assert_eq!(stage.victim.does("pread g 0 99").text(), "before-after");
    stage.assert_nothing_left();
}

#[test]
fn working_directories_and_mappings_move_over_and_back() {
    let Some(mut stage) = stage("maps") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.victim.does(&format!("chdir {at}/sub")).text();
    std::fs::write(&path, vec![b'.'; 8192]).expect("writable");
    stage.victim.does(&format!("open f {path} rw")).text();
    stage.victim.does("map shared f 8192 shared").text();
    stage.victim.does("poke shared 4097 49").text();
    stage.inject("f1", error(&at, libc::EIO, &[M::Open])).expect("a permitted fault");
    assert_eq!(stage.victim.does("cat b").outcome, Err(libc::EIO), "a relative path goes through the fault");
    assert_eq!(stage.victim.does("peek shared 4097").text(), "49");
    stage.victim.does("poke shared 4098 50").text();
    stage.victim.does("map private f 8192 private").text();
    stage.victim.does("poke private 1 51").text();
    stage.revert("f1");
    assert_eq!(stage.victim.does("cat b").text(), "beta");
    assert_eq!(stage.victim.does("peek shared 4098").text(), "50");
    assert_eq!(stage.victim.does("peek private 1").text(), "51", "what the process has written stays its own");
    stage.victim.does("poke shared 1 52").text();
    let bytes = std::fs::read(&path).expect("readable");
    assert_eq!((bytes[1], bytes[4097], bytes[4098]), (52, 49, 50));
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", stage.victim.pid())).expect("alive");
    let device = |line: &str| line.split_ascii_whitespace().nth(3).map(str::to_owned);
    let devices: Vec<_> = maps.lines().filter(|line| line.ends_with("/volume/a")).filter_map(device).collect();
    assert!(devices.len() == 2 && devices[0] == devices[1], "both mappings are of the file itself again: {devices:?}");
    stage.assert_nothing_left();
}

#[test]
fn two_thousand_open_files_move_within_a_second() {
    let Some(mut stage) = stage("many") else { return };
    let at = volume(&stage);
    std::fs::create_dir(stage.volume.join("many")).expect("writable");
    stage.victim.does(&format!("open-many {at}/many 2000")).text();
    stage.victim.does("watch-itself").text();
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    assert_stood_still_for_less_than_a_second(&mut stage, "beginning");
    assert_eq!(stage.victim.does("check-many").text(), "2000 files, 0 wrong");
    stage.victim.does("watch-itself").text();
    stage.revert("f1");
    assert_stood_still_for_less_than_a_second(&mut stage, "ending");
    assert_eq!(stage.victim.does("check-many").text(), "2000 files, 0 wrong");
    print_pauses(&stage);
    stage.assert_nothing_left();
}

/// As the victim itself has seen it; it has not been watched if it never stood still.
fn assert_stood_still_for_less_than_a_second(stage: &mut Stage, when: &str) {
    let ms: u64 = stage.victim.does("longest-gap").text().parse().expect("a number");
    println!("at the {when} the victim stood still for {ms} ms");
    assert!((1..1000).contains(&ms), "at the {when} the victim stood still for {ms} ms");
}

fn print_pauses(stage: &Stage) {
    let log = std::fs::read_to_string(stage.site.dir.join("daemon.log")).expect("a log");
    let told = log.lines().filter_map(|line| Some(line.split_once("Moved ")?.1));
    told.for_each(|moved| println!("moved {}", moved.trim_end_matches(['"', '}'])));
}

#[test]
fn a_process_under_load_pauses_less_than_a_second_and_loses_nothing() {
    let Some(mut stage) = stage("load") else { return };
    let at = volume(&stage);
    stage.victim.does(&format!("open-many {at} 2000")).text();
    stage.victim.begins(&format!("load {at} 3000 7"));
    stage.neighbour.begins(&format!("load {at} 3000 8"));
    std::thread::sleep(Duration::from_millis(500));
    stage.inject("f1", latency(&at, 2, &[M::Write])).expect("a permitted fault");
    std::thread::sleep(Duration::from_millis(800));
    stage.revert("f1");
    for (who, said) in [("victim", stage.victim.ends().text()), ("neighbour", stage.neighbour.ends().text())] {
        let words: Vec<u64> = said.split(' ').map(|word| word.parse().expect("a number")).collect();
        println!("{who}: {} rounds, {} wrong, longest {} ms", words[0], words[1], words[2]);
        assert!(words[0] > 10 && words[1] == 0, "{who}: {said}");
        assert!(words[2] < 1000, "{who} paused for {} ms", words[2]);
    }
    print_pauses(&stage);
    stage.assert_nothing_left();
}

#[test]
fn what_cannot_be_moved_safely_is_refused_and_named() {
    let Some(mut stage) = stage("refused") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.victim.does(&format!("open f {path} rw")).text();
    stage.victim.does("lock f").text();
    let refused = stage.inject("f1", latency(&at, 1, &[])).expect_err("a lock is held");
    assert!(refused.message().contains("holds a lock") && refused.message().contains("\"a\""), "{refused}");
    stage.victim.does("close f").text();
    stage.victim.does(&format!("open g {at}/gone new")).text();
    stage.victim.does(&format!("unlink {at}/gone")).text();
    let refused = stage.inject("f1", latency(&at, 1, &[])).expect_err("a deleted file is open");
    assert!(refused.message().contains("deleted and still open"), "{refused}");
    stage.victim.does("close g").text();
    let refused = stage.inject("f1", latency("/nowhere/at/all", 1, &[])).expect_err("no such directory");
    assert!(refused.message().contains("no such directory"), "{refused}");
    let refused = stage.inject("f1", latency("/", 1, &[])).expect_err("everything");
    assert!(refused.message().contains("file_io.volume_path is \"/\""), "{refused}");
    let refuses = |stage: &mut Stage, before: &str, expected: &str, after: &str| {
        stage.victim.does(before).text();
        let refused = stage.inject("f1", latency(&at, 1, &[])).expect_err(before);
        assert!(refused.message().contains(expected), "{before}: {refused}");
        stage.victim.does(after).text();
    };
    stage.victim.does(&format!("fifo {at}/pipe")).text();
    refuses(&mut stage, &format!("open p {at}/pipe rw"), "it is a pipe", "close p");
    stage.victim.does(&format!("open h {path} rw")).text();
    refuses(&mut stage, "ring r h", "files are registered with its io_uring", "close r");
    let rooted = stage.victim.does(&format!("rooted {at}")).text();
    let refused = stage.inject("f1", latency(&at, 1, &[])).expect_err("a root directory");
    assert!(refused.message().contains("root directory of the process lies in the volume"), "{refused}");
    stage.victim.does(&format!("kill {rooted}")).text();
    stage.victim.does("ring idle nothing").text();
    stage.inject("f1", latency(&at, 1, &[])).expect("nothing is in the way any more");
    stage.revert("f1");
    stage.assert_nothing_left();
}

#[test]
fn a_lock_that_was_taken_during_the_fault_is_held_after_it() {
    let Some(mut stage) = stage("locks") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    stage.victim.does(&format!("open f {path} rw")).text();
    stage.victim.does("lock f").text();
    stage.neighbour.does(&format!("open f {path} rw")).text();
    stage.revert("f1");
    assert_eq!(stage.neighbour.does("lock f").outcome, Err(libc::EAGAIN), "the victim holds it still");
    stage.victim.does("close f").text();
    stage.neighbour.does("lock f").text();
    stage.assert_nothing_left();
}

#[test]
fn processes_that_share_an_open_file_share_it_on_either_side() {
    let Some(mut stage) = stage("shared") else { return };
    let (at, path) = (volume(&stage), stage.path("a"));
    stage.victim.does(&format!("open f {path} rw")).text();
    let child = stage.victim.does("share f").text();
    let place_of_child = || {
        let info = std::fs::read_to_string(format!("/proc/{child}/fdinfo/0")).expect("alive");
        info.lines().find_map(|line| line.strip_prefix("pos:").map(|place| place.trim().to_owned()))
    };
    assert_eq!(stage.victim.does("read f 1").text(), "a");
    assert_eq!(place_of_child().as_deref(), Some("1"));
    stage.inject("f1", latency(&at, 1, &[M::Fsync])).expect("a permitted fault");
    assert_eq!(stage.victim.does("read f 2").text(), "lp");
    assert_eq!(place_of_child().as_deref(), Some("3"), "both moved to one open file");
    stage.revert("f1");
    assert_eq!(stage.victim.does("read f 1").text(), "h");
    assert_eq!(place_of_child().as_deref(), Some("4"), "and back to one");
    stage.assert_nothing_left();
}
