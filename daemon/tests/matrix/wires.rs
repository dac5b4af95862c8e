//! Network rows: datagrams to a peer and back, counted and timed by plain sockets in the victim's network.

use std::collections::BTreeSet;
use std::time::Duration;

use chaosgated::contract::{self, Bandwidth, Direction, InjectRequest, Netem, NetworkFault, Partition, inject_request};

use super::table::{Shape, is_user_mode_linux};
use super::trial::{Seen, Trial, must};
use crate::client::a_partition;
use crate::daemon::Site;
use crate::wire::lab::{Host, Lab};
use crate::wire::traffic::{Echo, echoes_within};

/// Bytes of a datagram's frame beside its contents: Ethernet, IPv4 and UDP.
const HEADERS: usize = 14 + 20 + 8;
const FRAME: usize = 1000;
/// A busy machine wakes a thread late once; a fault that is wrong is wrong every time.
const TRIES: usize = 5;

pub struct Wire {
    shape: Shape,
    lab: Lab,
    site: Site,
    /// The victim's rules, qdiscs and devices before any fault.
    before: Vec<String>,
    is_gone: bool,
    _echoes: [Echo; 2],
}

impl Wire {
    pub fn new(shape: Shape, site: Site) -> Wire {
        let lab = Lab::new();
        let before = lab.victim.footprint();
        let _echoes = [Echo::on(&lab.peer), Echo::on(&lab.other)];
        Wire { shape, lab, site, before, is_gone: false, _echoes }
    }

    /// With a rule of our own, as somebody else's firewall would.
    pub fn cut_by_hand(&self) {
        cut(&self.lab.victim, &self.lab.peer);
    }

    pub fn cut_the_twin_by_hand(&self) {
        cut(&self.lab.twin, &self.lab.peer);
    }

    fn comes_back(&self, from: &Host, to: &Host) -> Burst {
        let (count, size, gap) = match self.shape {
            Shape::Delay | Shape::Partition => (20, 100, Duration::from_millis(5)),
            Shape::Loss | Shape::Duplicate | Shape::Corrupt => (400, 120, Duration::from_micros(500)),
            Shape::Reorder => (100, 100, Duration::from_millis(1)),
            Shape::Rate => (20, FRAME - HEADERS, Duration::ZERO),
            Shape::Bandwidth => (40, FRAME - HEADERS, Duration::ZERO),
        };
        let heard = echoes_within(from, &to.v4, count, size, gap, silence());
        let heard = heard.into_iter().map(|(number, took)| (number, took.as_secs_f64() * 1e3)).collect();
        Burst { sent: count as usize, heard }
    }
}

fn cut(from: &Host, to: &Host) {
    from.run(&["iptables", "-t", "mangle", "-A", "OUTPUT", "-d", &to.v4, "-j", "DROP"]);
}

/// Numbers of the datagrams that came back, in their order, and their milliseconds.
struct Burst {
    sent: usize,
    heard: Vec<(u32, f64)>,
}

impl Burst {
    fn ms(&self, place: usize) -> f64 {
        self.heard.get(place).map_or(f64::NAN, |heard| heard.1)
    }

    fn median_ms(&self) -> f64 {
        let mut all: Vec<f64> = self.heard.iter().map(|heard| heard.1).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::INFINITY)
    }

    fn fastest_ms(&self) -> f64 {
        self.heard.iter().map(|heard| heard.1).fold(f64::INFINITY, f64::min)
    }

    fn distinct(&self) -> usize {
        self.heard.iter().map(|heard| heard.0).collect::<BTreeSet<_>>().len()
    }

    /// Four standard deviations of a binomial count: a cell that flickers once in ten thousand runs.
    fn is_share(&self, found: usize, share: f64) -> bool {
        let sent = self.sent as f64;
        (found as f64 - sent * share).abs() <= 4.0 * (sent * share * (1.0 - share)).sqrt()
    }

    /// All of them, each once, in order, and at once.
    fn is_unharmed(&self) -> bool {
        let in_order = self.heard.windows(2).all(|pair| pair[0].0 < pair[1].0);
        self.heard.len() == self.sent && in_order && self.median_ms() < 10.0 + slack_ms()
    }

    fn is_as_asked(&self, shape: Shape) -> bool {
        let all = self.heard.len() == self.sent;
        match shape {
            Shape::Delay => all && (99.0..=110.0 + slack_ms()).contains(&self.fastest_ms()),
            Shape::Loss => self.is_share(self.heard.len(), 0.7),
            Shape::Duplicate => self.distinct() == self.sent && self.is_share(self.heard.len().saturating_sub(self.sent), 0.5),
            Shape::Corrupt => self.is_share(self.heard.len(), 0.6),
            // Every fifth overtakes; a neighbour's packet of the kernel's own may be the fifth once or twice.
            Shape::Reorder => all && (18..=20).contains(&self.heard.iter().filter(|heard| heard.1 < 50.0).count()),
            // 50 ms, and 10 ms of the line for each frame of 1,000 bytes.
            Shape::Rate => all && is_near(self.ms(0), 60.0) && is_near(self.ms(9), 150.0) && is_near(self.ms(19), 250.0),
            // Five frames from the bucket, and about twenty from the queue of 20,000 bytes, one every 10 ms.
            Shape::Bandwidth => {
                (23..=27 + slack_ms() as usize / 5).contains(&self.heard.len())
                    && self.ms(0) < 6.0 + slack_ms()
                    && is_near(self.ms(9), 50.0)
                    && is_near(self.ms(19), 150.0)
            }
            Shape::Partition => self.heard.is_empty(),
        }
    }

    fn told(&self) -> String {
        let (first, tenth, last) = (self.ms(0), self.ms(9), self.ms(self.heard.len().saturating_sub(1)));
        let (heard, distinct, median) = (self.heard.len(), self.distinct(), self.median_ms());
        format!(
            "{heard} of {} came back ({distinct} distinct), median {median:.1} ms; first {first:.1}, tenth {tenth:.1}, last {last:.1} ms",
            self.sent
        )
    }
}

/// A burst takes a few milliseconds to be sent, and each echo's clock starts when its own datagram was.
fn is_near(found_ms: f64, expected_ms: f64) -> bool {
    (found_ms - expected_ms).abs() <= 6.0 + 2.0 * slack_ms()
}

/// A kernel that runs as a process of another schedules coarsely, and its clock comes in ticks of 10 ms under load.
fn slack_ms() -> f64 {
    if is_user_mode_linux() { 15.0 } else { 0.0 }
}

/// After which nothing comes any more: the longest that anything is held here is a quarter of a second.
fn silence() -> Duration {
    Duration::from_millis(if is_user_mode_linux() { 700 } else { 350 })
}

/// By any of several looks.
fn seen(what: &str, look: impl Fn() -> Burst, holds: impl Fn(&Burst) -> bool) -> Seen {
    let mut told = Vec::new();
    for _ in 0..TRIES {
        let burst = look();
        if holds(&burst) {
            return Ok(());
        }
        told.push(burst.told());
    }
    Err(format!("{what}: {}", told.join(" / ")))
}

impl Trial for Wire {
    fn site(&self) -> &Site {
        &self.site
    }

    fn request(&self, run: &str) -> InjectRequest {
        let peer = |address: &str| contract::Peer { cidr: address.to_owned(), ..Default::default() };
        let fault = NetworkFault {
            direction: Direction::To.into(),
            peers: vec![peer(&self.lab.peer.v4), peer(&self.lab.peer.v6)],
            ..fault(self.shape)
        };
        InjectRequest {
            run_id: run.to_owned(),
            fault: Some(inject_request::Fault::Network(fault)),
            ..a_partition(&self.site, "f1", self.lab.victim.as_victim().pid)
        }
    }

    fn feels(&mut self) -> Seen {
        seen("the victim", || self.comes_back(&self.lab.victim, &self.lab.peer), |burst| burst.is_as_asked(self.shape))
    }

    fn is_healed(&mut self) -> Seen {
        let footprint = self.lab.victim.footprint();
        must(footprint == self.before, || format!("left behind: {footprint:?}, before {:?}", self.before))?;
        seen("the victim", || self.comes_back(&self.lab.victim, &self.lab.peer), Burst::is_unharmed)
    }

    fn neighbours_are_well(&mut self) -> Seen {
        seen("the twin", || self.comes_back(&self.lab.twin, &self.lab.peer), Burst::is_unharmed)?;
        seen("the peer that was not named", || self.comes_back(&self.lab.victim, &self.lab.other), Burst::is_unharmed)
    }

    fn marks(&self) -> Vec<String> {
        if self.is_gone {
            // A network that nobody is in does not exist; its rules went with it.
            return Vec::new();
        }
        self.lab.victim.footprint().into_iter().filter(|line| !self.before.contains(line)).collect()
    }

    fn is_meant(&self, back_end: &str) -> Seen {
        let is_real = !is_user_mode_linux() || back_end != "packet-queue";
        must(is_real, || "it went by the packet queue, on a kernel that has netem".to_owned())
    }

    fn kill_victim(&mut self) {
        self.lab.victim.leave();
        self.is_gone = true;
    }
}

fn fault(shape: Shape) -> NetworkFault {
    let still = Netem { seed: 11, ..Default::default() };
    let netem = |netem| NetworkFault { netem: Some(netem), ..Default::default() };
    match shape {
        Shape::Delay => netem(Netem { delay_us: 100_000, ..still }),
        Shape::Loss => netem(Netem { loss: 30.0, ..still }),
        Shape::Duplicate => netem(Netem { duplicate: 50.0, ..still }),
        Shape::Corrupt => netem(Netem { corrupt: 40.0, ..still }),
        Shape::Reorder => netem(Netem { delay_us: 100_000, reorder: 100.0, reorder_gap: 5, ..still }),
        Shape::Rate => netem(Netem { delay_us: 50_000, rate: 100_000, ..still }),
        Shape::Bandwidth => {
            let bandwidth = Bandwidth { rate: 100_000, limit: 20_000, buffer: 5_000, ..Default::default() };
            NetworkFault { bandwidth: Some(bandwidth), ..Default::default() }
        }
        Shape::Partition => NetworkFault { partition: Some(Partition {}), ..Default::default() },
    }
}
