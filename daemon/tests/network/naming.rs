//! Peers by name, in the victim's own view: its own resolv.conf, its own server, which changes its mind during the fault.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chaosgated::effect::network::NetworkEffects;
use chaosgated::fault::{Direction, NamedPeer, NetworkFault};

use crate::faults::{DELAY_MS, back_end, delay, during, inject, is_about, is_unharmed, partition, shaped};
use crate::lab::{Host, Lab, wait_until};
use crate::traffic::{Echo, OTHER_PORT, PORT, connect_ms};

type Zone = Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>>;

/// A name server of a few lines on the peer: what it is not told does not exist. Answers may be kept for a second.
struct NameServer {
    zone: Zone,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    fn on(host: &Host) -> Self {
        let at: SocketAddr = format!("{}:53", host.v4).parse().expect("an address");
        let socket = host.inside(|| UdpSocket::bind(at)).expect("nobody else serves names there");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket of ours");
        let (zone, stop) = (Zone::default(), Arc::new(AtomicBool::new(false)));
        let (told, stopped) = (Arc::clone(&zone), Arc::clone(&stop));
        let thread = thread::spawn(move || serve(&socket, &told, &stopped));
        Self { zone, stop, thread: Some(thread) }
    }

    fn tell(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.zone.lock().expect("nobody panicked").insert(name.to_owned(), addresses);
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

fn serve(socket: &UdpSocket, zone: &Zone, stop: &AtomicBool) {
    let mut bytes = [0; 512];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((length, from)) = socket.recv_from(&mut bytes) {
            let answer = answer_to(&bytes[..length], &zone.lock().expect("nobody panicked"));
            // The asker may have left.
            let _ = socket.send_to(&answer, from);
        }
    }
}

/// RFC 1035 as far as one question goes.
fn answer_to(question: &[u8], zone: &BTreeMap<String, Vec<IpAddr>>) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).into_owned());
        at = end;
    }
    let wants_v6 = question[at + 2] == 28;
    let known = zone.get(&labels.join("."));
    let found: Vec<&IpAddr> = known.into_iter().flatten().filter(|address| address.is_ipv6() == wants_v6).collect();
    let mut answer = question[..at + 5].to_vec();
    answer[2..4].copy_from_slice(&[0x81, if known.is_some() { 0x80 } else { 0x83 }]);
    answer[6..12].copy_from_slice(&[0, found.len() as u8, 0, 0, 0, 0]);
    for address in found {
        answer.extend([0xc0, 12, 0, question[at + 2], 0, 1, 0, 0, 0, 1]);
        match address {
            IpAddr::V4(v4) => answer.extend([&[0, 4][..], &v4.octets()].concat()),
            IpAddr::V6(v6) => answer.extend([&[0, 16][..], &v6.octets()].concat()),
        }
    }
    answer
}

/// The victim resolves by the peer's server and knows one search domain; the other hosts see no such thing.
fn a_lab_with_names() -> (Lab, NameServer) {
    let lab = Lab::with_resolver("search shop.test\nnameserver 10.77.0.4\noptions ndots:2\n");
    let server = NameServer::on(&lab.peer);
    (lab, server)
}

fn named(name: &str, port: Option<u16>) -> Vec<NamedPeer> {
    vec![NamedPeer { name: name.into(), port }]
}

#[test]
fn a_name_means_what_the_victim_resolves_it_to_in_both_families() {
    let (lab, server) = a_lab_with_names();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    server.tell("payment.shop.test", &[&lab.other.v4, &lab.other.v6]);
    for direction in [Direction::To, Direction::From] {
        let fault = NetworkFault { names: named("payment", Some(PORT)), ..shaped(direction, delay(100)) };
        during(&lab, &fault, |active| {
            assert!(active.felt.how.contains("payment is 10.77.0.5, fd77::5"), "{:?}", active.felt);
            for address in [&lab.other.v4, &lab.other.v6] {
                assert!(is_about(connect_ms(&lab.victim, address, PORT), DELAY_MS), "{direction:?} {address} is meant");
                assert!(is_unharmed(connect_ms(&lab.victim, address, OTHER_PORT)), "its other port is not");
            }
            assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v4, PORT)), "{direction:?}: nobody else is meant");
        });
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.other.v4, PORT)), "healed");
    }
}

#[test]
fn what_a_name_comes_to_mean_during_the_fault_is_hit_too_and_undone_with_it() {
    let (lab, server) = a_lab_with_names();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    server.tell("db.shop.test", &["192.0.2.1"]);
    let before = lab.victim.footprint();
    for fault in [shaped(Direction::To, delay(100)), shaped(Direction::From, delay(100)), partition(Direction::Both)] {
        server.tell("db.shop.test", &["192.0.2.1"]);
        let effects = NetworkEffects::new(back_end());
        let fault = NetworkFault { names: named("db", None), ..fault };
        let active = inject(&effects, "run-1/db", &fault, &lab.victim).expect("injects");
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.other.v6, PORT)), "the name does not mean it yet");
        server.tell("db.shop.test", &[&lab.other.v6]);
        wait_until("the new address is hit", || !is_unharmed(connect_ms(&lab.victim, &lab.other.v6, PORT)));
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.peer.v6, PORT)), "nobody else is");
        effects.undo(&active.receipt).expect("undoes");
        server.tell("db.shop.test", &[&lab.other.v4]);
        thread::sleep(Duration::from_millis(2500));
        assert_eq!(lab.victim.footprint(), before, "nothing is left, and nothing joins what is undone");
        assert!(is_unharmed(connect_ms(&lab.victim, &lab.other.v6, PORT)));
    }
}

#[test]
fn a_name_that_nobody_knows_is_refused_and_never_means_everybody() {
    let (lab, _server) = a_lab_with_names();
    let before = lab.victim.footprint();
    let effects = NetworkEffects::new(back_end());
    let fault = NetworkFault { names: named("nobody", None), ..partition(Direction::Both) };
    let refused = inject(&effects, "run-1/x", &fault, &lab.victim).err().expect("refused").to_string();
    assert!(refused.contains("nobody has no address in the victim's view") && refused.contains("10.77.0.4"), "{refused}");
    assert_eq!(lab.victim.footprint(), before);
}
