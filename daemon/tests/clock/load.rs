//! Programs under full load: they neither crash nor stand still for longer than the clock jumps and a moment more.

use std::time::{Duration, Instant};

use crate::victims::{MS, Program, REALTIME, Scene, Victim};

const OFFSET: i64 = 150 * MS;
const MOMENT: i64 = 50 * MS;

/// Longest spans in which no thread of the victim read the clock, one for each cycle of skewing and reverting, in ns; sorted.
struct Spans {
    skewed: Vec<i64>,
    /// Of as many cycles in which nothing was done, taken in between: how the program stalls by itself on this machine, now.
    alone: Vec<i64>,
}

impl Spans {
    fn median(spans: &[i64]) -> i64 {
        spans[spans.len() / 2]
    }

    fn worst(spans: &[i64]) -> i64 {
        spans[spans.len() - 1]
    }
}

/// The clock is skewed and put right again and again while every core reads it.
fn under_load(program: Program, lasts: Duration) -> Option<Spans> {
    let mut victim = Victim::start(program, &["load"])?;
    let mut scene = Scene::new(&format!("load-{program:?}"));
    let half = Duration::from_millis(100);
    let (mut spans, started) = (Spans { skewed: vec![], alone: vec![] }, Instant::now());
    while started.elapsed() < lasts {
        let cycle = spans.skewed.len();
        victim.ask("tell");
        std::thread::sleep(2 * half);
        spans.alone.push(victim.ask("tell")["longest"]);
        scene.skews(&format!("f{cycle}"), victim.pid(), REALTIME, if cycle % 2 == 0 { OFFSET } else { -OFFSET });
        std::thread::sleep(half);
        scene.reverts(&format!("f{cycle}"));
        scene.runner.renew("t1-0", 1).expect("the run lives as long as its load");
        std::thread::sleep(half);
        spans.skewed.push(victim.ask("tell")["longest"]);
    }
    assert!(!victim.has_ended() && victim.is_pristine() && victim.is_off_by_about(0));
    spans.skewed.sort_unstable();
    spans.alone.sort_unstable();
    let (skewed, alone) = (&spans.skewed, &spans.alone);
    println!(
        "{program:?}: {} cycles; longest spans {} ns (median), {} ns (worst); by itself {} and {} ns",
        skewed.len(),
        Spans::median(skewed),
        Spans::worst(skewed),
        Spans::median(alone),
        Spans::worst(alone)
    );
    assert!(skewed[0] >= OFFSET - MS, "the jump itself is seen in every cycle, so spans are measured");
    Some(spans)
}

/// Some seconds beside other suites: what most cycles show, as one of them may be the machine's.
fn neither_crashes_nor_stalls(program: Program) {
    let Some(spans) = under_load(program, Duration::from_secs(6)) else { return };
    let (skewed, alone) = (Spans::median(&spans.skewed), Spans::median(&spans.alone));
    assert!(skewed <= OFFSET + MOMENT.max(2 * alone), "nobody read the clock for {skewed} ns");
}

/// A minute with the machine to itself: no cycle at all.
fn never_stalls(program: Program) {
    let Some(spans) = under_load(program, Duration::from_secs(60)) else { return };
    let (skewed, alone) = (Spans::worst(&spans.skewed), Spans::worst(&spans.alone));
    assert!(skewed <= OFFSET + MOMENT.max(alone), "nobody read the clock for {skewed} ns");
}

#[test]
fn a_go_program_under_load_neither_crashes_nor_stalls() {
    neither_crashes_nor_stalls(Program::Go);
}

#[test]
fn a_java_program_under_load_neither_crashes_nor_stalls() {
    neither_crashes_nor_stalls(Program::Java);
}

#[test]
#[ignore = "a minute with the machine to itself: suite clock-load of make test-full"]
fn a_go_program_never_stalls_in_a_minute_of_load() {
    never_stalls(Program::Go);
}

#[test]
#[ignore = "a minute with the machine to itself: suite clock-load of make test-full"]
fn a_java_program_never_stalls_in_a_minute_of_load() {
    never_stalls(Program::Java);
}
