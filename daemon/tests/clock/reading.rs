//! What programs read: wrong by the offset while the fault lasts, and right before and after it.

use crate::victims::{MONOTONIC, MS, Program, REALTIME, Scene, Victim, now};

/// Two offsets one after the other, with the truth before, between and afterwards, and a neighbour that is never hit.
fn reads_the_offset_and_then_the_truth(program: Program) {
    let (Some(mut victim), Some(mut neighbour)) = (Victim::start(program, &[]), Victim::start(program, &[])) else { return };
    let mut scene = Scene::new(&format!("reading-{program:?}"));
    assert!(victim.is_off_by_about(0) && victim.is_pristine(), "the truth before the fault");
    for offset in [150 * MS, -150 * MS] {
        scene.skews("f1", victim.pid(), REALTIME, offset);
        assert!(victim.is_off_by_about(offset), "{program:?} reads {offset} ns more than the truth");
        assert!(!victim.is_pristine(), "the hooks are in its memory");
        assert!(neighbour.is_off_by_about(0) && neighbour.is_pristine(), "the neighbour is left alone");
        assert_eq!(scene.reverts("f1"), 1);
        assert!(victim.is_off_by_about(0) && victim.is_pristine(), "the truth after the fault");
    }
}

#[test]
fn a_c_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::C);
}

#[test]
fn a_static_c_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::StaticC);
}

#[test]
fn a_static_musl_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::MuslC);
}

#[test]
fn a_rust_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::Rust);
}

#[test]
fn a_go_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::Go);
}

#[test]
fn a_node_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::Node);
}

#[test]
fn a_python_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::Python);
}

#[test]
fn a_java_program_reads_the_offset_and_then_the_truth() {
    reads_the_offset_and_then_the_truth(Program::Java);
}

/// How far each clock of the C program is off its value on this process, whose clocks nobody skews.
fn off_by(victim: &mut Victim, name: &str, clock: libc::clockid_t) -> i64 {
    let own = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid, writable timespec for the whole call.
        unsafe { libc::clock_gettime(clock, &mut time) };
        time.tv_sec * 1_000_000_000 + time.tv_nsec
    };
    (0..5).map(|_| victim.ask("tell")[name] - own()).max().expect("asked")
}

#[test]
fn only_the_named_clocks_are_wrong() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("named-clocks");
    let clocks = [
        ("wall", libc::CLOCK_REALTIME),
        ("mono", libc::CLOCK_MONOTONIC),
        ("coarse", libc::CLOCK_REALTIME_COARSE),
        ("boot", libc::CLOCK_BOOTTIME),
        ("tai", libc::CLOCK_TAI),
    ];
    for (hit, clock) in clocks {
        scene.skews("f1", victim.pid(), 1 << clock, 150 * MS);
        for (name, clock) in clocks {
            let expected = if name == hit { 150 * MS } else { 0 };
            // A coarse clock is read one tick of the kernel apart, up to 4 ms.
            let within = if name == "coarse" { 5 * MS } else { MS };
            let off = off_by(&mut victim, name, clock);
            assert!((off - expected).abs() < within, "{name} is off by {off} ns while {hit} is skewed");
        }
        scene.reverts("f1");
    }
}

#[test]
fn gettimeofday_and_time_follow_the_wall_clock_and_raw_system_calls_do_not() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("three-functions");
    for offset in [150 * MS, -150 * MS, 3_600_000 * MS, -3_599_999 * MS] {
        scene.skews("f1", victim.pid(), REALTIME, offset);
        for _ in 0..20 {
            let before = now();
            let answer = victim.ask("tell");
            let after = now();
            let is_within = |read: i64, slack: i64| before + offset - slack <= read && read <= after + offset;
            assert!(is_within(answer["wall"], 0) && is_within(answer["tv"], 2000), "{answer:?}, {offset} ns");
            // Of the coarse clock, which is up to 4 ms behind, whole seconds.
            assert!(
                is_within(answer["time"] * 1000 * MS + 999 * MS, -995 * MS)
                    || is_within(answer["time"] * 1000 * MS, 1000 * MS + 5 * MS)
            );
            assert_eq!(answer["same"], 1, "time returns what it stores");
            assert!(before <= answer["raw"] && answer["raw"] <= after, "a raw system call is answered by the kernel");
        }
        scene.reverts("f1");
    }
}

#[test]
fn time_goes_on_at_its_own_pace_and_never_back_while_the_fault_lasts() {
    let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
    let mut scene = Scene::new("pace");
    scene.skews("f1", victim.pid(), REALTIME | MONOTONIC, 1_500 * MS + 1);
    let readings: Vec<(i64, i64)> = (0..500).map(|_| victim.ask("tell")).map(|told| (told["wall"], told["mono"])).collect();
    assert!(readings.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
    let (first, last) = (readings[0], readings[readings.len() - 1]);
    assert!(((last.0 - first.0) - (last.1 - first.1)).abs() < MS, "both clocks went on by the same span");
}
