//! What one TCP stream carries through the packet queue, beside what its window allows: W / RTT (RFC 1323, 1.1).
//! `cargo test --release --test network_throughput -- --ignored --nocapture` prints the ceiling and the costs.
#![allow(unsafe_code, reason = "socket options of TCP and entering a namespace are system calls without a safe wrapper")]

#[path = "network/cost.rs"]
mod cost;
#[allow(dead_code, reason = "shared with the other network tests, which use the rest")]
#[path = "network/faults.rs"]
mod faults;
#[allow(dead_code, reason = "shared with the other network tests, which use the rest")]
#[path = "network/lab.rs"]
mod lab;
#[allow(dead_code, reason = "shared with the other network tests, which use the rest")]
#[path = "network/traffic.rs"]
mod traffic;
#[path = "network/window.rs"]
mod window;

use std::thread;
use std::time::{Duration, Instant};

use chaosgated::effect::BackEnd;
use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::Direction;

use faults::{delay, inject, shaped};
use lab::Lab;
use traffic::{Echo, echoes};
use window::{Carried, carry};

const DELAY: Duration = Duration::from_millis(100);
const CONGESTION_CONTROL: &str = "cubic";
const WINDOWS: [u32; 3] = [64 << 10, 256 << 10, 1 << 20];
const ENOUGH: f64 = 0.8;
const REPEATS: usize = 3;
const WARM_UP: Duration = Duration::from_millis(1300);
const MEASURED: Duration = Duration::from_millis(1200);

/// The share of W / RTT that a stream reached. Sent by the victim, or to it, as the fault's direction says.
fn share_of_the_window(lab: &Lab, direction: Direction, window: u32) -> (f64, Carried) {
    let (sender, receiver) = if direction == Direction::From { (&lab.peer, &lab.victim) } else { (&lab.victim, &lab.peer) };
    let carried = carry(sender, receiver, Some(window), CONGESTION_CONTROL, WARM_UP, MEASURED);
    let allowed = f64::from(window) / DELAY.as_secs_f64();
    let share = carried.bytes_per_second / allowed;
    println!(
        "{direction:?}, window {:4} KiB (granted {}), {}, RTT {:.1} ms: {:.2} MB/s of {:.2} MB/s = {:.0} %",
        window >> 10,
        carried.granted,
        carried.congestion_control,
        carried.round_trip.as_secs_f64() * 1e3,
        carried.bytes_per_second / 1e6,
        allowed / 1e6,
        share * 100.0
    );
    (share, carried)
}

/// The median of some streams, each of which had the window and the congestion control it was meant to have.
fn median_share(lab: &Lab, direction: Direction, window: u32) -> f64 {
    let mut shares: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let (share, carried) = share_of_the_window(lab, direction, window);
            let granted = f64::from(carried.granted) / f64::from(window);
            assert!((0.9..=1.01).contains(&granted), "the receiver granted {granted} of the window");
            assert_eq!(carried.congestion_control, CONGESTION_CONTROL);
            share
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares[shares.len() / 2]
}

fn fills_every_window(direction: Direction) {
    let lab = Lab::new();
    let effects = NetworkEffects::new(BackEnd::PacketQueue);
    let (unfaulted, _) = share_of_the_window(&lab, direction, WINDOWS[0]);
    assert!(unfaulted > 2.0, "without the fault the window is not what bounds the stream, so the measure means something");
    let active = inject(&effects, "run-1/slow", &shaped(direction, delay(100)), &lab.victim).expect("injects");
    let shares = WINDOWS.map(|window| median_share(&lab, direction, window));
    effects.undo(&active.receipt).expect("undoes");
    assert!(shares.iter().all(|share| (ENOUGH..1.1).contains(share)), "{direction:?}: {shares:?} of W / RTT");
}

#[test]
fn one_stream_fills_its_window_when_what_it_sends_is_delayed() {
    fills_every_window(Direction::To);
}

#[test]
fn one_stream_fills_its_window_when_what_it_hears_is_delayed() {
    fills_every_window(Direction::From);
}

#[test]
#[ignore = "a measurement: prints figures, judges nothing"]
fn the_ceiling_of_one_stream() {
    let lab = Lab::new();
    for (direction, sender, receiver) in [(Direction::To, &lab.victim, &lab.peer), (Direction::From, &lab.peer, &lab.victim)] {
        for milliseconds in [1, 20, 100] {
            let effects = NetworkEffects::new(BackEnd::PacketQueue);
            let active = inject(&effects, "run-1/slow", &shaped(direction, delay(milliseconds)), &lab.victim).expect("injects");
            let before = cost::cpu_of_thread("packet-queue");
            let carried = carry(sender, receiver, None, CONGESTION_CONTROL, Duration::from_secs(4), Duration::from_secs(4));
            let cpu = cost::cpu_of_thread("packet-queue") - before;
            effects.undo(&active.receipt).expect("undoes");
            println!(
                "{direction:?} {milliseconds} ms, {}, window left to the kernel ({:.1} MiB granted): {:.1} MB/s, {} retransmitted, RTT {:.1} ms, packet thread {:.0} % of a core, {:.1} MiB resident",
                carried.congestion_control,
                f64::from(carried.granted) / f64::from(1 << 20),
                carried.bytes_per_second / 1e6,
                carried.retransmitted,
                carried.round_trip.as_secs_f64() * 1e3,
                cpu.as_secs_f64() / 8.0 * 100.0,
                cost::resident_mib()
            );
        }
    }
}

#[test]
#[ignore = "a measurement: prints figures, judges nothing"]
fn what_datagrams_cost_and_how_late_they_are() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let effects = NetworkEffects::new(BackEnd::PacketQueue);
    let plain = errors(&lab, 0.0, 1_000);
    println!("no fault, 1000/s: echo p50 {:.3} p99 {:.3} ms", plain.0, plain.1);
    let active = inject(&effects, "run-1/slow", &shaped(Direction::To, delay(100)), &lab.victim).expect("injects");
    let (idle_start, idle_before) = (Instant::now(), cost::cpu_of_thread("packet-queue"));
    thread::sleep(Duration::from_secs(5));
    let idle = (cost::cpu_of_thread("packet-queue") - idle_before).as_secs_f64() / idle_start.elapsed().as_secs_f64();
    println!("idle: {:.3} % of a core, {:.1} MiB resident", idle * 100.0, cost::resident_mib());
    for rate in [1_000, 10_000] {
        let before = (Instant::now(), cost::cpu_of_thread("packet-queue"));
        let (p50, p99) = errors(&lab, 100.0, rate);
        let seconds = before.0.elapsed().as_secs_f64();
        let cpu = (cost::cpu_of_thread("packet-queue") - before.1).as_secs_f64();
        println!(
            "100 ms, {rate}/s: error p50 {p50:.3} p99 {p99:.3} ms, packet thread {:.2} % of a core, {:.1} us per packet",
            cpu / seconds * 100.0,
            cpu * 1e6 / (f64::from(rate) * SECONDS)
        );
    }
    println!("{:.1} MiB resident", cost::resident_mib());
    effects.undo(&active.receipt).expect("undoes");
}

const SECONDS: f64 = 5.0;

/// By how much echoes were later than the delay: median and 99th percentile, in milliseconds.
fn errors(lab: &Lab, delay_ms: f64, rate: u32) -> (f64, f64) {
    let count = (f64::from(rate) * SECONDS) as u32;
    let gap = Duration::from_secs_f64(1.0 / f64::from(rate));
    let times = echoes(&lab.victim, &lab.peer.v4, count, 100, gap);
    let mut late: Vec<f64> = times.iter().map(|(_, took)| took.as_secs_f64() * 1e3 - delay_ms).collect();
    late.sort_by(f64::total_cmp);
    (late[late.len() / 2], late[late.len() * 99 / 100])
}
