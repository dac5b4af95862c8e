//! Whatever happens to the daemon, the victim reads the truth again and has the kernel's bytes again.

use std::time::Duration;

use chaosgated::contract::watch_response::Kind;

use crate::daemon::{ends_within, signal};
use crate::lab;
use crate::victims::{MS, Program, REALTIME, Scene, Victim, a_skew, comes_true_within};

/// A daemon with one fault on a fresh victim that reads it.
fn a_felt_fault(name: &str, more: &[&str]) -> Option<(Victim, Scene)> {
    let mut victim = Victim::start(Program::C, &[])?;
    let mut scene = Scene::with(name, more);
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    assert!(victim.is_off_by_about(150 * MS), "the victim reads the offset");
    assert_eq!(scene.site.records(), 1);
    Some((victim, scene))
}

fn assert_healed(victim: &mut Victim, scene: &Scene) {
    assert!(victim.is_off_by_about(0), "the victim reads the truth again");
    assert!(victim.is_pristine(), "its vDSO is the kernel's again");
    // The bytes are the kernel's a moment before the record is gone.
    assert!(comes_true_within(Duration::from_secs(1), || scene.site.records() == 0), "nothing is left on record");
}

#[test]
fn sigterm_gives_the_truth_back() {
    let Some((mut victim, mut scene)) = a_felt_fault("clock-sigterm", &[]) else { return };
    assert!(scene.daemon.terminate().success());
    assert_healed(&mut victim, &scene);
}

#[test]
fn kill_9_leaves_the_clock_wrong_until_a_restarted_daemon_has_put_it_right() {
    let Some((mut victim, mut scene)) = a_felt_fault("clock-restart", &[]) else { return };
    scene.daemon.kill();
    assert!(victim.is_off_by_about(150 * MS), "nobody has reverted yet: without replay the clock would stay wrong");
    let _again = scene.site.serve_local(&[]);
    assert_healed(&mut victim, &scene);
}

#[test]
fn kill_9_without_restart_is_put_right_by_the_keeper() {
    let Some((mut victim, mut scene)) = a_felt_fault("clock-keeper", &[]) else { return };
    let mut keeper = scene.site.command(&["keep", "--patience", "3s"]).spawn().expect("the keeper starts");
    std::thread::sleep(Duration::from_secs(4));
    assert!(victim.is_off_by_about(150 * MS), "the keeper leaves a living daemon's fault alone");
    scene.daemon.kill();
    let healed = comes_true_within(Duration::from_secs(5), || victim.is_pristine() && scene.site.records() == 0);
    lab::end(&mut keeper);
    assert!(healed, "not put right two seconds after the keeper's patience has ended");
    assert_healed(&mut victim, &scene);
}

#[test]
fn a_lease_that_is_not_renewed_gives_the_truth_back() {
    let lease = ["--lease-expires-after", "2s", "--lease-renew-every", "1s"];
    let Some((mut victim, mut scene)) = a_felt_fault("clock-lease", &lease) else { return };
    scene.runner.renew("t1-0", 1).expect("the run is alive");
    assert!(comes_true_within(Duration::from_secs(3), || victim.is_pristine()));
    assert_healed(&mut victim, &scene);
}

#[test]
fn a_hard_deadline_gives_the_truth_back_under_a_lease_that_lives() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("clock-deadline");
    let mut request = a_skew(&scene.site, "f1", victim.pid(), REALTIME, 150 * MS);
    request.deadline_us = 1_500_000;
    scene.runner.inject(request).expect("a permitted fault");
    assert!(victim.is_off_by_about(150 * MS), "the victim reads the offset");
    assert!(comes_true_within(Duration::from_secs(3), || victim.is_pristine()));
    assert!(scene.runner.list().leases.iter().any(|lease| lease.remaining_us > 0), "the lease lives");
    assert_healed(&mut victim, &scene);
}

#[test]
fn the_death_of_the_victim_ends_its_clock_fault_and_is_told() {
    let Some((mut victim, mut scene)) = a_felt_fault("clock-death", &[]) else { return };
    let mut events = scene.runner.watch();
    victim.kill();
    let event = scene.runner.next(&mut events).expect("an event");
    assert_eq!(event.kind(), Kind::VictimGone);
    assert_eq!(scene.site.records(), 0);
}

#[test]
fn a_child_that_outlives_its_parent_and_the_daemon_is_put_right() {
    let Some((mut victim, mut scene)) = a_felt_fault("clock-orphan", &[]) else { return };
    let child = victim.ask("fork");
    let pid = u32::try_from(child["pid"]).expect("a pid");
    assert!((child["off"] - 150 * MS).abs() < MS, "a forked child inherits the offset: {child:?}");
    assert!(!lab::is_pristine(pid));
    scene.daemon.kill();
    let _again = scene.site.serve_local(&[]);
    assert!(lab::is_pristine(pid), "the child's vDSO is the kernel's again");
    assert_healed(&mut victim, &scene);
}

#[test]
fn panic_gives_the_truth_back_under_a_living_daemon() {
    let Some((mut victim, scene)) = a_felt_fault("clock-panic", &[]) else { return };
    let mut panic = scene.site.command(&["panic"]).spawn().expect("it starts");
    assert!(ends_within(&mut panic, Duration::from_secs(10)).is_some_and(|status| status.success()));
    assert_healed(&mut victim, &scene);
}

/// In a sandbox the daemon looks for newcomers once a second, and learns of the panic at its next beat, two seconds later at most.
#[test]
fn what_a_panic_has_undone_is_not_put_back_by_a_living_daemon() {
    let mut scene = Scene::new("clock-panic-many");
    let victims: Vec<Victim> = (0..3).filter_map(|_| Victim::start(Program::C, &[])).collect();
    for (index, victim) in victims.iter().enumerate() {
        for fault in 0..4 {
            scene.skews(&format!("f{index}-{fault}"), victim.pid(), REALTIME, 150 * MS);
        }
        assert!(!victim.is_pristine());
    }
    let mut panic = scene.site.command(&["panic"]).spawn().expect("it starts");
    assert!(ends_within(&mut panic, Duration::from_secs(10)).is_some_and(|status| status.success()));
    for _ in 0..30 {
        assert!(victims.iter().all(Victim::is_pristine), "a clock is wrong again after the panic said that it is undone");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(scene.site.records(), 0);
}

#[test]
fn a_daemon_that_dies_while_it_holds_the_victim_lets_it_go() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    assert_eq!(victim.ask("idle 100")["threads"], 100);
    for delay_us in [200, 500, 1_000, 2_000, 4_000, 8_000] {
        let mut scene = Scene::new(&format!("clock-dies-{delay_us}"));
        let daemon = scene.daemon.child.id();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(delay_us));
            signal("KILL", daemon);
        });
        // Whether it was in time to answer does not matter.
        let _ = scene.runner.inject(a_skew(&scene.site, "f1", victim.pid(), REALTIME, 150 * MS));
        killer.join().expect("kill runs");
        victim.ask("tell");
        let _again = scene.site.serve_local(&[]);
        assert!(victim.is_pristine() && !victim.has_ended(), "killed {delay_us} us after the request");
    }
}
