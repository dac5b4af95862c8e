//! What a volume costs that goes through a fault which meets nothing there. Figures are printed; the bounds are wide.

use chaosgated::contract::{FileIoFault, FileMethod as M};

use crate::faults::latency;
use crate::stage::{Stage, stage};

const BYTES: usize = 256 << 20;

/// Megabytes per second written and read, and microseconds for a look.
fn measure(stage: &mut Stage) -> [f64; 3] {
    let path = stage.path("big");
    let said = stage.victim.does(&format!("throughput {path} {BYTES}")).text();
    stage.victim.does(&format!("unlink {path}")).text();
    let mut figures = said.split(' ').map(|figure| figure.parse().expect("a number"));
    std::array::from_fn(|_| figures.next().expect("three figures"))
}

#[test]
fn a_volume_without_an_active_fault_is_nearly_as_fast_as_bare() {
    let Some(mut stage) = stage("speed") else { return };
    let at = stage.volume.display().to_string();
    measure(&mut stage);
    let bare = measure(&mut stage);
    let elsewhere = FileIoFault { path: format!("{at}/sub/*"), ..latency(&at, 1, &[M::Read, M::Write]) };
    stage.inject("f1", elsewhere).expect("a permitted fault");
    let passed = measure(&mut stage);
    stage.revert("f1");
    let watched = FileIoFault { percent: 0.001, ..latency(&at, 1, &[M::Read, M::Write]) };
    stage.inject("f2", watched).expect("a permitted fault");
    let seen = measure(&mut stage);
    stage.revert("f2");
    for (what, [written, read, look]) in [("bare", bare), ("passed through", passed), ("seen by the fault", seen)] {
        println!(
            "{what}: written {written:.0} MB/s ({:.0} %), read {read:.0} MB/s ({:.0} %), a stat {look:.1} us",
            100.0 * written / bare[0],
            100.0 * read / bare[1]
        );
    }
    assert!(
        passed[0] > bare[0] * 0.3 && passed[1] > bare[1] * 0.3,
        "what no fault is about passes at the rate of a bare volume"
    );
    assert!(seen[0] > bare[0] * 0.05 && seen[1] > bare[1] * 0.05, "even what the fault watches is served at a useful rate");
    stage.assert_nothing_left();
}

/// Of one round: megabytes per second written and read in sequence, microseconds for a stat, and small files (written, read and
/// removed) per second.
fn round(stage: &mut Stage) -> [f64; 4] {
    let [written, read, look] = measure(stage);
    let dir = stage.path("sub");
    let took = stage.victim.does(&format!("small {dir} {SMALL}")).took;
    [written, read, look, SMALL as f64 / took.as_secs_f64()]
}

const SMALL: usize = 500;
const ROUNDS: usize = 7;

fn medians(rounds: &[[f64; 4]]) -> [f64; 4] {
    std::array::from_fn(|at| {
        let mut column: Vec<f64> = rounds.iter().map(|round| round[at]).collect();
        column.sort_by(f64::total_cmp);
        column[column.len() / 2]
    })
}

/// `make bench-file-io`: the figures of docs/file-io.md, into the file that CHAOSGATE_BENCH names.
#[test]
#[ignore = "figures for people, a minute"]
fn what_passing_through_costs() {
    let mut stage = stage("bench").expect("figures need namespaces");
    let at = stage.volume.display().to_string();
    let elsewhere = FileIoFault { path: "/nowhere".to_owned(), ..latency(&at, 1, &[M::Read, M::Write]) };
    let watched = FileIoFault { percent: 0.001, ..latency(&at, 1, &[M::Read, M::Write]) };
    measure(&mut stage);
    // Turn about, so that whatever else the machine does falls on all three alike.
    let mut all: [Vec<[f64; 4]>; 3] = Default::default();
    for turn in 0..ROUNDS {
        all[0].push(round(&mut stage));
        for (which, fault) in [(1, &elsewhere), (2, &watched)] {
            let name = format!("f{turn}-{which}");
            stage.inject(&name, fault.clone()).expect("a permitted fault");
            all[which].push(round(&mut stage));
            stage.revert(&name);
        }
    }
    let [bare, passed, seen] = [0, 1, 2].map(|which| medians(&all[which]));
    let of = |figures: [f64; 4]| {
        let share = |at: usize| figures[at] / bare[at];
        serde_json::json!({
            "written_mb_s": figures[0], "read_mb_s": figures[1], "stat_us": figures[2], "small_files_s": figures[3],
            "written_share": share(0), "read_share": share(1), "small_files_share": share(3),
        })
    };
    let report = serde_json::json!({ "rounds": ROUNDS, "bare": of(bare), "passed_through": of(passed), "watched": of(seen) });
    println!("{report:#}");
    if let Ok(path) = std::env::var("CHAOSGATE_BENCH") {
        std::fs::write(path, format!("{report:#}\n")).expect("writable");
    }
    stage.assert_nothing_left();
}
