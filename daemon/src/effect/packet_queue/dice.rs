//! What chance has in store for each packet, with the meaning sch_netem gives to delay, jitter, loss, duplicate, corrupt, reorder
//! and to their correlations. Pure: the same seed throws the same packets.
//! Source: Linux net/sched/sch_netem.c, functions get_crandom, loss_event, tabledist and netem_enqueue.

use std::time::Duration;

use crate::fault::{Netem, Percent};

/// What happens to one copy of a packet. No copy at all: it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    pub delay: Duration,
    /// Where to flip a bit: any number, to be reduced to the packet's size.
    pub corrupt_at: Option<u32>,
    /// It goes at once, past everything that waits.
    pub overtakes: bool,
}

impl Fate {
    pub fn is_untouched(&self) -> bool {
        self.delay.is_zero() && self.corrupt_at.is_none()
    }
}

/// A packet becomes no, one or two packets.
pub type Fates = [Option<Fate>; 2];

pub struct Dice {
    random: Random,
    delay: Duration,
    jitter: Duration,
    delay_memory: Memory,
    loss: Chance,
    duplicate: Chance,
    corrupt: Chance,
    reorder: Chance,
    gap: u32,
    since_overtaking: u32,
}

impl Dice {
    pub fn new(netem: &Netem, seed: u64) -> Self {
        Self {
            random: Random(seed),
            delay: netem.delay,
            jitter: netem.jitter,
            delay_memory: Memory::new(netem.delay_correlation),
            loss: Chance::new(netem.loss, netem.loss_correlation),
            duplicate: Chance::new(netem.duplicate, netem.duplicate_correlation),
            corrupt: Chance::new(netem.corrupt, netem.corrupt_correlation),
            reorder: Chance::new(netem.reorder, netem.reorder_correlation),
            gap: netem.gap,
            since_overtaking: 0,
        }
    }

    /// Of a fault that only paces: every packet once, at once.
    pub fn of_nothing() -> Self {
        Self::new(&Netem::default(), 0)
    }

    /// In netem's order: duplication, then loss of one copy; the clone meets loss again, but is not duplicated again.
    pub fn throw(&mut self) -> Fates {
        let copies = 1 + i32::from(self.duplicate.strikes(&mut self.random)) - i32::from(self.loss.strikes(&mut self.random));
        if copies == 0 {
            return [None, None];
        }
        let clone = (copies == 2 && !self.loss.strikes(&mut self.random)).then(|| self.fate());
        [Some(self.fate()), clone]
    }

    fn fate(&mut self) -> Fate {
        let corrupt_at = self.corrupt.strikes(&mut self.random).then(|| self.random.next());
        let overtakes = self.overtakes();
        let delay = if overtakes { Duration::ZERO } else { self.draw_delay() };
        Fate { delay, corrupt_at, overtakes }
    }

    /// After gap - 1 packets that were held, chance decides of each whether it overtakes; one that does begins the count anew.
    fn overtakes(&mut self) -> bool {
        if self.gap == 0 {
            return false;
        }
        if self.since_overtaking >= self.gap - 1 && self.reorder.strikes(&mut self.random) {
            self.since_overtaking = 0;
            return true;
        }
        self.since_overtaking = self.since_overtaking.saturating_add(1);
        false
    }

    /// Uniform in [delay - jitter, delay + jitter); what would be negative is now.
    fn draw_delay(&mut self) -> Duration {
        if self.jitter.is_zero() {
            return self.delay;
        }
        let drawn = u128::from(self.delay_memory.next(&mut self.random));
        let offset = Duration::from_nanos(((drawn * self.jitter.as_nanos() * 2) >> 32) as u64);
        (self.delay + offset).saturating_sub(self.jitter)
    }
}

/// An event of some probability that may remember its last outcome.
struct Chance {
    /// netem's own scale: the share of 2^32 - 1. Zero never strikes.
    threshold: u32,
    memory: Memory,
}

impl Chance {
    fn new(share: Percent, correlation: Percent) -> Self {
        Self { threshold: scaled(share), memory: Memory::new(correlation) }
    }

    fn strikes(&mut self, random: &mut Random) -> bool {
        self.threshold != 0 && self.threshold >= self.memory.next(random)
    }
}

/// netem's correlated random numbers: next = value (1 - rho) + last rho, a first-order autoregression (get_crandom).
/// It narrows the distribution, so that a correlated loss of p % loses less than p % for p < 50; netem does, so we do.
struct Memory {
    rho: u32,
    last: u32,
}

impl Memory {
    fn new(correlation: Percent) -> Self {
        Self { rho: scaled(correlation), last: 0 }
    }

    fn next(&mut self, random: &mut Random) -> u32 {
        let value = random.next();
        if self.rho == 0 {
            return value;
        }
        let rho = u64::from(self.rho) + 1;
        // Both products stay below 2^64: the weights add up to 2^32 and the values are below it.
        self.last = ((u64::from(value) * ((1 << 32) - rho) + u64::from(self.last) * rho) >> 32) as u32;
        self.last
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), upper half.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32
    }
}

fn scaled(share: Percent) -> u32 {
    (share.fraction() * f64::from(u32::MAX)).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const THROWS: usize = 100_000;

    fn still() -> Netem {
        Netem::default()
    }

    fn percent(value: f32) -> Percent {
        Percent::try_from(value).expect("a percentage")
    }

    fn thrown(netem: &Netem) -> Vec<Fates> {
        let mut dice = Dice::new(netem, 7);
        (0..THROWS).map(|_| dice.throw()).collect()
    }

    fn share(throws: &[Fates], is: impl Fn(&Fates) -> bool) -> f64 {
        throws.iter().filter(|fates| is(fates)).count() as f64 / throws.len() as f64 * 100.0
    }

    #[test]
    fn a_fault_of_nothing_touches_nothing() {
        let untouched = |fates: &Fates| matches!(fates, [Some(fate), None] if fate.is_untouched());
        assert_eq!(share(&thrown(&still()), untouched), 100.0);
    }

    #[test]
    fn shares_are_what_was_asked_for() {
        let lost = share(&thrown(&Netem { loss: percent(30.0), ..still() }), |fates| fates[0].is_none());
        let doubled = share(&thrown(&Netem { duplicate: percent(20.0), ..still() }), |fates| fates[1].is_some());
        let is_corrupt = |fates: &Fates| fates[0].is_some_and(|fate| fate.corrupt_at.is_some());
        let corrupted = share(&thrown(&Netem { corrupt: percent(10.0), ..still() }), is_corrupt);
        for (found, asked) in [(lost, 30.0), (doubled, 20.0), (corrupted, 10.0)] {
            assert!((found - asked).abs() < 0.5, "{found} % instead of {asked} %");
        }
    }

    #[test]
    fn everything_lost_is_everything_lost() {
        assert_eq!(share(&thrown(&Netem { loss: percent(100.0), ..still() }), |fates| fates == &[None, None]), 100.0);
    }

    #[test]
    fn jitter_is_uniform_around_the_delay() {
        let netem = Netem { delay: Duration::from_millis(100), jitter: Duration::from_millis(10), ..still() };
        let delays: Vec<f64> = thrown(&netem).iter().flatten().flatten().map(|fate| fate.delay.as_secs_f64() * 1e3).collect();
        assert!(delays.iter().all(|delay| (90.0..110.0).contains(delay)));
        let mean = delays.iter().sum::<f64>() / delays.len() as f64;
        let deviation = (delays.iter().map(|delay| (delay - mean).powi(2)).sum::<f64>() / delays.len() as f64).sqrt();
        assert!((mean - 100.0).abs() < 0.1, "mean {mean}");
        assert!((deviation - 20.0 / 12f64.sqrt()).abs() < 0.1, "standard deviation {deviation} of a uniform 20 ms");
    }

    #[test]
    fn a_jitter_above_the_delay_never_sends_into_the_past() {
        let netem = Netem { delay: Duration::from_millis(1), jitter: Duration::from_millis(10), ..still() };
        assert!(share(&thrown(&netem), |fates| fates[0].is_some_and(|fate| fate.delay.is_zero())) > 40.0);
    }

    #[test]
    fn correlation_makes_neighbours_alike() {
        let netem = |rho| Netem {
            delay: Duration::from_millis(100),
            jitter: Duration::from_millis(50),
            delay_correlation: percent(rho),
            ..still()
        };
        let step = |rho: f32| {
            let delays: Vec<f64> =
                thrown(&netem(rho)).iter().flatten().flatten().map(|fate| fate.delay.as_secs_f64()).collect();
            delays.windows(2).map(|pair| (pair[0] - pair[1]).abs()).sum::<f64>() / delays.len() as f64
        };
        assert!(step(75.0) < step(0.0) / 3.0, "steps {} and {}", step(75.0), step(0.0));
    }

    #[test]
    fn every_gapth_packet_overtakes_with_the_share_that_was_asked_for() {
        let netem = Netem { delay: Duration::from_millis(10), reorder: percent(100.0), gap: 5, ..still() };
        let first: Vec<bool> =
            thrown(&netem).iter().take(10).map(|fates| fates[0].is_some_and(|fate| fate.overtakes)).collect();
        assert_eq!(first, [false, false, false, false, true, false, false, false, false, true]);
        let netem = Netem { reorder: percent(25.0), gap: 1, ..netem };
        let found = share(&thrown(&netem), |fates| fates[0].is_some_and(|fate| fate.delay.is_zero()));
        assert!((found - 25.0).abs() < 0.5, "{found} %");
    }

    #[test]
    fn the_same_seed_throws_the_same() {
        let netem = Netem { loss: percent(50.0), jitter: Duration::from_millis(5), ..still() };
        assert_eq!(thrown(&netem), thrown(&netem));
    }
}
