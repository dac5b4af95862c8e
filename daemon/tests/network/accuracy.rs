//! How exact a back end is, by the times that the peer's kernel notes: delay, jitter, loss, duplicates, order, at several rates.
//! On the host the packet queue; in user-mode Linux it and the kernel's netem, one after the other in the same lab.
//! Each judgement is also passed on the undisturbed way, where it must be the other one. `--nocapture` prints the figures.

use std::time::Duration;

use chaosgated::effect::BackEnd;
use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::{Direction, Netem, NetworkFault};

use crate::cost;
use crate::faults::{inject, percent, shaped, still};
use crate::lab::Lab;
use crate::one_way::{Journey, quantile, travel, undisturbed};
use crate::statistics::{distance, fits_share, may_be_one, uniform};

const DELAY_MS: f64 = 50.0;

fn is_in_another_kernel() -> bool {
    std::env::var("CHAOSGATE_TEST_IN_UML").is_ok()
}

fn back_ends() -> &'static [BackEnd] {
    if is_in_another_kernel() { &[BackEnd::Netem, BackEnd::PacketQueue] } else { &[BackEnd::PacketQueue] }
}

/// User-mode Linux forwards a few thousand packets a second.
fn rates() -> &'static [u32] {
    if is_in_another_kernel() { &[100, 1_000] } else { &[100, 1_000, 10_000] }
}

fn under<T>(lab: &Lab, back_end: BackEnd, fault: &NetworkFault, look: impl FnOnce() -> T) -> T {
    let effects = NetworkEffects::new(back_end);
    let before = lab.victim.footprint();
    let active = inject(&effects, "run-1/measured", fault, &lab.victim).unwrap_or_else(|error| panic!("{error}"));
    let seen = look();
    effects.undo(&active.receipt).expect("undoes");
    assert_eq!(lab.victim.footprint(), before, "nothing is left");
    seen
}

fn to_the_peer(netem: Netem) -> NetworkFault {
    shaped(Direction::To, netem)
}

fn delayed() -> Netem {
    Netem { delay: Duration::from_millis(50), ..still() }
}

/// Median and 99th percentile of how much later than asked for.
fn lateness(sorted: &[f64]) -> (f64, f64) {
    (quantile(sorted, 0.5) - DELAY_MS, quantile(sorted, 0.99) - DELAY_MS)
}

/// Never early, and late by no more than the machine is with whoever sleeps, thrice, and a little for our own work. In another
/// kernel, which is itself a process of a machine that may be busy, the 99th percentile is told and not judged.
fn is_exact(late: (f64, f64), naps_ms: &[f64]) -> bool {
    let bound = |share| 3.0 * quantile(naps_ms, share);
    if is_in_another_kernel() {
        return late.0 > -1.0 && late.0 < bound(0.5) + 5.0;
    }
    late.0 > -0.1 && late.0 < bound(0.5) + 1.0 && late.1 < bound(0.99) + 5.0
}

#[test]
fn a_delay_is_exact_at_every_rate() {
    let lab = Lab::new();
    for rate in rates() {
        let count = (rate * 3).clamp(300, 20_000);
        let usual = travel(&lab, count, *rate);
        assert!(!is_exact(lateness(&usual.times()), &usual.naps_ms), "the judge sees that an undisturbed way is not delayed");
        for back_end in back_ends() {
            // A machine may be busy once; a back end that is wrong is wrong every time.
            let is_once_exact = (0..TRIES).any(|_| is_exact_now(&lab, *back_end, count, *rate));
            assert!(is_once_exact, "{back_end:?} at {rate}/s");
        }
    }
}

const TRIES: usize = 3;

fn is_exact_now(lab: &Lab, back_end: BackEnd, count: u32, rate: u32) -> bool {
    let before = cost::cpu_of_thread("packet-queue");
    let journey = under(lab, back_end, &to_the_peer(delayed()), || travel(lab, count, rate));
    let cpu_us = (cost::cpu_of_thread("packet-queue") - before).as_secs_f64() * 1e6 / f64::from(count);
    let late = lateness(&journey.times());
    let naps = [0.5, 0.99].map(|share| quantile(&journey.naps_ms, share));
    println!(
        "accuracy: {back_end:?} 50 ms at {rate}/s: error median {:.3} ms, p99 {:.3} ms (a sleeper {:.3} and {:.3}), {cpu_us:.1} us of CPU per packet",
        late.0, late.1, naps[0], naps[1]
    );
    assert_eq!(journey.arrivals.len(), count as usize, "{back_end:?} at {rate}/s: a delay loses nothing");
    is_exact(late, &journey.naps_ms)
}

/// A sample as it would be seen if whoever lets a packet go were as late as the sleeper was meanwhile.
fn with_naps(sample: &[f64], naps_ms: &[f64]) -> Vec<f64> {
    // A stride without a common divisor visits the naps in no order of their own.
    let mut seen: Vec<f64> = sample.iter().zip((0..).step_by(7919)).map(|(ms, at)| ms + naps_ms[at % naps_ms.len()]).collect();
    seen.sort_by(f64::total_cmp);
    seen
}

#[test]
fn jitter_has_the_distribution_that_was_asked_for() {
    let lab = Lab::new();
    let (rate, count) = (1_000, 4_000);
    let stated = uniform(30.0, 70.0, 100_000);
    let usual = undisturbed(&lab, count, rate);
    assert!(!may_be_one(&usual, &stated), "the judge sees that an undisturbed way has no jitter");
    for back_end in back_ends() {
        let netem = Netem { jitter: Duration::from_millis(20), ..delayed() };
        let journey = under(&lab, *back_end, &to_the_peer(netem), || travel(&lab, count, rate));
        // What the way itself takes is not the fault's.
        let times: Vec<f64> = journey.times().iter().map(|ms| ms - quantile(&usual, 0.5)).collect();
        let stated = with_naps(&stated, &journey.naps_ms);
        let others = [(20.0, 80.0), (40.0, 60.0)].map(|(low, high)| with_naps(&uniform(low, high, 100_000), &journey.naps_ms));
        println!(
            "accuracy: {back_end:?} 50 ms +- 20 ms: distance {:.4} from the uniform distribution",
            distance(&times, &stated)
        );
        let grain = if is_in_another_kernel() { 0.25 } else { 0.0 };
        assert!(
            may_be_one(&times, &stated) || distance(&times, &stated) < grain,
            "{back_end:?}: {}",
            distance(&times, &stated)
        );
        assert!(others.iter().all(|other| !may_be_one(&times, other)), "{back_end:?}: another width is told apart");
    }
}

#[test]
fn loss_and_duplicates_have_the_shares_that_were_asked_for() {
    let lab = Lab::new();
    let (rate, count) = if is_in_another_kernel() { (1_000, 3_000) } else { (10_000, 20_000) };
    let is_lossless = undisturbed(&lab, count, rate).len() == count as usize;
    assert!(is_lossless, "the undisturbed way loses nothing and doubles nothing");
    assert!(!fits_share(0, count as usize, 0.1), "and the judge sees it");
    for back_end in back_ends() {
        let lossy = Netem { loss: percent(10.0), ..still() };
        let lost = under(&lab, *back_end, &to_the_peer(lossy), || travel(&lab, count, rate));
        let doubling = Netem { duplicate: percent(10.0), ..still() };
        let doubled = under(&lab, *back_end, &to_the_peer(doubling), || travel(&lab, count, rate));
        let lost = lost.sent as usize - lost.arrivals.len();
        let doubled = doubled.arrivals.len() - doubled.sent as usize;
        println!("accuracy: {back_end:?} of {count}: {lost} lost, {doubled} doubled, at 10 % each");
        for found in [lost, doubled] {
            assert!(fits_share(found, count as usize, 0.1), "{back_end:?}: {found} of {count}");
            assert!(!fits_share(found, count as usize, 0.15), "{back_end:?}: another share is told apart");
        }
    }
}

/// How many packets came before one with a smaller number.
fn overtakers(journey: &Journey) -> usize {
    let mut least_to_come = u32::MAX;
    let from_the_end = journey.arrivals.iter().rev().filter(|arrival| {
        let overtook = arrival.number > least_to_come;
        least_to_come = least_to_come.min(arrival.number);
        overtook
    });
    from_the_end.count()
}

#[test]
fn the_share_that_was_asked_for_overtakes() {
    let lab = Lab::new();
    let (rate, count) = (500, 2_000);
    assert_eq!(overtakers(&travel(&lab, count, rate)), 0, "the undisturbed way keeps the order");
    for back_end in back_ends() {
        let netem = Netem { reorder: percent(25.0), gap: 1, ..delayed() };
        let journey = under(&lab, *back_end, &to_the_peer(netem), || travel(&lab, count, rate));
        let found = overtakers(&journey);
        println!("accuracy: {back_end:?} {found} of {count} overtook, at 25 %");
        assert_eq!(journey.arrivals.len(), count as usize, "{back_end:?}: none is lost");
        assert!(fits_share(found, count as usize, 0.25), "{back_end:?}: {found} of {count}");
    }
}
