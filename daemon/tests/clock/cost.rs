//! A skewed read costs what an unskewed one does: telemetry of the victim is not bent by the fault that it watches.

use std::collections::BTreeMap;

use crate::victims::{MS, Program, REALTIME, Scene, Victim};

const PROCESSES: usize = 5;

/// Median over the processes of skewed / plain, each process compared with itself.
fn medians(ratios: &[BTreeMap<&'static str, f64>], name: &str) -> f64 {
    let mut sorted: Vec<f64> = ratios.iter().map(|ratios| ratios[name]).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
fn a_skewed_read_costs_what_an_unskewed_one_does() {
    let names = ["clock_gettime", "monotonic", "coarse", "gettimeofday", "time", "system_call"];
    let mut ratios = Vec::new();
    for process in 0..PROCESSES {
        let Some(mut victim) = Victim::start(Program::C, &[]) else { return };
        let plain = victim.ask("cost");
        let mut scene = Scene::new(&format!("cost-{process}"));
        scene.skews("f1", victim.pid(), REALTIME, 150 * MS);
        let skewed = victim.ask("cost");
        scene.reverts("f1");
        println!("ps per read: plain {plain:?}, skewed {skewed:?}");
        ratios.push(names.map(|name| (name, skewed[name] as f64 / plain[name] as f64)).into_iter().collect::<BTreeMap<_, _>>());
        // The control: what a trap would cost stands out in the same run.
        assert!(plain["system_call"] > 2 * plain["clock_gettime"], "a system call is far dearer: {plain:?}");
    }
    let median = names.map(|name| (name, medians(&ratios, name)));
    println!("skewed / plain, median of {PROCESSES} processes: {median:.3?}");
    for (name, most) in [("clock_gettime", 1.2), ("gettimeofday", 1.2), ("monotonic", 1.2), ("time", 4.0)] {
        let ratio = medians(&ratios, name);
        assert!(ratio <= most, "{name} costs {ratio:.2} times as much under skew");
    }
}
