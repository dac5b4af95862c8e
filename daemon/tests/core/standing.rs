//! Faults on a container's processes, whatever happens to those who keep them: a row for each effect and version of cgroups,
//! a test for each way it may end. What the victim feels is counted at the victim.

use std::time::{Duration, Instant};

use chaosgated::contract::watch_response::Kind;
use tonic::Code;

use crate::client::Runner;
use crate::daemon::{Site, ends_within, signal};
use crate::groups::{Group, Version};
use crate::lab;
use crate::scene::{ACTS, Act, Scene, Ticker};

/// Runs the test for every effect that this machine can have, and it must have one.
fn for_each(name: &str, test: impl Fn(Scene)) {
    let scenes: Vec<Act> = ACTS.into_iter().filter(|act| Scene::of(*act, name).map(&test).is_some()).collect();
    println!("{name}: {scenes:?}");
    assert!(!scenes.is_empty() || !lab::must_run(), "no version of cgroups can be used here, and this may not be skipped");
}

#[test]
fn a_fault_is_felt_by_its_victim_alone_and_sigterm_reverts_it() {
    for_each("sigterm", |scene| {
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        assert!(daemon.terminate().success());
        scene.assert_healed();
    });
}

#[test]
fn kill_9_and_a_restart_revert_it_before_the_daemon_serves() {
    for_each("restart", |scene| {
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        daemon.kill();
        if scene.act.stays_without_a_daemon() {
            assert!(scene.is_felt(), "nobody has reverted yet: without replay the fault would stay");
        } else {
            assert!(scene.heals_within(Duration::from_secs(1)).is_some(), "{:?}: it outlives the daemon", scene.act);
            assert_eq!(scene.site.records(), 1, "nobody has looked at the record yet");
        }
        let _again = scene.site.serve_local(&[]);
        scene.assert_healed();
    });
}

#[test]
fn kill_9_and_the_keeper_alone_revert_it() {
    for_each("keeper", |scene| {
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        let mut keeper = scene.site.command(&["keep", "--patience", "3s"]).spawn().expect("the keeper starts");
        daemon.kill();
        let healed = scene.heals_within(Duration::from_secs(5));
        scene.site.dismiss(&mut keeper);
        assert!(healed.is_some(), "{:?}: not healed by the keeper", scene.act);
        scene.assert_healed();
    });
}

#[test]
fn a_lease_that_nobody_renews_ends_it() {
    for_each("lease", |scene| {
        let daemon = scene.site.serve_local(&["--lease-expires-after", "2s", "--lease-renew-every", "1s"]);
        let asked = Instant::now();
        let mut runner = scene.hit(&daemon);
        let healed = scene.heals_within(Duration::from_secs(3));
        assert!(
            healed.is_some() && asked.elapsed() > Duration::from_millis(1900),
            "{:?}: {healed:?} after {:?}",
            scene.act,
            asked.elapsed()
        );
        scene.assert_healed();
        assert_eq!(runner.renew("t1-0", 1).expect_err("lost").code(), Code::NotFound);
    });
}

#[test]
fn its_hard_deadline_ends_it_under_a_living_lease() {
    for_each("deadline", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = Runner::of(&scene.site, &daemon);
        let mut request = scene.request("f1");
        request.deadline_us = 2_000_000;
        runner.inject(request).expect("a permitted fault");
        scene.assert_felt_by_the_victim_alone();
        assert!(scene.heals_within(Duration::from_secs(3)).is_some(), "{:?}: the deadline has passed", scene.act);
        scene.assert_healed();
        runner.renew("t1-0", 1).expect("the lease lives");
    });
}

#[test]
fn reverting_twice_is_reverting_once() {
    for_each("twice", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        assert_eq!(runner.revert("t1-0", "f1", 1).expect("reverted").reverted, 1);
        scene.assert_healed();
        let again = runner.revert("t1-0", "f1", 1).expect("already gone is success");
        assert_eq!((again.reverted, again.failures.len()), (0, 0));
        scene.assert_healed();
    });
}

#[test]
fn two_runs_on_one_victim_end_independently() {
    for_each("overlap", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        let mut second = scene.request("f1");
        second.run_id = "t1-1".to_owned();
        runner.inject(second).expect("a second run");
        runner.revert("t1-0", "", 1).expect("reverted");
        assert!(scene.is_felt(), "{:?}: the second run's fault stands", scene.act);
        assert_eq!(scene.site.records(), 1);
        runner.revert("t1-1", "", 1).expect("reverted");
        scene.assert_healed();
    });
}

#[test]
fn panic_reverts_it_without_the_daemon() {
    for_each("panic", |scene| {
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        daemon.kill();
        let mut panic = scene.site.command(&["panic"]).spawn().expect("it starts");
        assert!(ends_within(&mut panic, Duration::from_secs(10)).is_some_and(|status| status.success()));
        scene.assert_healed();
    });
}

#[test]
fn what_is_in_the_kernel_is_told_while_it_is_there() {
    for_each("residue", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        let found = runner.residue(scene.victim.pid()).expect("it can look");
        assert!(found.iter().any(|one| one.what.contains("t1-0.f1")), "{:?}: {found:?}", scene.act);
        runner.revert("t1-0", "", 1).expect("reverted");
        let left = runner.residue(scene.victim.pid()).expect("it can look");
        assert!(left.is_empty(), "{:?}: {left:?}", scene.act);
    });
}

#[test]
fn an_orphan_without_a_record_is_swept_when_a_record_is_torn() {
    let _alone = lab::has_the_machine_alone();
    for act in ACTS {
        let Some(scene) = Scene::alone(act, "torn") else { continue };
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        daemon.kill();
        scene.site.tear_the_record();
        let _again = scene.site.serve_local(&[]);
        scene.assert_healed();
    }
}

/// The control: the same signal leaves a group that was frozen by hand standing where the kernel holds it back.
#[test]
fn a_frozen_victim_that_someone_deletes_is_thawed_at_once() {
    for (name, sent) in [("deleted-kill", "KILL"), ("deleted-term", "TERM")] {
        for_each(name, |mut scene| {
            let Act::Freeze(version) = scene.act else { return };
            if version == Version::V1 {
                assert!(stays_frozen_by_hand(sent), "the kernel lets frozen tasks die, so there is nothing to prove");
            }
            let daemon = scene.site.serve_local(&[]);
            let mut runner = scene.hit(&daemon);
            let mut events = runner.watch();
            signal(sent, scene.victim.pid());
            let ended = ends_within(&mut scene.victim.child, Duration::from_secs(1));
            assert!(ended.is_some(), "{:?}: whoever sent SIG{sent} waits for a frozen victim", scene.act);
            assert_eq!(runner.next(&mut events).expect("an event").kind(), Kind::VictimGone);
            assert_eq!(scene.site.records(), 0);
        });
    }
}

fn stays_frozen_by_hand(sent: &str) -> bool {
    let group = Group::new(Version::V1, &["freezer"]).expect("as for the victim");
    let mut stood = Ticker::start_in(&group);
    group.set_frozen(true);
    signal(sent, stood.pid());
    let stands = ends_within(&mut stood.child, Duration::from_secs(1)).is_none();
    group.set_frozen(false);
    stands
}

#[test]
fn a_group_that_is_not_the_victims_alone_is_not_frozen() {
    let _shares = lab::shares_the_machine();
    let site = Site::new("shared");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let Some(scene) = ACTS.into_iter().find_map(|act| Scene::alone(act, "shared")) else { return };
    let refusal = |runner: &mut Runner| runner.inject(scene.request("f1")).expect_err("a shared group");
    scene.group.take_in(daemon.child.id());
    let with_the_daemon = refusal(&mut runner);
    assert!(with_the_daemon.message().contains("with this daemon"), "{with_the_daemon}");
    let other = Group::new(scene.group.version, &["freezer"]).expect("as for the victim");
    other.take_in(daemon.child.id());
    scene.group.take_in(scene.neighbour.pid());
    let with_a_stranger = refusal(&mut runner);
    assert!(with_a_stranger.message().contains("nobody asked to hit"), "{with_a_stranger}");
    assert_eq!((with_a_stranger.code(), scene.group.is_frozen()), (Code::FailedPrecondition, false));
}

#[test]
fn a_victim_that_someone_else_paused_is_left_to_them() {
    for_each("paused", |scene| {
        let Act::Freeze(_) = scene.act else { return };
        let daemon = scene.site.serve_local(&[]);
        scene.group.set_frozen(true);
        let mut runner = Runner::of(&scene.site, &daemon);
        let mut is_refused = |fault: &str| {
            let refused = runner.inject(scene.request(fault)).expect_err("it is paused");
            assert!(refused.message().contains("not by chaosgate"), "{refused}");
        };
        // From the moment at which it was told to stand, milliseconds before it does.
        is_refused("f1");
        let told = Instant::now();
        while !scene.group.is_frozen() {
            assert!(told.elapsed() < Duration::from_secs(2), "whoever paused it has it paused");
            std::thread::sleep(Duration::from_millis(1));
        }
        is_refused("f2");
        assert!(scene.group.is_frozen() && scene.site.records() == 0);
    });
}
