//! What the daemon and its keeper cost a node. Figures for people, so it runs only when asked for, and in release:
//! `cargo test --release --test core budget -- --ignored --nocapture`.

use std::time::Duration;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::{self, lab};

/// CPU time in clock ticks of 10 ms, and how often the process's threads have gone to sleep by themselves.
fn spent(pid: u32) -> (u64, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("alive");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
    let ticks = fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("alive").map_while(Result::ok);
    (ticks, tasks.map(|task| of_status(&task.path().join("status"), "voluntary_ctxt_switches")).sum())
}

fn of_status(path: &std::path::Path, name: &str) -> u64 {
    let status = std::fs::read_to_string(path).expect("alive");
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
    value.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

fn resident_kib(pid: u32) -> u64 {
    of_status(std::path::Path::new(&format!("/proc/{pid}/status")), "VmRSS")
}

fn report(what: &str, pid: u32, over: Duration) {
    let (ticks, sleeps) = spent(pid);
    std::thread::sleep(over);
    let (ticks_after, sleeps_after) = spent(pid);
    println!(
        "{what}: {} KiB resident, {} ms of CPU and {} wake-ups in {over:?}",
        resident_kib(pid),
        (ticks_after - ticks) * 10,
        sleeps_after - sleeps
    );
}

#[test]
#[ignore = "prints figures and takes a minute"]
fn what_the_daemon_and_its_keeper_cost() {
    let lab = lab().expect("figures need namespaces");
    let site = Site::new("budget");
    let daemon = site.serve_local(&[]);
    let mut keeper = site.command(&["keep"]).spawn().expect("the keeper starts");
    std::thread::sleep(Duration::from_secs(1));
    let (own, its) = (daemon.child.id(), keeper.id());
    report("keeper", its, Duration::from_secs(10));
    report("daemon, idle, never called", own, Duration::from_secs(20));
    let mut runner = Runner::of(&site, &daemon);
    for fault in 0..20 {
        runner.inject(a_partition(&site, &format!("f{fault}"), lab.victim_pid())).expect("a permitted fault");
    }
    report("daemon, 20 partitions and a connection", own, Duration::from_secs(10));
    assert_eq!(runner.revert("t1-0", "", 1).expect("reverted").reverted, 20);
    report("daemon, idle again with a connection", own, Duration::from_secs(10));
    lab::end(&mut keeper);
}
