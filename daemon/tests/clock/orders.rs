//! Several faults on one victim, the same one twice, and those that are refused.

use std::process::{Command, Stdio};

use crate::lab;
use crate::victims::{MONOTONIC, MS, Program, REALTIME, Scene, Victim, a_skew};

#[test]
fn two_faults_on_one_container_add_up_and_end_independently() {
    for first_to_end in ["f1", "f2"] {
        let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
        let mut scene = Scene::new(&format!("overlap-{first_to_end}"));
        scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
        scene.skews("f2", victim.pid(), REALTIME | MONOTONIC, -40 * MS);
        assert!(victim.is_off_by_about(110 * MS), "both");
        assert_eq!(scene.reverts(first_to_end), 1);
        let rest = if first_to_end == "f1" { -40 * MS } else { 150 * MS };
        assert!(victim.is_off_by_about(rest), "the other one stands");
        assert_eq!(scene.reverts(if first_to_end == "f1" { "f2" } else { "f1" }), 1);
        assert!(victim.is_off_by_about(0) && victim.is_pristine());
    }
}

#[test]
fn faults_of_two_runs_end_independently() {
    let Some(mut victim) = Victim::start(Program::Go, &[]) else { return };
    let mut scene = Scene::new("two-runs");
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let mut of_another_run = a_skew(&scene.site, "f1", victim.pid(), REALTIME, 1_000 * MS);
    of_another_run.run_id = "t1-1".to_owned();
    scene.runner.inject(of_another_run).expect("a permitted fault");
    assert!(victim.is_off_by_about(1_150 * MS), "both");
    assert_eq!(scene.reverts(""), 1, "the whole first run");
    assert!(victim.is_off_by_about(1_000 * MS), "the other run's fault stands");
    assert_eq!(scene.runner.revert("t1-1", "", 1).expect("an answer").reverted, 1);
    assert!(victim.is_off_by_about(0) && victim.is_pristine());
}

#[test]
fn a_second_revert_finds_it_gone_and_is_success() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("twice");
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    assert_eq!([scene.reverts("f1"), scene.reverts("f1")], [1, 0]);
    assert!(victim.is_off_by_about(0) && victim.is_pristine());
    scene.skews("f2", victim.pid(), REALTIME, -150 * MS);
    assert!(victim.is_off_by_about(-150 * MS), "and another one can come");
}

#[test]
fn residue_is_told_while_the_fault_stands_and_not_afterwards() {
    let Some(victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("residue");
    assert_eq!(scene.runner.residue(victim.pid()).expect("an answer"), []);
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let residue = scene.runner.residue(victim.pid()).expect("an answer");
    assert!(residue.len() == 1 && residue[0].what.contains("clock fault"), "{residue:?}");
    scene.reverts("f1");
    assert_eq!(scene.runner.residue(victim.pid()).expect("an answer"), []);
}

#[test]
fn the_node_says_that_it_can_and_by_what() {
    let mut scene = Scene::new("capability");
    let answer = scene.runner.capabilities().expect("an answer");
    let found = answer.capabilities.iter().find(|found| found.effect == "clock-skew").expect("it is listed");
    println!("{}", found.reason);
    assert!(found.available && found.back_end == "vdso", "{found:?}");
}

#[test]
fn a_clock_that_counts_from_boot_is_not_made_negative() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("negative");
    let century = -3_155_000_000_000 * MS;
    let mut asked = a_skew(&scene.site, "f1", victim.pid(), MONOTONIC, century);
    let refused = scene.runner.inject(asked.clone()).expect_err("further than its ticket says");
    assert!(refused.message().contains("shifted by 10 s at most"), "{refused}");
    let mut claims = scene.site.claims();
    claims["limits"]["max_clock_shift_seconds"] = 1e10.into();
    asked.ticket = scene.site.sign(&claims);
    let refused = scene.runner.inject(asked).expect_err("refused");
    assert!(refused.message().contains("negative"), "{refused}");
    assert!(victim.is_off_by_about(0) && victim.is_pristine());
    assert_eq!(scene.site.records(), 0);
}

#[test]
fn a_process_that_a_debugger_holds_is_refused_with_its_tracer() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("traced");
    let pid = victim.pid().to_string();
    let strace = Command::new("strace").args(["-qq", "-o", "/dev/null", "-p", &pid]).stderr(Stdio::null()).spawn();
    let Ok(mut strace) = strace else {
        assert!(!lab::must_run(), "strace is missing, and this may not be skipped: apt-get install strace");
        return println!("skipped: no strace here");
    };
    let traced =
        || std::fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| !status.contains("TracerPid:\t0\n"));
    assert!(crate::victims::comes_true_within(std::time::Duration::from_secs(5), traced), "strace holds it");
    let refused = scene.runner.inject(a_skew(&scene.site, "f1", victim.pid(), REALTIME, 150 * MS)).expect_err("refused");
    lab::end(&mut strace);
    assert!(refused.message().contains("is traced by"), "{refused}");
    assert!(victim.is_off_by_about(0) && victim.is_pristine());
    assert_eq!(scene.site.records(), 0);
}

#[test]
fn a_stopped_process_is_skewed_and_stays_stopped() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("stopped");
    crate::daemon::signal("STOP", victim.pid());
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let state = std::fs::read_to_string(format!("/proc/{}/status", victim.pid())).expect("it lives");
    assert!(state.contains("State:\tT"), "{state}");
    crate::daemon::signal("CONT", victim.pid());
    assert!(victim.is_off_by_about(150 * MS));
    scene.reverts("f1");
    assert!(victim.is_off_by_about(0) && victim.is_pristine());
}

#[test]
fn busy_threads_and_idle_ones_stand_still_for_a_moment() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("threads");
    assert_eq!(victim.ask("busy 20")["threads"], 20);
    assert_eq!(victim.ask("idle 1000")["threads"], 1000);
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    assert!(!victim.is_pristine() && !victim.has_ended());
    scene.reverts("f1");
    assert!(victim.is_pristine() && !victim.has_ended());
}
