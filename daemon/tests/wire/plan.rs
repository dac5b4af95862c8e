//! What is to be measured, as the plan says it, and answers as lines.

use std::time::Duration;

use chaosgated::fault::{Direction, Netem};
use serde::{Deserialize, Serialize};

use crate::faults::{percent, still};

#[derive(Deserialize)]
pub struct Plan {
    pub batches: Vec<Batch>,
}

/// Cells under one fault.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Batch {
    pub delay_ms: f64,
    pub loss_percent: f32,
    /// `to`: what the victim sends; `from`: what it hears.
    direction: Way,
    pub link_bits_per_second: Option<u64>,
    pub cells: Vec<Measure>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Way {
    To,
    From,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Measure {
    Stream(StreamCell),
    RoundTrip(RoundTripCell),
    Transfer(TransferCell),
    Pool(PoolCell),
}

/// Streams side by side from the victim to the peer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamCell {
    pub id: String,
    pub window_bytes: u32,
    pub congestion_control: String,
    pub streams: u32,
    warm_up_ms: u64,
    measured_ms: u64,
}

impl StreamCell {
    pub fn warm_up(&self) -> Duration {
        Duration::from_millis(self.warm_up_ms)
    }

    pub fn measured(&self) -> Duration {
        Duration::from_millis(self.measured_ms)
    }
}

/// One byte to and fro on an open connection, and connections made.
#[derive(Deserialize)]
pub struct RoundTripCell {
    pub id: String,
    pub repeats: u32,
}

/// A new connection, a request, an answer of this size.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferCell {
    pub id: String,
    pub bytes: usize,
    pub congestion_control: String,
    pub repeats: u32,
}

/// Evenly spaced calls over connections that are each busy until the answer came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolCell {
    pub id: String,
    pub size: usize,
    pub rate_per_second: f64,
    pub answers_are_delayed: bool,
    service_ms: u64,
    before_ms: u64,
    after_ms: u64,
}

impl PoolCell {
    pub fn service(&self) -> Duration {
        Duration::from_millis(self.service_ms)
    }

    pub fn before(&self) -> Duration {
        Duration::from_millis(self.before_ms)
    }

    pub fn after(&self) -> Duration {
        Duration::from_millis(self.after_ms)
    }
}

impl Plan {
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Batch {
    pub fn is_faulted(&self) -> bool {
        self.delay_ms > 0.0 || self.loss_percent > 0.0
    }

    pub fn direction(&self) -> Direction {
        match self.direction {
            Way::To => Direction::To,
            Way::From => Direction::From,
        }
    }

    pub fn netem(&self) -> Netem {
        Netem { delay: Duration::from_secs_f64(self.delay_ms / 1e3), loss: percent(self.loss_percent), ..still() }
    }
}

/// Tells one answer.
pub fn say(id: &str, seen: &impl Serialize) {
    let seen = serde_json::to_string(seen).expect("plain figures");
    println!("wire {{\"id\":\"{id}\",\"seen\":{seen}}}");
}
