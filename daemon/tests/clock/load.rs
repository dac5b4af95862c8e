//! Programs under full load: they neither crash nor stand still for longer than the clock jumps and a moment more.

use std::time::{Duration, Instant};

use crate::victims::{MS, Program, REALTIME, Scene, Victim};

const OFFSET: i64 = 150 * MS;
const MOMENT: i64 = 50 * MS;

/// Longest spans in which no thread of the victim read the clock, one for each cycle of skewing and reverting, in ns; sorted.
struct Spans {
    /// In which the clock was set forth when the fault began, and in which it was when the fault ended. A stall while it is set back
    /// shows in neither span, so the two kinds show the stalls of different moments, and are judged apart.
    skewed: [Vec<i64>; 2],
    /// Of as many cycles in which nothing was done, taken in between: how the program stalls by itself on this machine, now.
    alone: Vec<i64>,
}

impl Spans {
    fn all_skewed(&self) -> Vec<i64> {
        let mut all = self.skewed.concat();
        all.sort_unstable();
        all
    }

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
    let (mut spans, started) = (Spans { skewed: [vec![], vec![]], alone: vec![] }, Instant::now());
    while started.elapsed() < lasts {
        let cycle = spans.alone.len();
        victim.ask("tell");
        std::thread::sleep(2 * half);
        spans.alone.push(victim.ask("tell")["longest"]);
        scene.skews(&format!("f{cycle}"), victim.pid(), REALTIME, if cycle % 2 == 0 { OFFSET } else { -OFFSET });
        std::thread::sleep(half);
        scene.reverts(&format!("f{cycle}"));
        scene.runner.renew("t1-0", 1).expect("the run lives as long as its load");
        std::thread::sleep(half);
        spans.skewed[cycle % 2].push(victim.ask("tell")["longest"]);
    }
    assert!(!victim.has_ended() && victim.is_pristine() && victim.is_off_by_about(0));
    spans.skewed.iter_mut().for_each(|spans| spans.sort_unstable());
    spans.alone.sort_unstable();
    let (skewed, alone) = (&spans.all_skewed(), &spans.alone);
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
    assert_eq!(stalls(&spans), None);
}

/// The median of either sign that is too long: half of all cycles may stall, and the median of all does not show it.
fn stalls(spans: &Spans) -> Option<i64> {
    let alone = Spans::median(&spans.alone);
    let medians = spans.skewed.iter().map(|spans| Spans::median(spans));
    medians.into_iter().find(|skewed| *skewed > OFFSET + MOMENT.max(2 * alone))
}

/// The control.
#[test]
fn a_stall_of_one_sign_is_seen() {
    let (well, late) = (vec![OFFSET + MS; 5], vec![OFFSET + 3 * MOMENT; 5]);
    let alone = vec![MS; 10];
    assert_eq!(stalls(&Spans { skewed: [well.clone(), well.clone()], alone: alone.clone() }), None);
    let one_sign = Spans { skewed: [late, vec![OFFSET + MS; 7]], alone };
    assert_eq!(Spans::median(&one_sign.all_skewed()), OFFSET + MS, "the median of all says nothing of it");
    assert_eq!(stalls(&one_sign), Some(OFFSET + 3 * MOMENT));
}

/// A minute with the machine to itself: no cycle at all.
fn never_stalls(program: Program) {
    let Some(spans) = under_load(program, Duration::from_secs(60)) else { return };
    let (skewed, alone) = (Spans::worst(&spans.all_skewed()), Spans::worst(&spans.alone));
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
