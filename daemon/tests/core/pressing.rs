//! What a pressure takes and from whom: within what was asked, on the victim's account, and gone with whoever asked for it.

use std::fs;
use std::time::Duration;

use chaosgated::contract::watch_response::Kind;
use chaosgated::contract::{CpuPressure, InjectRequest, MemoryPressure, PressureFault, inject_request, memory_pressure};
use tonic::Code;

use crate::client::Runner;
use crate::daemon::{ends_within, signal};
use crate::groups::Version;
use crate::lab;
use crate::scene::{Act, MEMORY, Scene, bytes, cores_used, memory_used, pressure, room_for_batches, waited};

const CPU: [Act; 2] = [Act::Cpu(Version::V1), Act::Cpu(Version::V2)];
const MUCH_MEMORY: u64 = 1 << 30;
const OF_MEMORY: [Act; 2] = [Act::Memory(Version::V1), Act::Memory(Version::V2)];

fn for_each(acts: &[Act], name: &str, test: impl Fn(Scene)) {
    for_each_scene(acts, name, Scene::of, test);
}

fn for_each_scene(acts: &[Act], name: &str, scene: impl Fn(Act, &str) -> Option<Scene>, test: impl Fn(Scene)) {
    let ran: Vec<Act> = acts.iter().copied().filter(|act| scene(*act, name).map(&test).is_some()).collect();
    println!("{name}: {ran:?}");
    assert!(!ran.is_empty() || !lab::must_run(), "no version of cgroups can be used here, and this may not be skipped");
}

fn with(scene: &Scene, fault: inject_request::Fault) -> InjectRequest {
    InjectRequest { fault: Some(fault), ..scene.request("f1") }
}

fn cpu(workers: u32, load: f32) -> inject_request::Fault {
    pressure(PressureFault { cpu: Some(CpuPressure { workers, load }), memory: None })
}

fn memory(size: MemoryPressure) -> inject_request::Fault {
    pressure(PressureFault { cpu: None, memory: Some(size) })
}

#[test]
fn half_a_core_is_half_a_core() {
    for_each(&CPU, "half", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = Runner::of(&scene.site, &daemon);
        let idle = cores_used(&scene.group, Duration::from_millis(500));
        runner.inject(with(&scene, cpu(1, 50.0))).expect("a permitted fault");
        let pid = scene.strangers()[0];
        let before = waited(pid);
        let used = cores_used(&scene.group, Duration::from_secs(2)) - idle;
        let kept_waiting = waited(pid) - before;
        println!("{:?}: {used:.3} cores, {kept_waiting:.3} s kept waiting by others", scene.act);
        assert!(used < 0.55, "{used} is more than was asked for");
        assert!(used + kept_waiting / 2.0 > 0.42, "{used} is less than was asked for, by more than others were in its way");
    });
}

#[test]
fn no_more_memory_is_taken_than_was_asked_for() {
    for_each(&OF_MEMORY, "bound", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = Runner::of(&scene.site, &daemon);
        let before = memory_used(&scene.group);
        runner.inject(scene.request("f1")).expect("a permitted fault");
        let added = memory_used(&scene.group) - before;
        let batches = room_for_batches();
        println!("{:?}: {added} bytes of {MEMORY}", scene.act);
        assert!(added <= MEMORY + batches && added as f64 > MEMORY as f64 * 0.9, "{added} of {MEMORY}");
        runner.revert("t1-0", "", 1).expect("reverted");
        assert!(memory_used(&scene.group) <= before + batches, "it is given back");
    });
}

#[test]
fn a_percentage_is_of_the_limit_and_means_nothing_without_one() {
    for_each(&OF_MEMORY, "percent", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = Runner::of(&scene.site, &daemon);
        let half = || memory(MemoryPressure { size: Some(memory_pressure::Size::PercentOfLimit(50.0)) });
        let refused = runner.inject(with(&scene, half())).expect_err("no limit");
        assert!(refused.message().contains("has no memory limit"), "{refused}");
        limit(&scene, 2 * MEMORY);
        let above = runner.inject(with(&scene, memory(bytes(2 * MEMORY + 1)))).expect_err("above the limit");
        assert!(above.message().contains("memory limit of"), "{above}");
        assert_eq!((refused.code(), above.code()), (Code::FailedPrecondition, Code::FailedPrecondition));
        runner.inject(with(&scene, half())).expect("half of the limit");
        assert!(scene.is_felt());
    });
}

fn limit(scene: &Scene, most: u64) {
    let file = if scene.group.version == Version::V1 { "memory.limit_in_bytes" } else { "memory.max" };
    scene.group.write("memory", file, &most.to_string());
}

#[test]
fn when_memory_runs_out_the_stressor_ends_and_the_victim_goes_on() {
    for_each(&OF_MEMORY, "oom", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        let stressor = scene.strangers()[0];
        let file = |name: &str| fs::read_to_string(format!("/proc/{stressor}/{name}")).expect("alive");
        assert_eq!(file("oom_score_adj").trim(), "1000", "it is chosen first");
        assert!(file("status").contains("CapEff:\t0000000000000000"), "it has given up every capability");
        limit(&scene, MEMORY * 5 / 4);
        let mut events = runner.watch();
        let mut second = scene.request("f1");
        second.run_id = "t1-1".to_owned();
        let refused = runner.inject(second).map(drop);
        let told = runner.next(&mut events).map(|event| event.kind());
        assert!(refused.is_err() || told == Some(Kind::FaultStopped), "{refused:?}, {told:?}");
        assert!(scene.victim.ticks_in(Duration::from_millis(200)) > 0, "the victim goes on");
    });
}

#[test]
fn a_stressor_ends_with_its_victim() {
    for_each(&[CPU, OF_MEMORY].concat(), "death", |mut scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        let mut events = runner.watch();
        lab::end(&mut scene.victim.child);
        assert!(scene.heals_within(Duration::from_secs(1)).is_some(), "{:?}: it outlives its victim", scene.act);
        assert_eq!(runner.next(&mut events).expect("an event").kind(), Kind::VictimGone);
        assert_eq!(scene.site.records(), 0);
    });
}

#[test]
fn a_stressor_that_somebody_ends_is_told_and_off_the_record() {
    for_each(&CPU, "ended", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = scene.hit(&daemon);
        let mut events = runner.watch();
        signal("KILL", scene.strangers()[0]);
        assert_eq!(runner.next(&mut events).expect("an event").kind(), Kind::FaultStopped);
        scene.assert_healed();
    });
}

/// The control: a process that is merely a child of the daemon's parent outlives the daemon.
#[test]
fn a_stressor_ends_at_once_with_a_daemon_that_is_stopped_and_killed() {
    for_each(&CPU, "stopped", |scene| {
        let mut daemon = scene.site.serve_local(&[]);
        scene.hit(&daemon);
        signal("STOP", daemon.child.id());
        assert!(scene.is_felt(), "a stopped daemon still presses, until its keeper ends it");
        let mut beside = std::process::Command::new("sleep").arg("30").spawn().expect("sleep runs");
        daemon.kill();
        assert!(scene.heals_within(Duration::from_secs(1)).is_some(), "it outlives the daemon");
        assert!(ends_within(&mut beside, Duration::from_millis(1)).is_none(), "what is no child of the daemon stays");
        lab::end(&mut beside);
    });
}

/// A process that was killed loses its command line before its memory, and so much is given back for longer than panic needs to start.
#[test]
fn panic_ends_no_sooner_than_a_stressor_that_dies_has_given_its_memory_back() {
    // A sweep takes away everybody's.
    let _alone = lab::has_the_machine_alone();
    for_each_scene(&OF_MEMORY, "dying", Scene::alone, |scene| {
        for is_on_record in [true, false] {
            let mut daemon = scene.site.serve_local(&[]);
            Runner::of(&scene.site, &daemon).inject(with(&scene, memory(bytes(MUCH_MEMORY)))).expect("a permitted fault");
            if !is_on_record {
                scene.site.tear_the_record();
            }
            assert!(memory_used(&scene.group) > MUCH_MEMORY / 2, "{:?}: it is held", scene.act);
            daemon.kill();
            let held = memory_used(&scene.group);
            let mut panic = scene.site.command(&["panic"]).spawn().expect("it starts");
            let ended = ends_within(&mut panic, Duration::from_secs(10)).expect("it ends");
            assert_eq!(ended.success(), is_on_record, "a torn record is told");
            let left = memory_used(&scene.group);
            println!("{:?}: {held} bytes when the daemon was gone, {left} when panic had ended", scene.act);
            assert!(left < MEMORY, "{left} of {MUCH_MEMORY} are still held");
        }
    });
}

#[test]
fn a_process_that_only_calls_itself_a_stressor_is_neither_residue_nor_ended() {
    for_each(&CPU, "liar", |scene| {
        let daemon = scene.site.serve_local(&[]);
        let mut runner = Runner::of(&scene.site, &daemon);
        let victim = scene.victim.pid().to_string();
        let lie = "exec -a chaosgated bash -s stress --fault t1-0.f1";
        let words = ["--net", "--target", &victim, "--", "unshare", "--pid", "--fork", "--kill-child", "bash", "-c", lie];
        let mut command = std::process::Command::new("nsenter");
        let mut liar = command.args(words).stdin(std::process::Stdio::piped()).spawn().expect("nsenter runs");
        let inside = || fs::read_to_string(format!("/proc/{0}/task/{0}/children", liar.id())).unwrap_or_default();
        let asked = std::time::Instant::now();
        while inside().trim().is_empty() && asked.elapsed() < Duration::from_secs(5) {
            std::thread::yield_now();
        }
        let pid: u32 = inside().trim().parse().expect("a child");
        scene.group.take_in(pid);
        assert_eq!(runner.residue(scene.victim.pid()).expect("it can look").len(), 0);
        runner.inject(scene.request("f1")).expect("a permitted fault");
        runner.revert("t1-0", "", 1).expect("reverted");
        assert!(fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")), "it lives");
        lab::end(&mut liar);
    });
}
