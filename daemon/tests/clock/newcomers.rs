//! Programs that begin while the fault stands. The kernel tells the daemon of them only where it lives in the first pid namespace and
//! reaches the first network namespace, so this runs outside of sandboxes: the suite `newcomers`.

use crate::victims::{MS, Program, REALTIME, Scene, Victim};

const PROGRAMS: usize = 100;
/// Of a hundred that the daemon left alone twelve had a memory without hooks.
const BROODS: usize = 50;
/// Daemon and newcomer race for a processor, so a machine that is busy for a second lets some come first: six of a hundred once, where
/// it was none before and after. The median of these rounds is not moved by that.
const ROUNDS: usize = 5;
/// The very first read of a program is what may come too early. A dynamic program is slower than the daemon.
const MAY_BE_EARLY: usize = 5;

fn newcomers_read_the_offset(program: Program) {
    let Some(mut victim) = Victim::start(program, &[]) else { return };
    let mut scene = Scene::new(&format!("newcomers-{program:?}"));
    let order = format!("exec {PROGRAMS}");
    let true_ones = |offs: &std::collections::BTreeMap<String, i64>| offs.values().filter(|off| off.abs() < MS).count();
    assert_eq!(true_ones(&victim.ask(&order)), PROGRAMS, "without a fault every newcomer reads the truth");
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let mut early: Vec<usize> = (0..ROUNDS)
        .map(|_| {
            let told = victim.ask(&order);
            assert!(
                told.values().all(|off| off.abs() < MS || (off - 150 * MS).abs() < MS),
                "nobody reads anything else: {told:?}"
            );
            true_ones(&told)
        })
        .collect();
    println!("{program:?}: {early:?} of {PROGRAMS} newcomers each read the truth first");
    early.sort_unstable();
    let median = early[ROUNDS / 2];
    assert!(median <= MAY_BE_EARLY, "{median} of {PROGRAMS} newcomers read the clock before the daemon came");
    scene.reverts("f1");
    assert_eq!(true_ones(&victim.ask(&order)), PROGRAMS, "and after it again");
}

/// What a program forks before the daemon has come to it has a memory without hooks, and is told of by the kernel as well.
#[test]
#[ignore = "the kernel tells of new programs outside of sandboxes only: suite newcomers"]
fn children_that_are_born_before_the_daemon_came_read_the_offset_soon_after() {
    let Some(mut victim) = Victim::start(Program::StaticC, &[]) else { return };
    let mut scene = Scene::new("newcomers-brood");
    scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
    let told = victim.ask(&format!("brood {BROODS}"));
    let wrong = told.values().filter(|off| (**off - 150 * MS).abs() >= MS).count();
    assert_eq!((told.len(), wrong), (BROODS, 0), "{told:?}");
    scene.reverts("f1");
}

#[test]
#[ignore = "the kernel tells of new programs outside of sandboxes only: suite newcomers"]
fn new_dynamic_programs_read_the_offset() {
    newcomers_read_the_offset(Program::C);
}

#[test]
#[ignore = "the kernel tells of new programs outside of sandboxes only: suite newcomers"]
fn new_static_programs_read_the_offset() {
    newcomers_read_the_offset(Program::StaticC);
}
