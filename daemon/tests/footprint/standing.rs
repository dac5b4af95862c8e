//! Idle, then a hundred faults at once: what they cost while they stand, and how long it takes until all of them are gone.

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Runner;
use crate::crowd::{ALL, Crowd};
use crate::daemon::Site;
use crate::lab;
use crate::meter::{Meter, cpu_of_queues, peak_rss_of, percent_of_a_core, quantile};

const LOOKED_AT: Duration = Duration::from_secs(20);
const LEASE: Duration = Duration::from_secs(15);
const LEASE_FLAGS: [&str; 4] = ["--lease-expires-after", "15s", "--lease-renew-every", "5s"];
const RENEW_EVERY: Duration = Duration::from_secs(4);

/// Injects all of them and renews meanwhile; how long each took, the daemon's own look whether it is felt included.
fn inject_all(runner: &mut Runner, crowd: &Crowd, site: &Site, run: &str) -> Vec<f64> {
    let mut renewed = Instant::now();
    let one = |request| {
        let asked = Instant::now();
        runner.inject(request).expect("a permitted fault");
        let took = asked.elapsed().as_secs_f64() * 1e3;
        if renewed.elapsed() > RENEW_EVERY {
            runner.renew(run, 1).expect("in time");
            renewed = Instant::now();
        }
        took
    };
    crowd.requests(site, run).into_iter().map(one).collect()
}

fn all_gone_within(site: &Site, limit: Duration) -> Option<Duration> {
    let asked = Instant::now();
    while asked.elapsed() < limit {
        if site.records() == 0 {
            return Some(asked.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

fn stand(runner: &mut Runner, run: &str) {
    let started = Instant::now();
    while started.elapsed() < LOOKED_AT {
        runner.renew(run, 1).expect("in time");
        std::thread::sleep(RENEW_EVERY);
    }
}

struct EndsWithUs(Child);

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        lab::end(&mut self.0);
    }
}

#[test]
#[ignore = "prints figures and takes two minutes: make bench-daemon"]
fn a_hundred_faults_stand_and_all_of_them_end() {
    let mut site = Site::new("footprint");
    let meter = Meter::of(&mut site);
    let keeper = EndsWithUs(site.command(&["keep"]).spawn().expect("the keeper starts"));
    let daemon = site.serve_local(&LEASE_FLAGS);
    let mut runner = Runner::of(&site, &daemon);
    let pid = daemon.child.id();
    std::thread::sleep(Duration::from_secs(1));

    let (spent, since) = (meter.cpu(), Instant::now());
    std::thread::sleep(LOOKED_AT);
    let idle_cpu = percent_of_a_core(meter.cpu() - spent, since);
    let (idle_mb, idle_daemon) = (meter.peak_mb(pid), peak_rss_of(pid));

    let mut crowd = Crowd::gather(&site);
    crowd.assert_nobody_feels();
    let took = inject_all(&mut runner, &crowd, &site, "t1-0");
    crowd.assert_all_feel();

    let (spent, of_queues, passed, since) = (meter.cpu(), cpu_of_queues(pid), crowd.delayed(), Instant::now());
    stand(&mut runner, "t1-0");
    let (of_queues, passed) = (cpu_of_queues(pid) - of_queues, crowd.delayed() - passed);
    let cpu = percent_of_a_core((meter.cpu() - spent).saturating_sub(of_queues), since);
    let queue_cpu = percent_of_a_core(of_queues, since);
    let passed_per_second = passed as f64 / since.elapsed().as_secs_f64();
    let standing_mb = meter.peak_mb(pid);
    crowd.assert_all_feel();
    runner.renew("t1-0", 1).expect("in time");

    let asked = Instant::now();
    let panic = site.command(&["panic"]).output().expect("it starts");
    let panic_ms = asked.elapsed().as_secs_f64() * 1e3;
    let said = String::from_utf8_lossy(&panic.stdout).into_owned();
    assert!(panic.status.success() && said.contains(&format!("{ALL} undone, 0 not undone")), "{said}");
    crowd.assert_nobody_feels();
    assert_eq!(site.records(), 0);

    inject_all(&mut runner, &crowd, &site, "t1-1");
    crowd.assert_all_feel();
    let renewed = Instant::now();
    runner.renew("t1-1", 1).expect("in time");
    std::thread::sleep((LEASE - Duration::from_millis(200)).saturating_sub(renewed.elapsed()));
    assert_eq!(site.records(), ALL, "not before the lease's end");
    all_gone_within(&site, Duration::from_secs(20)).expect("the lease has ended");
    let overrun_ms = renewed.elapsed().saturating_sub(LEASE).as_secs_f64() * 1e3;
    crowd.assert_nobody_feels();

    println!(
        "\nfigures {}",
        json!({
            "idle_rss_mb": idle_mb, "idle_cpu_percent": idle_cpu, "idle_daemon_rss_mb": idle_daemon,
            "keeper_rss_mb": peak_rss_of(keeper.0.id()),
            "faults100_rss_mb": standing_mb, "faults100_cpu_percent": cpu, "faults100_daemon_rss_mb": peak_rss_of(pid),
            "queue_cpu_percent": queue_cpu, "queue_packets_per_second": passed_per_second,
            "queue_us_per_packet": of_queues.as_secs_f64() * 1e6 / passed as f64,
            "crowd_inject_p50_ms": quantile(&took, 0.5), "crowd_inject_p99_ms": quantile(&took, 0.99),
            "panic_100_faults_ms": panic_ms, "lease_expiry_overrun_ms": overrun_ms,
        })
    );
}
