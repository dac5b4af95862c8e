//! Long streams side by side, and what each carried.

use std::thread;

use serde::Serialize;

use crate::lab::Lab;
use crate::plan::StreamCell;
use crate::window::{Carried, carry};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Streams {
    /// Mean of the streams.
    bytes_per_second: f64,
    /// The window that the first receiver granted at the end.
    granted_bytes: u32,
    congestion_control: String,
    round_trip_ms: f64,
    retransmitted: u32,
}

pub fn carry_all(lab: &Lab, asked: &StreamCell) -> Streams {
    let one = || {
        let window = Some(asked.window_bytes);
        carry(&lab.victim, &lab.peer, window, &asked.congestion_control, asked.warm_up(), asked.measured())
    };
    let carried: Vec<Carried> = thread::scope(|scope| {
        let running: Vec<_> = (0..asked.streams).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|stream| stream.join().expect("a stream does not panic")).collect()
    });
    let sum: f64 = carried.iter().map(|stream| stream.bytes_per_second).sum();
    Streams {
        bytes_per_second: sum / f64::from(asked.streams),
        granted_bytes: carried[0].granted,
        congestion_control: carried[0].congestion_control.clone(),
        round_trip_ms: carried[0].round_trip.as_secs_f64() * 1e3,
        retransmitted: carried.iter().map(|stream| stream.retransmitted).sum(),
    }
}
