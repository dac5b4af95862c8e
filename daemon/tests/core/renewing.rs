//! Ten thousand renewals at once: each is answered, the lease ends when the last of them says, and the daemon stays small.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chaosgated::contract::RenewRequest;
use chaosgated::contract::node_daemon_service_client::NodeDaemonServiceClient;
use chaosgated::contract::watch_response::Kind;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::client::{Runner, a_partition};
use crate::daemon::{Daemon, Site};
use crate::lab::{Lab, two_labs};
use crate::vitals::Vitals;

const RENEWALS: usize = 10_000;
/// As many as the daemon takes of one connection at once, so that all of them are under way in the daemon.
const ON_ONE_CONNECTION: usize = 64;
const TERM: Duration = Duration::from_secs(6);
/// What a request may cost while it waits for its turn, all that its connection needs included.
const MOST_OF_EACH_KIB: f64 = 8.0;
/// What the daemon keeps for its next callers, and the pages of its program that it has come to use.
const KEPT_KIB: u64 = 6 * 1024;

/// When it was asked and answered, and how much was left of the lease by the answer, or what else was said.
struct Renewal {
    asked: Instant,
    answered: Instant,
    said: Result<u64, String>,
}

/// Callers who are connected, and call all at once.
struct Crowd {
    runtime: Runtime,
    channels: Vec<Channel>,
}

impl Crowd {
    fn of(site: &Site, daemon: &Daemon) -> Crowd {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let count = RENEWALS.div_ceil(ON_ONE_CONNECTION);
        let channels = (0..count).map(|_| runtime.block_on(connect(site, daemon))).collect();
        Crowd { runtime, channels }
    }

    fn renews(&self) -> Vec<Renewal> {
        let together = Arc::new(Barrier::new(RENEWALS));
        let channel = |number: usize| self.channels[number / ON_ONE_CONNECTION].clone();
        self.runtime.block_on(async {
            let renewals = (0..RENEWALS).map(|number| renew(channel(number), Arc::clone(&together)));
            renewals.collect::<JoinSet<_>>().join_all().await
        })
    }
}

async fn connect(site: &Site, daemon: &Daemon) -> Channel {
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{}", daemon.port)).expect("an address");
    let endpoint = endpoint.tls_config(site.authority.client(Some(&site.authority))).expect("certificates");
    endpoint.connect().await.expect("the daemon answers")
}

async fn renew(channel: Channel, together: Arc<Barrier>) -> Renewal {
    let mut client = NodeDaemonServiceClient::new(channel);
    together.wait().await;
    let asked = Instant::now();
    let answer = client.renew(RenewRequest { run_id: "t1-0".to_owned(), epoch: 1 }).await;
    let said = answer.map(|answer| answer.into_inner().remaining_us).map_err(|refused| refused.to_string());
    Renewal { asked, answered: Instant::now(), said }
}

/// Looks until the rules are as they were.
fn sees_the_end(lab: &Lab, rules: &str) -> Instant {
    while lab.rules() != rules {
        std::thread::sleep(Duration::from_millis(2));
    }
    Instant::now()
}

fn assert_all_were_renewed(renewals: &[Renewal]) {
    let wrong: Vec<_> = renewals.iter().filter(|renewal| renewal.said != Ok(TERM.as_micros() as u64)).collect();
    assert!(wrong.is_empty(), "{} of {RENEWALS}, first: {:?}", wrong.len(), wrong[0].said);
    let first = renewals.iter().map(|renewal| renewal.asked).min().expect("some");
    println!("{RENEWALS} renewals in {:?}", last_of(renewals).answered - first);
}

fn last_of(renewals: &[Renewal]) -> &Renewal {
    renewals.iter().max_by_key(|renewal| renewal.answered).expect("some")
}

/// The control is the second run, which nobody renews: its lease ends at its own time, whatever goes on beside it.
#[test]
fn ten_thousand_renewals_at_once_are_answered_and_the_lease_ends_after_the_last() {
    let Some((renewed, forgotten)) = two_labs() else { return };
    let site = Site::new("renewing");
    let mut daemon = site.serve_local(&["--lease-expires-after", "6s", "--lease-renew-every", "2s"]);
    let (mut runner, rules) = (Runner::of(&site, &daemon), renewed.rules());
    let before = Vitals::of(&mut daemon.child);
    let crowd = Crowd::of(&site, &daemon);
    let connected = Vitals::of(&mut daemon.child);
    let mut events = runner.watch();
    runner.inject(a_partition(&site, "f1", renewed.victim_pid())).expect("a permitted fault");
    let mut other = a_partition(&site, "f1", forgotten.victim_pid());
    other.run_id = "t1-1".to_owned();
    let injected = Instant::now();
    runner.inject(other).expect("a permitted fault");

    let renewals = std::thread::scope(|scope| {
        let ends = scope.spawn(|| sees_the_end(&forgotten, &rules));
        assert_all_were_renewed(&crowd.renews());
        let once = Vitals::of(&mut daemon.child);
        let renewals = crowd.renews();
        assert_all_were_renewed(&renewals);
        let twice = Vitals::of(&mut daemon.child);
        let [before, connected, once, twice] = [&before, &connected, &once, &twice].map(|vitals| vitals.peak_kib);
        println!("peak: {before} KiB before, {connected} with all connections, {once} after once, {twice} after twice");
        let of_each = (twice - before) as f64 / RENEWALS as f64;
        assert!(of_each < MOST_OF_EACH_KIB, "{of_each} KiB for each");
        let lapsed = ends.join().expect("no panic") - injected;
        println!("the lease that nobody renewed ended after {lapsed:?}");
        assert!(lapsed >= TERM && lapsed < TERM + Duration::from_millis(500), "{lapsed:?}");
        renewals
    });
    let (ended, last) = (sees_the_end(&renewed, &rules), last_of(&renewals));
    println!("the renewed one ended {:?} after its last renewal", ended - last.answered);
    assert!(ended - last.asked >= TERM, "not before its end");
    assert!(ended - last.answered < TERM + Duration::from_millis(500), "{:?} after the last", ended - last.answered);
    let told = [0; 2].map(|_| runner.next(&mut events).expect("told").kind());
    assert_eq!(told, [Kind::LeaseExpired; 2]);
    drop((runner, events, crowd));
    let before = Vitals { resident_kib: before.resident_kib + KEPT_KIB, ..before };
    assert_eq!(Vitals::harm_since(&before, &mut daemon.child), Vec::<String>::new(), "what the crowd needed is given back");
    println!("afterwards {:?}", Vitals::of(&mut daemon.child));
}
