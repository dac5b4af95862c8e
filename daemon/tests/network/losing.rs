use std::collections::BTreeSet;
use std::time::Duration;

use chaosgated::fault::{Direction, Netem, NetworkFault};

use crate::faults::{during, percent, shaped, still};
use crate::lab::{Host, Lab};
use crate::traffic::{Echo, echoes};

const SENT: u32 = 400;

fn came_back(from: &Host, to: &Host) -> Vec<u32> {
    let times = echoes(from, &to.v4, SENT, 120, Duration::from_micros(500));
    times.into_iter().map(|(number, _)| number).collect()
}

fn distinct(numbers: &[u32]) -> usize {
    numbers.iter().collect::<BTreeSet<_>>().len()
}

/// Four standard deviations of a binomial count: a test that flickers once in ten thousand runs.
fn is_near(found: usize, share: f64) -> bool {
    let expected = f64::from(SENT) * share;
    (found as f64 - expected).abs() <= 4.0 * (f64::from(SENT) * share * (1.0 - share)).sqrt()
}

#[test]
fn a_share_of_the_packets_is_lost_in_either_direction() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let netem = Netem { loss: percent(30.0), ..still() };
    for direction in [Direction::To, Direction::From] {
        let (hit, spared) = during(&lab, &shaped(direction, netem.clone()), |_| {
            (came_back(&lab.victim, &lab.peer).len(), came_back(&lab.twin, &lab.peer).len())
        });
        assert!(is_near(hit, 0.7), "{direction:?}: {hit} of {SENT} came back");
        assert_eq!(spared, SENT as usize);
    }
    let healed = came_back(&lab.victim, &lab.peer).len();
    assert!(!is_near(healed, 0.7) && healed == SENT as usize, "{healed} of {SENT} after the fault");
}

#[test]
fn everything_lost_is_everything_lost_but_not_for_others() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    let netem = Netem { loss: percent(100.0), ..still() };
    let fault = NetworkFault { peers: crate::faults::both_families(&lab.peer, None), ..shaped(Direction::To, netem) };
    let (named, unnamed) = during(&lab, &fault, |_| (came_back(&lab.victim, &lab.peer), came_back(&lab.victim, &lab.other)));
    assert_eq!((named.len(), unnamed.len()), (0, SENT as usize));
}

#[test]
fn duplicated_packets_arrive_twice_in_either_direction() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let netem = Netem { duplicate: percent(50.0), ..still() };
    assert_eq!(came_back(&lab.victim, &lab.peer).len(), SENT as usize, "nothing is doubled before the fault");
    for direction in [Direction::To, Direction::From] {
        let numbers = during(&lab, &shaped(direction, netem.clone()), |_| came_back(&lab.victim, &lab.peer));
        assert_eq!(distinct(&numbers), SENT as usize, "{direction:?}: none is lost");
        assert!(is_near(numbers.len() - SENT as usize, 0.5), "{direction:?}: {} of {SENT} came back", numbers.len());
    }
}

#[test]
fn corrupted_packets_are_thrown_away_by_the_receivers_checksum() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let netem = Netem { corrupt: percent(40.0), ..still() };
    for direction in [Direction::To, Direction::From] {
        let numbers = during(&lab, &shaped(direction, netem.clone()), |_| came_back(&lab.victim, &lab.peer));
        assert!(is_near(numbers.len(), 0.6), "{direction:?}: {} of {SENT} came back whole", numbers.len());
    }
    assert!(!is_near(came_back(&lab.victim, &lab.peer).len(), 0.6), "the same count does not come without the fault");
}
