//! How long a fault takes to be in place and felt, and to be gone, as its caller waits for it. The victim's traffic is a thousand
//! datagrams a second, so that the look whether it is felt waits for the fault and not for somebody to send.

use std::time::{Duration, Instant};

use chaosgated::contract::{FreezeFault, InjectRequest, inject_request::Fault};
use serde_json::json;

use crate::client::Runner;
use crate::crowd::{Container, a_delay, a_partition, request};
use crate::daemon::Site;
use crate::meter::quantile;
use crate::streets::Streets;

const TIMES: usize = 40;
/// The look whether a delay is felt ends when the first packet has been held for so long.
const DELAY: Duration = Duration::from_millis(5);

/// Milliseconds of injecting and of reverting.
#[derive(Default)]
struct Took {
    inject: Vec<f64>,
    revert: Vec<f64>,
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

impl Took {
    fn once(&mut self, runner: &mut Runner, request: InjectRequest) {
        let (run, fault) = (request.run_id.clone(), request.fault_id.clone());
        let asked = Instant::now();
        let felt = runner.inject(request).expect("a permitted fault").receipt.and_then(|receipt| receipt.felt);
        self.inject.push(ms(asked));
        assert!(felt.as_ref().is_some_and(|felt| felt.measured && felt.felt), "{felt:?}");
        runner.renew(&run, 1).expect("in time");
        let asked = Instant::now();
        let reverted = runner.revert(&run, &fault, 1).expect("reverted");
        self.revert.push(ms(asked));
        assert_eq!(reverted.failures, []);
    }

    fn of(runner: &mut Runner, site: &Site, kind: &str, pid: u32, fault: &Fault) -> Took {
        let mut took = Took::default();
        for time in 0..TIMES {
            took.once(runner, request(site, "t1-0", &format!("{kind}-{time}"), pid, fault.clone()));
        }
        took
    }
}

/// A kill has nothing to revert, and takes another victim each time.
fn kills(runner: &mut Runner, site: &Site) -> Vec<f64> {
    let kill = Fault::Process(chaosgated::contract::ProcessFault { signal: libc::SIGKILL });
    let one = |time| {
        let victim = Container::new(&["freezer"]);
        let asked = Instant::now();
        runner.inject(request(site, "t1-0", &format!("kill-{time}"), victim.ticker.pid(), kill.clone())).expect("permitted");
        let took = ms(asked);
        runner.renew("t1-0", 1).expect("in time");
        took
    };
    (0..TIMES / 2).map(one).collect()
}

#[test]
#[ignore = "prints figures and takes half a minute: make bench-daemon"]
fn network_and_process_faults_are_prompt() {
    let site = Site::new("promptness");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let streets = Streets::with_lanes(&[1, 1]);
    let frozen = Container::new(&["freezer"]);
    let mut of = |kind, pid, fault: Fault| Took::of(&mut runner, &site, kind, pid, &fault);
    let partition = of("partition", streets.pid(0), a_partition());
    let queue = of("queue", streets.pid(1), a_delay(DELAY));
    let freeze = of("freeze", frozen.ticker.pid(), Fault::Freeze(FreezeFault {}));
    let kill = kills(&mut runner, &site);
    let inject = [&partition.inject[..], &queue.inject, &freeze.inject, &kill].concat();
    let revert = [&partition.revert[..], &queue.revert, &freeze.revert].concat();
    let p99 = |values: &[f64]| quantile(values, 0.99);
    println!(
        "\nfigures {}",
        json!({
            "inject_p50_ms": quantile(&inject, 0.5), "inject_p99_ms": p99(&inject), "revert_p99_ms": p99(&revert),
            "inject_partition_p99_ms": p99(&partition.inject), "inject_queue_p99_ms": p99(&queue.inject),
            "inject_freeze_p99_ms": p99(&freeze.inject), "inject_kill_p99_ms": p99(&kill),
        })
    );
}
