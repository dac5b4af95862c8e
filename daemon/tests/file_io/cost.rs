//! What ten file faults cost the node. Figures for people, so it runs only when asked for, and in release:
//! `cargo test --release --test file_io cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use chaosgated::contract::FileMethod as M;

use crate::faults::latency;
use crate::stage::stage;

fn of_status(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("alive");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").parse().unwrap_or_default()
}

/// In clock ticks of 10 ms.
fn cpu(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("alive");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
    fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")
}

#[test]
#[ignore = "prints figures and takes half a minute"]
fn what_ten_file_faults_cost() {
    let mut stage = stage("cost").expect("figures need namespaces");
    let (daemon, keeper) = (stage.daemon.child.id(), stage.keeper.id());
    println!("idle: daemon {} KiB, keeper {} KiB", of_status(daemon, "VmRSS"), of_status(keeper, "VmRSS"));
    let mut took = Vec::new();
    for fault in 0..10 {
        let volume = stage.site.dir.join(format!("volume-{fault}"));
        std::fs::create_dir(&volume).expect("writable");
        std::fs::write(volume.join("a"), "alpha").expect("writable");
        let path = volume.join("a").display().to_string();
        stage.victim.does(&format!("open f{fault} {path} rw")).text();
        let started = Instant::now();
        stage.inject(&format!("f{fault}"), latency(&volume.display().to_string(), 1, &[M::Read])).expect("a permitted fault");
        took.push(started.elapsed());
    }
    for fault in 0..10 {
        assert!(stage.victim.does(&format!("pread f{fault} 0 5")).ms() >= 1.0);
    }
    println!("injecting, 250 ms of watching included: {took:?}");
    println!("10 faults: daemon {} KiB, keeper {} KiB", of_status(daemon, "VmRSS"), of_status(keeper, "VmRSS"));
    let before = cpu(daemon);
    std::thread::sleep(Duration::from_secs(10));
    println!("10 faults at rest: {} ms of CPU in 10 s", (cpu(daemon) - before) * 10);
    let before = (cpu(daemon), Instant::now());
    let path = stage.site.dir.join("volume-0/a").display().to_string();
    stage.victim.does(&format!("times {path} 3000")).text();
    println!("3000 late reads: {} ms of CPU in {:?}", (cpu(daemon) - before.0) * 10, before.1.elapsed());
    let started = Instant::now();
    stage.revert("");
    println!("reverting all 10: {:?}; daemon {} KiB after", started.elapsed(), of_status(daemon, "VmRSS"));
    stage.assert_nothing_left();
}
