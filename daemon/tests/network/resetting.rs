//! Established connections that end with the fault's beginning, as a client with a warm pool must feel it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use chaosgated::fault::{Direction, NetworkFault};

use crate::faults::{both_families, delay, during, partition, shaped};
use crate::lab::{Host, Lab};
use crate::traffic::{Echo, PORT};

const A_WHILE: Duration = Duration::from_millis(500);

/// A client of a pool: its connection stays open, and each request is one byte to and fro.
struct Client(TcpStream);

impl Client {
    fn new(from: &Host, address: &str) -> Self {
        let target = SocketAddr::new(address.parse().expect("an address of the lab"), PORT);
        let stream = from.inside(|| TcpStream::connect_timeout(&target, A_WHILE)).expect("nothing in the way yet");
        stream.set_read_timeout(Some(A_WHILE)).expect("a socket of ours");
        Self(stream)
    }

    /// What became of one request.
    fn asks(&mut self) -> Result<(), ErrorKind> {
        self.0.write_all(b"?").map_err(|error| error.kind())?;
        match self.0.read(&mut [0; 8]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof),
            Ok(_) => Ok(()),
            Err(error) => Err(error.kind()),
        }
    }
}

fn is_ended(asked: Result<(), ErrorKind>) -> bool {
    matches!(asked, Err(ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe))
}

#[test]
fn warm_connections_to_the_named_peer_end_and_others_live_on() {
    let lab = Lab::new();
    let (_peer, _other) = (Echo::on(&lab.peer), Echo::on(&lab.other));
    for fault in [partition(Direction::To), shaped(Direction::To, delay(100))] {
        let fault = NetworkFault { peers: both_families(&lab.peer, None), resets: true, ..fault };
        let mut hit = [&lab.peer.v4, &lab.peer.v6].map(|address| Client::new(&lab.victim, address));
        let mut spared = [
            Client::new(&lab.victim, &lab.other.v4),
            Client::new(&lab.victim, &lab.other.v6),
            Client::new(&lab.twin, &lab.peer.v4),
        ];
        assert!(hit.iter_mut().chain(&mut spared).all(|client| client.asks().is_ok()), "healthy before");
        let (ended, alive, said) = during(&lab, &fault, |active| {
            let ended = hit.each_mut().map(|client| is_ended(client.asks()));
            (ended, spared.each_mut().map(|client| client.asks().is_ok()), active.felt.how.clone())
        });
        assert_eq!(ended, [true; 2], "{:?}: the client is told at once", fault.act);
        assert_eq!(alive, [true; 3], "{:?}: connections to others go on", fault.act);
        assert!(said.contains("2 established connections ended"), "{said}");
        assert!(Client::new(&lab.victim, &lab.peer.v4).asks().is_ok(), "a new connection works after the fault");
    }
}

#[test]
fn without_being_asked_no_connection_ends() {
    let lab = Lab::new();
    let _echo = Echo::on(&lab.peer);
    let mut client = Client::new(&lab.victim, &lab.peer.v4);
    let fault = NetworkFault { peers: both_families(&lab.peer, None), ..shaped(Direction::To, delay(100)) };
    let asked = during(&lab, &fault, |_| client.asks());
    assert_eq!(asked, Ok(()), "a delay alone only slows it");
}
