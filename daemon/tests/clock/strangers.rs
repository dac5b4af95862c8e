//! A stranger who gets the victim's pid keeps the true time, and is not even stopped for a look: a process that sleeps and was held by a
//! tracer has been switched to more often.

use std::process::Command;
use std::time::Duration;

use chaosgated::contract::watch_response::Kind;

use crate::lab;
use crate::victims::{MS, Program, REALTIME, Scene, Victim};

/// How often it was given a processor.
fn turns(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("alive");
    let counts = status.lines().filter_map(|line| line.split_once("_ctxt_switches:"));
    counts.map(|(_, count)| count.trim().parse::<u64>().expect("a number")).sum()
}

/// A victim under a fault, who then ends, and a sleeper under its pid. While there is a daemon that has not noticed, or after it died.
fn a_stranger_in_its_place(name: &str, is_daemon_dead: bool) -> Option<(std::process::Child, Scene)> {
    let mut victim = Victim::start(Program::C, &[]).filter(|_| lab::may_choose_pids())?;
    let mut scene = Scene::new(name);
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let before = turns(victim.pid());
    assert!(victim.is_off_by_about(150 * MS) && turns(victim.pid()) > before, "turns are counted");
    if is_daemon_dead {
        scene.daemon.kill();
    }
    let pid = victim.pid();
    victim.kill();
    let stranger = lab::start_as(pid, || Command::new("unshare").args(["--net", "sleep", "60"]).spawn().expect("unshare runs"));
    // It has begun to sleep.
    std::thread::sleep(Duration::from_millis(100));
    Some((stranger, scene))
}

#[test]
fn a_stranger_under_the_pid_of_a_victim_is_left_alone_by_a_restarted_daemon() {
    let Some((mut stranger, scene)) = a_stranger_in_its_place("clock-pid-restart", true) else { return };
    let before = turns(stranger.id());
    let _again = scene.site.serve_local(&[]);
    assert_eq!(scene.site.records(), 0, "the victim is gone, and so is its fault");
    let (after, pristine) = (turns(stranger.id()), lab::is_pristine(stranger.id()));
    lab::end(&mut stranger);
    assert_eq!((after, pristine), (before, true));
}

#[test]
fn a_stranger_under_the_pid_of_a_victim_is_left_alone_by_the_daemon_that_has_not_noticed() {
    let Some((mut stranger, mut scene)) = a_stranger_in_its_place("clock-pid-living", false) else { return };
    let mut events = scene.runner.watch();
    let before = turns(stranger.id());
    let told = scene.runner.next(&mut events).map(|event| event.kind());
    let (after, pristine) = (turns(stranger.id()), lab::is_pristine(stranger.id()));
    lab::end(&mut stranger);
    assert_eq!(told, Some(Kind::VictimGone));
    assert_eq!((after, pristine, scene.site.records()), (before, true, 0));
}
