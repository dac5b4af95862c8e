//! What the daemon may do by the kernel's own word, with which of it every effect still works, and that nobody waits for an act of others.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chaosgated::contract::InjectRequest;
use tonic::Code;

use crate::client::{Runner, a_partition, by_pid};
use crate::daemon::{Daemon, Site};
use crate::groups::Version;
use crate::lab::{self, Lab, lab};
use crate::scene::{Act, Scene};

/// By their numbers in capabilities(7).
const KILL: u64 = 1 << 5;
const NET_ADMIN: u64 = 1 << 12;
const NET_RAW: u64 = 1 << 13;
const SYS_PTRACE: u64 = 1 << 19;
const SYS_ADMIN: u64 = 1 << 21;
const SYS_NICE: u64 = 1 << 23;
/// What all effects use together, by docs/daemon.md: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SYS_CHROOT, SYS_RESOURCE,
/// MKNOD and SETFCAP are those of file faults.
const OF_ALL: u64 =
    KILL | NET_ADMIN | NET_RAW | SYS_PTRACE | SYS_ADMIN | SYS_NICE | 0b1_1111 | 1 << 18 | 1 << 24 | 1 << 27 | 1 << 31;
/// SETUID, SETGID, SETPCAP, SYS_MODULE, SYS_RAWIO, SYS_BOOT, SYS_TIME: no effect may ever need these.
const NEVER: u64 = 1 << 7 | 1 << 6 | 1 << 8 | 1 << 16 | 1 << 17 | 1 << 22 | 1 << 25;

/// A line of /proc/PID/task/TID/status of every thread, as a number.
fn of_every_thread(pid: u32, line: &str) -> Vec<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("alive").map_while(Result::ok);
    let texts = tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    let values = texts.filter_map(|text| {
        let found =
            text.lines().find_map(|each| each.strip_prefix(line).map(|rest| rest.trim_start_matches(':').trim().to_owned()));
        u64::from_str_radix(&found?, 16).ok()
    });
    values.collect()
}

fn assert_holds(daemon: &Daemon, expected: impl Fn(u64) -> bool) {
    let pid = daemon.child.id();
    for set in ["CapEff", "CapPrm"] {
        let held = of_every_thread(pid, set);
        assert!(!held.is_empty() && held.iter().all(|held| expected(*held)), "{set}: {held:x?}");
    }
    // What bounds programs that are started later: lowered while the records may still need every effect, and NO_NEW_PRIVS does the rest.
    assert!(of_every_thread(pid, "CapBnd").iter().all(|held| held & NEVER == 0));
    assert!(of_every_thread(pid, "CapInh").iter().chain(&of_every_thread(pid, "CapAmb")).all(|held| *held == 0));
    assert!(of_every_thread(pid, "NoNewPrivs").iter().all(|set| *set == 1));
}

/// What whoever runs the tests has to give, which a container's root has less of.
fn given() -> u64 {
    of_every_thread(std::process::id(), "CapEff")[0]
}

#[test]
fn the_daemon_holds_what_its_effects_need_and_nothing_else() {
    let Some(_lab) = lab() else { return };
    let site = Site::new("privileges");
    let cases: [(&[&str], u64); 2] = [
        (&["--effects", "process"], KILL | SYS_PTRACE),
        (&["--effects", "network"], NET_ADMIN | NET_RAW | SYS_ADMIN | SYS_NICE | SYS_PTRACE),
    ];
    for (words, expected) in cases {
        let mut daemon = site.serve(words);
        assert_holds(&daemon, |held| held == expected);
        daemon.terminate();
    }
    let everything = site.serve(&[]);
    assert_holds(&everything, |held| held == OF_ALL & given());
    assert_holds(&everything, |held| {
        held & NEVER == 0 && held & (KILL | NET_ADMIN | SYS_ADMIN) == KILL | NET_ADMIN | SYS_ADMIN
    });
    // The control: whoever started it holds more, so something was given up.
    assert!(of_every_thread(std::process::id(), "CapEff").iter().all(|held| held & NEVER != 0));
}

#[test]
fn the_keeper_holds_what_undoing_needs_and_nothing_else() {
    let Some(_lab) = lab() else { return };
    let site = Site::new("privileges-keeper");
    let mut keeper = site.command(&["keep", "--patience", "45s"]).spawn().expect("it starts");
    let given_up = Instant::now();
    let holds = || of_every_thread(keeper.id(), "CapEff").first().copied().unwrap_or(u64::MAX);
    while holds() & NEVER != 0 && given_up.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let held = holds();
    lab::end(&mut keeper);
    assert_eq!(held, OF_ALL & given(), "{held:x}");
    assert_eq!(held & (KILL | NET_ADMIN | SYS_ADMIN), KILL | NET_ADMIN | SYS_ADMIN, "{held:x}");
    assert_eq!(held & NEVER, 0, "{held:x}");
}

#[test]
fn an_effect_works_with_its_own_capabilities_and_no_other_is_put_on() {
    let Some(lab) = lab() else { return };
    let site = Site::new("privileges-effect");
    let daemon = site.serve_local(&["--effects", "network"]);
    let mut runner = Runner::of(&site, &daemon);
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted effect");
    assert!(lab.is_cut());
    runner.revert("t1-0", "", 1).expect("reverted");
    assert!(!lab.is_cut());
    drop(daemon);

    let mut other = site.serve_local(&["--effects", "process,clock"]);
    let mut runner = Runner::of(&site, &other);
    let refused = runner.inject(a_partition(&site, "f2", lab.victim_pid())).expect_err("not among its effects");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("--effects"), "{refused}");
    let told = runner.capabilities().expect("an answer").capabilities;
    let network = told.iter().find(|found| found.effect == "partition").expect("it is listed");
    assert!(!network.available && network.reason.contains("--effects"), "{network:?}");
    assert!(!lab.is_cut() && site.records() == 0);
    other.terminate();
}

/// A revert that came after its inject ends what the inject put on, however long another run's act holds both up.
#[test]
fn a_revert_does_not_overtake_the_inject_that_waits_for_another_act() {
    let acts = [Act::Cpu(Version::V1), Act::Cpu(Version::V2)];
    let Some(lab) = lab() else { return };
    let Some(scene) = acts.into_iter().find_map(|act| Scene::of(act, "overtake")) else {
        assert!(!lab::must_run(), "no version of cgroups can be used here, and this may not be skipped");
        return;
    };
    let daemon = scene.site.serve_local(&[]);
    // On a busy machine the revert may come before its inject was heard of; what a revert in time must do is seen in one of these.
    let in_time = (0..5).any(|run| reverts_what_waits(&lab, &scene, &daemon, run));
    assert!(in_time, "every revert overtook its inject");
}

/// Puts a pressure on, meanwhile asks for a partition of run t2-`run` and for its revert: whether that ended it.
fn reverts_what_waits(lab: &Lab, scene: &Scene, daemon: &Daemon, run: usize) -> bool {
    let runner = || Runner::of(&scene.site, daemon);
    let (mut acting, mut injecting, mut reverting) = (runner(), runner(), runner());
    let mut claims = scene.site.claims();
    claims["jti"] = "t2".into();
    let own = InjectRequest {
        ticket: scene.site.sign(&claims),
        run_id: format!("t2-{run}"),
        ..a_partition(&scene.site, "f1", lab.victim_pid())
    };
    let (cut, name) = (own.clone(), own.run_id);
    let a_moment = || std::thread::sleep(Duration::from_millis(40));
    let (injected, reverted) = std::thread::scope(|scope| {
        let first = scope.spawn(|| acting.inject(scene.request(&format!("f{run}"))));
        a_moment();
        let second = scope.spawn(|| injecting.inject(cut));
        a_moment();
        let reverted = reverting.revert(&name, "", 1).expect("an answer").reverted;
        first.join().expect("it ends").expect("a permitted fault");
        (second.join().expect("it ends"), reverted)
    });
    let is_over = !lab.is_cut() && reverting.list().faults.iter().all(|fault| fault.run_id != name);
    assert_eq!(is_over, reverted == 1, "what the answer says is what there is: {injected:?}");
    reverting.revert(&name, "", 1).expect("an answer");
    reverting.revert("t1-0", &format!("f{run}"), 1).expect("an answer");
    is_over && injected.is_ok()
}

/// A pressure is watched for 200 ms and more before it counts as felt.
#[test]
fn others_are_answered_while_an_act_takes_its_time() {
    let acts = [Act::Cpu(Version::V1), Act::Cpu(Version::V2)];
    let Some(scene) = acts.into_iter().find_map(|act| Scene::of(act, "beside")) else {
        assert!(!lab::must_run(), "no version of cgroups can be used here, and this may not be skipped");
        return;
    };
    let daemon = scene.site.serve_local(&[]);
    let (mut acting, mut asking) = (Runner::of(&scene.site, &daemon), Runner::of(&scene.site, &daemon));
    let is_over = AtomicBool::new(false);
    let (took, longest, answers) = std::thread::scope(|scope| {
        let injecting = scope.spawn(|| {
            let asked = Instant::now();
            let injected = acting.inject(scene.request("f1"));
            is_over.store(true, Ordering::SeqCst);
            injected.expect("a permitted fault");
            asked.elapsed()
        });
        let (mut longest, mut answers) = (Duration::ZERO, 0);
        while !is_over.load(Ordering::SeqCst) {
            let asked = Instant::now();
            asking.list();
            longest = longest.max(asked.elapsed());
            answers += 1;
        }
        (injecting.join().expect("it ends"), longest, answers)
    });
    println!("the act took {took:?}; of {answers} answers meanwhile the latest took {longest:?}");
    assert!(took > Duration::from_millis(150) && answers > 3, "{took:?}, {answers}");
    assert!(longest < took / 2, "an answer took {longest:?} of an act's {took:?}");
}

/// A look at as many victims as may be asked for takes seconds.
#[test]
fn a_run_is_renewed_while_somebody_looks_for_residue() {
    let Some(lab) = lab() else { return };
    let site = Site::new("looking");
    let daemon = site.serve_local(&[]);
    let (mut acting, mut looking) = (Runner::of(&site, &daemon), Runner::of(&site, &daemon));
    acting.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let is_over = AtomicBool::new(false);
    let (took, longest, answers) = std::thread::scope(|scope| {
        let look = scope.spawn(|| {
            let asked = Instant::now();
            let found = looking.residue_of(vec![by_pid(lab.victim_pid()); 256]);
            is_over.store(true, Ordering::SeqCst);
            let found = found.expect("an answer").len();
            assert!(found >= 256, "each look sees what there is: {found}");
            asked.elapsed()
        });
        let (mut longest, mut answers) = (Duration::ZERO, 0);
        while !is_over.load(Ordering::SeqCst) {
            let asked = Instant::now();
            acting.renew("t1-0", 1).expect("the run lives");
            longest = longest.max(asked.elapsed());
            answers += 1;
        }
        (look.join().expect("it ends"), longest, answers)
    });
    println!("the look took {took:?}; of {answers} renewals meanwhile the latest took {longest:?}");
    assert!(took > Duration::from_millis(500) && answers > 3, "{took:?}, {answers}");
    assert!(longest < took / 2, "a renewal took {longest:?} of a look's {took:?}");
}
