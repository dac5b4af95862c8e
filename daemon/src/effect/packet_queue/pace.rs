//! When a packet may go on, given how fast the line or the bucket is: netem's `rate` and sch_tbf. Pure; instants come in.
//! Sources: Linux net/sched/sch_netem.c, netem_enqueue; net/sched/sch_tbf.c, tbf_enqueue and tbf_dequeue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::fault::{Bandwidth, BytesPerSecond, NetworkAct};

/// The kernel's shapers count the frame, and the queue sees the packet in it.
const ETHERNET_HEADER_BYTES: usize = 14;

pub enum Pace {
    Free,
    Line(Line),
    Bucket(Bucket),
}

impl Pace {
    pub fn of(act: &NetworkAct) -> Self {
        match act {
            NetworkAct::Netem(netem) => netem.rate.map_or(Pace::Free, |rate| Pace::Line(Line { rate, free_at: None })),
            NetworkAct::Bandwidth(bandwidth) => Pace::Bucket(Bucket::new(bandwidth)),
            NetworkAct::Partition => Pace::Free,
        }
    }

    pub fn is_free(&self) -> bool {
        matches!(self, Pace::Free)
    }

    /// Whether every segment of a large packet is weighed by itself, as sch_tbf does with those above its bucket.
    pub fn weighs_segments(&self) -> bool {
        matches!(self, Pace::Bucket(_))
    }

    /// When a packet of so many bytes that arrives now and is delayed by so much may go. None: there is no room for it.
    pub fn due(&mut self, now: Instant, delay: Duration, packet_bytes: usize) -> Option<Instant> {
        let bytes = packet_bytes + ETHERNET_HEADER_BYTES;
        match self {
            Pace::Free => Some(now + delay),
            Pace::Line(line) => Some(line.due(now, delay, bytes)),
            Pace::Bucket(bucket) => bucket.due(now, bytes),
        }
    }
}

/// netem's line: a packet begins when the one before has left and its own delay is over, and takes its length's time.
pub struct Line {
    rate: BytesPerSecond,
    free_at: Option<Instant>,
}

impl Line {
    fn due(&mut self, now: Instant, delay: Duration, bytes: usize) -> Instant {
        let begins = self.free_at.map_or(now + delay, |free_at| free_at.max(now + delay));
        let due = begins + self.rate.time_of(bytes);
        self.free_at = Some(due);
        due
    }
}

/// One or two buckets of tokens in front of a queue of so many bytes. Both fill with time, measured as the time a packet takes.
pub struct Bucket {
    first: Tokens,
    peak: Option<Tokens>,
    largest: usize,
    limit: usize,
    /// Packets that wait for tokens: when each goes and its bytes.
    waiting: VecDeque<(Instant, usize)>,
    waiting_bytes: usize,
}

impl Bucket {
    fn new(bandwidth: &Bandwidth) -> Self {
        let peak = bandwidth.peak;
        Self {
            first: Tokens::full(bandwidth.rate, bandwidth.buffer),
            peak: peak.map(|peak| Tokens::full(peak.rate, peak.minburst)),
            largest: peak.map_or(bandwidth.buffer, |peak| peak.minburst.min(bandwidth.buffer)) as usize,
            limit: bandwidth.limit as usize,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// First come, first served: a packet asks for tokens when the one before it has gone.
    fn due(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        self.forget_gone(now);
        if bytes > self.largest || self.waiting_bytes + bytes > self.limit {
            return None;
        }
        let turn = self.waiting.back().map_or(now, |(last, _)| *last);
        let ready = |tokens: &mut Tokens| tokens.ready(turn, bytes);
        let due = ready(&mut self.first).max(self.peak.as_mut().map_or(turn, ready));
        self.first.take(due, bytes);
        if let Some(peak) = &mut self.peak {
            peak.take(due, bytes);
        }
        self.waiting.push_back((due, bytes));
        self.waiting_bytes += bytes;
        Some(due)
    }

    fn forget_gone(&mut self, now: Instant) {
        while let Some((_, bytes)) = self.waiting.pop_front_if(|(due, _)| *due <= now) {
            self.waiting_bytes -= bytes;
        }
    }
}

/// Tokens as the time of the line that they are worth, up to the bucket's size.
struct Tokens {
    rate: BytesPerSecond,
    size: Duration,
    held: Duration,
    counted_at: Option<Instant>,
}

impl Tokens {
    fn full(rate: BytesPerSecond, bytes: u32) -> Self {
        let size = rate.time_of(bytes as usize);
        Self { rate, size, held: size, counted_at: None }
    }

    /// The first moment from `turn` on when there are enough.
    fn ready(&mut self, turn: Instant, bytes: usize) -> Instant {
        self.fill(turn);
        turn + self.rate.time_of(bytes).saturating_sub(self.held)
    }

    fn take(&mut self, at: Instant, bytes: usize) {
        self.fill(at);
        self.held = self.held.saturating_sub(self.rate.time_of(bytes));
    }

    fn fill(&mut self, until: Instant) {
        let passed = self.counted_at.map_or(Duration::ZERO, |then| until.saturating_duration_since(then));
        self.held = (self.held + passed).min(self.size);
        self.counted_at = Some(self.counted_at.map_or(until, |then| then.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::{Netem, Peak};

    fn rate(bytes_per_second: u64) -> BytesPerSecond {
        BytesPerSecond::new(bytes_per_second).expect("not zero")
    }

    fn bucket(peak: Option<Peak>) -> Pace {
        Pace::of(&NetworkAct::Bandwidth(Bandwidth { rate: rate(100_000), limit: 50_000, buffer: 10_000, peak }))
    }

    /// How long each of some packets waits that come at once. None: lost.
    fn waits(pace: &mut Pace, frames: &[usize]) -> Vec<Option<f64>> {
        let now = Instant::now();
        let mut wait = |frame: &usize| pace.due(now, Duration::ZERO, frame - ETHERNET_HEADER_BYTES);
        frames.iter().map(|frame| Some((wait(frame)? - now).as_secs_f64() * 1e3)).collect()
    }

    #[test]
    fn a_line_takes_each_packets_time_after_its_delay() {
        let netem = Netem { rate: Some(rate(100_000)), ..Netem::default() };
        let mut line = Pace::of(&NetworkAct::Netem(netem));
        let now = Instant::now();
        let due = |line: &mut Pace, delay| (line.due(now, delay, 1000 - 14).expect("room") - now).as_secs_f64() * 1e3;
        let delay = Duration::from_millis(50);
        assert_eq!([due(&mut line, delay), due(&mut line, delay), due(&mut line, delay)], [60.0, 70.0, 80.0]);
        let later = line.due(now + Duration::from_secs(1), delay, 1000 - 14).expect("room");
        assert_eq!(later - now, Duration::from_millis(1060), "an idle line owes nothing");
    }

    #[test]
    fn a_bucket_lets_a_burst_pass_and_then_its_rate_and_loses_what_does_not_fit() {
        let mut found = waits(&mut bucket(None), &[1000; 62]);
        assert!(found[..10].iter().all(|wait| *wait == Some(0.0)), "{found:?}");
        assert_eq!(found[10..13], [Some(10.0), Some(20.0), Some(30.0)]);
        assert_eq!(found.pop(), Some(None), "50,000 bytes wait: no more");
        assert_eq!(found.iter().flatten().count(), 60);
    }

    #[test]
    fn a_frame_above_the_bucket_never_passes() {
        assert_eq!(waits(&mut bucket(None), &[10_001, 10_000]), [None, Some(0.0)]);
    }

    #[test]
    fn a_peak_rate_spreads_the_burst() {
        let peak = Peak { rate: rate(1_000_000), minburst: 1_600 };
        let found = waits(&mut bucket(Some(peak)), &[1000; 4]);
        assert_eq!(found, [Some(0.0), Some(0.4), Some(1.4), Some(2.4)]);
    }

    proptest! {
        #[test]
        fn no_window_of_time_carries_more_than_the_bucket_and_the_rate(
            gaps in prop::collection::vec((0u64..30_000, 64usize..1500), 1..200)
        ) {
            let mut bucket = bucket(None);
            let start = Instant::now();
            let mut now = start;
            let mut gone = Vec::new();
            for (gap, bytes) in gaps {
                now += Duration::from_micros(gap);
                if let Some(due) = bucket.due(now, Duration::ZERO, bytes) {
                    prop_assert!(due >= now);
                    gone.push(((due - start).as_secs_f64(), (bytes + ETHERNET_HEADER_BYTES) as f64));
                }
            }
            prop_assert!(gone.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in order");
            for from in 0..gone.len() {
                let mut carried = 0.0;
                for (at, bytes) in &gone[from..] {
                    carried += bytes;
                    prop_assert!(carried <= 10_000.0 + (at - gone[from].0) * 100_000.0 + 1.0);
                }
            }
        }
    }
}
