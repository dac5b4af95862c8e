use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use chaosgated::effect::BackEnd;
use chaosgated::fault::{Direction, Netem, NetworkFault};

use crate::faults::{DELAY_MS, both_families, delay, during, during_by, is_about, is_unharmed, shaped, slack_ms};
use crate::lab::Lab;
use crate::traffic::{Echo, OTHER_PORT, PORT, connect_ms, echoes};

/// A connection costs one packet each way before it stands: SYN out, SYN and ACK back.
fn connects_after(direction: Direction, expected_ms: f64) {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for address in [&lab.peer.v4, &lab.peer.v6] {
        let healthy = connect_ms(&lab.victim, address, PORT);
        assert!(is_unharmed(healthy) && !is_about(healthy, expected_ms), "{healthy} ms before the fault");
        let (hit, spared) = during(&lab, &shaped(direction, delay(100)), |_| {
            (connect_ms(&lab.victim, address, PORT), connect_ms(&lab.twin, address, PORT))
        });
        assert!(is_about(hit, expected_ms), "{direction:?} {address}: {hit} ms instead of {expected_ms} ms");
        assert!(is_unharmed(spared), "the twin waited {spared} ms");
        let healed = connect_ms(&lab.victim, address, PORT);
        assert!(is_unharmed(healed), "{healed} ms after the fault");
    }
}

#[test]
fn a_delay_to_the_peers_is_felt_once_per_connection() {
    connects_after(Direction::To, DELAY_MS);
}

#[test]
fn a_delay_from_the_peers_is_felt_once_per_connection() {
    connects_after(Direction::From, DELAY_MS);
}

#[test]
fn a_delay_both_ways_is_felt_twice_per_connection() {
    connects_after(Direction::Both, 2.0 * DELAY_MS);
}

#[test]
fn only_the_named_peers_are_slow() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    for direction in [Direction::To, Direction::From] {
        let fault = NetworkFault { peers: both_families(&lab.peer, None), ..shaped(direction, delay(100)) };
        during(&lab, &fault, |_| {
            for (named, unnamed) in [(&lab.peer.v4, &lab.other.v4), (&lab.peer.v6, &lab.other.v6)] {
                let (slow, fast) = (connect_ms(&lab.victim, named, PORT), connect_ms(&lab.victim, unnamed, PORT));
                assert!(
                    is_about(slow, DELAY_MS) && is_unharmed(fast),
                    "{direction:?}: {slow} ms to {named}, {fast} ms to {unnamed}"
                );
            }
        });
    }
}

#[test]
fn only_the_named_port_is_slow() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for direction in [Direction::To, Direction::From] {
        let fault = NetworkFault { peers: both_families(&lab.peer, Some(PORT)), ..shaped(direction, delay(100)) };
        during(&lab, &fault, |_| {
            for address in [&lab.peer.v4, &lab.peer.v6] {
                let (slow, fast) = (connect_ms(&lab.victim, address, PORT), connect_ms(&lab.victim, address, OTHER_PORT));
                assert!(is_about(slow, DELAY_MS) && is_unharmed(fast), "{direction:?} {address}: {slow} ms and {fast} ms");
            }
        });
    }
}

#[test]
fn exempt_peers_are_left_alone_when_everybody_else_is_hit() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    for direction in [Direction::To, Direction::From] {
        let fault = NetworkFault { exempt: both_families(&lab.other, None), ..shaped(direction, delay(100)) };
        during(&lab, &fault, |_| {
            for (hit, exempt) in [(&lab.peer.v4, &lab.other.v4), (&lab.peer.v6, &lab.other.v6)] {
                let (slow, fast) = (connect_ms(&lab.victim, hit, PORT), connect_ms(&lab.victim, exempt, PORT));
                assert!(
                    is_about(slow, DELAY_MS) && is_unharmed(fast),
                    "{direction:?}: {slow} ms to {hit}, {fast} ms to {exempt}"
                );
            }
        });
    }
}

#[test]
fn jitter_spreads_the_delay_within_its_bounds() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let netem = Netem { jitter: Duration::from_millis(40), ..delay(60) };
    let times =
        during(&lab, &shaped(Direction::To, netem), |_| echoes(&lab.victim, &lab.peer.v4, 200, 100, Duration::from_millis(2)));
    assert_eq!(times.len(), 200, "a delay loses nothing");
    let ms: Vec<f64> = times.iter().map(|(_, took)| took.as_secs_f64() * 1e3).collect();
    let (least, most) = ms.iter().fold((f64::MAX, 0f64), |(least, most), ms| (least.min(*ms), most.max(*ms)));
    assert!((19.8..35.0).contains(&least) && (85.0..125.0 + 10.0 * slack_ms()).contains(&most), "from {least} ms to {most} ms");
    assert!(times.windows(2).any(|pair| pair[0].0 > pair[1].0), "a jitter wider than the gap reorders, as netem does");
}

#[test]
fn a_plain_delay_keeps_the_order_and_loses_nothing() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for direction in [Direction::To, Direction::From] {
        let times = during(&lab, &shaped(direction, delay(50)), |_| {
            echoes(&lab.victim, &lab.peer.v6, 500, 200, Duration::from_micros(200))
        });
        let numbers: Vec<u32> = times.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (0..500).collect::<Vec<u32>>(), "{direction:?}");
    }
}

#[test]
fn datagrams_larger_than_the_device_takes_arrive_whole() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for (direction, address) in [(Direction::To, &lab.peer.v4), (Direction::To, &lab.peer.v6), (Direction::From, &lab.peer.v4)]
    {
        let times =
            during(&lab, &shaped(direction, delay(50)), |_| echoes(&lab.victim, address, 20, 8000, Duration::from_millis(5)));
        assert_eq!(times.len(), 20, "{direction:?} {address}");
        assert!(times.iter().all(|(_, took)| took.as_millis() >= 49), "{direction:?} {address}: {times:?}");
    }
}

/// Sends this much to the echo at once, as large segments that only the device or the queue takes apart, and reads it back.
fn comes_back_whole(from: &crate::lab::Host, address: &str, length: usize) -> bool {
    let target = SocketAddr::new(address.parse().expect("an address of the lab"), PORT);
    let stream = from.inside(|| TcpStream::connect_timeout(&target, Duration::from_secs(3))).expect("the echo listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket of ours");
    let sent: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
    let mut received = vec![0; length];
    let mut writer = stream.try_clone().expect("a socket of ours");
    let mut reader = stream;
    thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).expect("the connection lives"));
        reader.read_exact(&mut received).expect("all comes back");
    });
    received == sent
}

#[test]
fn large_sends_of_either_family_come_back_whole() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    for direction in [Direction::To, Direction::From] {
        let netem = Netem { jitter: Duration::from_millis(5), ..delay(10) };
        during_by(BackEnd::PacketQueue, &lab, &shaped(direction, netem), |_| {
            for address in [&lab.peer.v4, &lab.peer.v6] {
                assert!(comes_back_whole(&lab.victim, address, 1 << 20), "{direction:?} {address}");
            }
        });
    }
}
