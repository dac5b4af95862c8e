//! Speed: netem's line and the token bucket. What arrives is timed and counted at the peer.

use std::time::Duration;

use chaosgated::fault::{Bandwidth, BytesPerSecond, Direction, Netem, NetworkAct, NetworkFault, Peak};

use chaosgated::effect::BackEnd;

use crate::faults::{back_end, both_families, during, during_by, shaped, slack_ms, still};
use crate::lab::Lab;
use crate::traffic::{Echo, echoes};

/// Bytes of a datagram's frame beside its contents: Ethernet, IPv4 and UDP.
const HEADERS: usize = 14 + 20 + 8;
const FRAME: usize = 1000;

/// A busy machine wakes a thread late once; a back end that is wrong is wrong every time.
const TRIES: usize = 3;

fn rate(bytes_per_second: u64) -> BytesPerSecond {
    BytesPerSecond::new(bytes_per_second).expect("not zero")
}

fn bandwidth(direction: Direction, peak: Option<Peak>) -> NetworkFault {
    let act = NetworkAct::Bandwidth(Bandwidth { rate: rate(100_000), limit: 20_000, buffer: 5_000, peak });
    NetworkFault { act, ..NetworkFault::partition(direction) }
}

/// Numbers and round trips in milliseconds of frames of one size that are sent at once.
fn burst(lab: &Lab, from: &crate::lab::Host, count: u32) -> Vec<(u32, f64)> {
    let echoes = echoes(from, &lab.peer.v4, count, FRAME - HEADERS, Duration::ZERO);
    echoes.into_iter().map(|(number, took)| (number, took.as_secs_f64() * 1e3)).collect()
}

fn is_near(found_ms: f64, expected_ms: f64) -> bool {
    // A burst takes a few milliseconds to be sent, and each echo's clock starts when its own datagram was.
    (found_ms - expected_ms).abs() <= 6.0 + 2.0 * slack_ms()
}

/// The kernel's bucket, which many kernels have that lack netem, and ours.
fn both_ways_by_both() -> impl Iterator<Item = (Direction, BackEnd)> {
    let directions = [Direction::To, Direction::From].into_iter();
    directions.flat_map(|direction| [back_end(), BackEnd::PacketQueue].map(|back_end| (direction, back_end)))
}

#[test]
fn a_bandwidth_lets_a_burst_pass_then_its_rate_and_loses_what_does_not_fit() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    assert_eq!(burst(&lab, &lab.victim, 40).len(), 40, "nothing is lost before the fault");
    for (direction, back_end) in both_ways_by_both() {
        let (tries, spared) = during_by(back_end, &lab, &bandwidth(direction, None), |_| {
            ([(); TRIES].map(|()| burst(&lab, &lab.victim, 40)), burst(&lab, &lab.twin, 40))
        });
        // Five frames from the bucket, and about twenty from the queue of 20,000 bytes, one every 10 ms.
        let is_right = |hit: &Vec<(u32, f64)>| {
            let late = |place: usize| hit[place].1;
            (23..=27 + slack_ms() as usize / 5).contains(&hit.len())
                && late(0) < 6.0 + slack_ms()
                && is_near(late(9), 50.0)
                && is_near(late(19), 150.0)
        };
        assert!(tries.iter().any(is_right), "{back_end:?} {direction:?}: {tries:?}");
        assert_eq!(spared.len(), 40, "the twin is not slowed");
        assert!(spared.iter().all(|(_, ms)| *ms < 10.0 + slack_ms()), "{spared:?}");
    }
    let healed = burst(&lab, &lab.victim, 40);
    assert!(healed.len() == 40 && healed.iter().all(|(_, ms)| *ms < 10.0 + slack_ms()), "{healed:?}");
}

#[test]
fn a_bandwidth_to_one_peer_leaves_the_other_its_speed() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    let fault = NetworkFault { peers: both_families(&lab.peer, None), ..bandwidth(Direction::To, None) };
    during(&lab, &fault, |_| {
        assert!(burst(&lab, &lab.victim, 40).len() < 30, "the named peer gets little");
        let spared = echoes(&lab.victim, &lab.other.v6, 40, FRAME - HEADERS, Duration::ZERO);
        assert_eq!(spared.len(), 40);
    });
}

#[test]
fn a_peak_rate_spreads_the_burst() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let peak = Peak { rate: rate(200_000), minburst: 1_600 };
    for back_end in [back_end(), BackEnd::PacketQueue] {
        let hit = during_by(back_end, &lab, &bandwidth(Direction::To, Some(peak)), |_| burst(&lab, &lab.victim, 4));
        // Without the peak all four pass at once; with it one frame's time of 5 ms lies between two, less what the small bucket holds.
        assert_eq!(hit.len(), 4, "{back_end:?}");
        assert!(is_near(hit[3].1, 12.0) && hit[3].1 > 6.0, "{back_end:?}: {hit:?}");
    }
}

#[test]
fn a_rate_makes_a_line_of_netems_kind() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for direction in [Direction::To, Direction::From] {
        let netem = Netem { delay: Duration::from_millis(50), rate: Some(rate(100_000)), ..still() };
        let tries = during(&lab, &shaped(direction, netem), |_| [(); TRIES].map(|()| burst(&lab, &lab.victim, 20)));
        let is_right = |hit: &Vec<(u32, f64)>| is_near(hit[0].1, 60.0) && is_near(hit[9].1, 150.0) && is_near(hit[19].1, 250.0);
        assert!(tries.iter().all(|hit| hit.len() == 20), "{direction:?}: a line loses nothing");
        assert!(tries.iter().any(is_right), "{direction:?}: {tries:?}");
    }
}

#[test]
fn every_gapth_packet_overtakes_what_is_held() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let netem = Netem { delay: Duration::from_millis(100), reorder: crate::faults::percent(100.0), gap: 5, ..still() };
    for direction in [Direction::To, Direction::From] {
        let found = during(&lab, &shaped(direction, netem.clone()), |_| {
            echoes(&lab.victim, &lab.peer.v4, 100, 100, Duration::from_millis(1))
        });
        assert_eq!(found.len(), 100, "{direction:?}: reordering loses nothing");
        let early = found.iter().filter(|(_, took)| took.as_secs_f64() < 0.05).count();
        // A neighbour's packet of the kernel's own may be the fifth once or twice.
        assert!((18..=20).contains(&early), "{direction:?}: {early} of 100 overtook");
        assert!(found.windows(2).any(|pair| pair[0].0 > pair[1].0), "the order is another");
    }
    let healed = echoes(&lab.victim, &lab.peer.v4, 100, 100, Duration::from_millis(1));
    assert!(healed.windows(2).all(|pair| pair[0].0 < pair[1].0), "the order is kept without the fault");
}
