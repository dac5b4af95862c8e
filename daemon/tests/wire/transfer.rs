//! Round trips on an open connection, and answers of a size over a new one, timed by the one who asks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::lab::{Host, Lab};
use crate::plan::{RoundTripCell, TransferCell};
use crate::window::set_congestion_control;

const PATIENCE: Duration = Duration::from_secs(30);
/// What both ends need to forget a connection, without the wire's delay.
const END_OF_CONNECTION: Duration = Duration::from_millis(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundTrips {
    exchange_ms: Vec<f64>,
    connect_ms: Vec<f64>,
}

#[derive(Serialize)]
pub struct Fetched {
    seconds: Vec<f64>,
}

pub fn round_trips(lab: &Lab, asked: &RoundTripCell) -> RoundTrips {
    let at = serve(&lab.peer, "reno", 1, asked.repeats as usize + 1);
    lab.victim.inside(|| {
        let connect_ms = (0..asked.repeats).map(|_| 1e3 * alone(|| drop(open(at)))).collect();
        let mut stream = open(at);
        let exchange_ms = (0..asked.repeats).map(|_| 1e3 * timed(|| ask(&mut stream, 1))).collect();
        RoundTrips { exchange_ms, connect_ms }
    })
}

pub fn fetch_all(lab: &Lab, asked: &TransferCell) -> Fetched {
    let at = serve(&lab.peer, &asked.congestion_control, asked.bytes, asked.repeats as usize);
    let fetch = |_| alone(|| ask(&mut open(at), asked.bytes));
    Fetched { seconds: lab.victim.inside(|| (0..asked.repeats).map(fetch).collect()) }
}

/// Answers every byte of each of so many connections with so many bytes; ends by itself.
fn serve(host: &Host, congestion_control: &str, bytes: usize, connections: usize) -> SocketAddr {
    let any: SocketAddr = format!("{}:0", host.v4).parse().expect("an address");
    let listener = host.inside(|| TcpListener::bind(any).expect("a free port"));
    // Accepted sockets inherit it.
    set_congestion_control(&listener, congestion_control);
    let at = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().expect("somebody comes");
            // One after the other, as they come: a thread each costs user-mode Linux milliseconds that no network took.
            answer(stream, bytes);
        }
    });
    at
}

fn answer(mut stream: TcpStream, bytes: usize) {
    stream.set_nodelay(true).expect("a socket of ours");
    let content = vec![0x33; bytes];
    // The asker may leave while the answer is under way.
    while stream.read_exact(&mut [0]).is_ok() && stream.write_all(&content).is_ok() {}
}

fn open(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).expect("the server listens");
    stream.set_nodelay(true).expect("a socket of ours");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket of ours");
    stream
}

fn ask(stream: &mut TcpStream, bytes: usize) {
    stream.write_all(b"?").expect("the connection is not reset");
    let mut buffer = vec![0; bytes];
    stream.read_exact(&mut buffer).expect("all of the answer");
}

/// The time of what goes over a connection of its own; then as long a pause, in which the end of that connection crosses the wire: on one
/// processor its packets and the server's work for them would hold up the next one's by a millisecond and more.
fn alone(work: impl FnOnce()) -> f64 {
    let seconds = timed(work);
    thread::sleep(Duration::from_secs_f64(seconds) + END_OF_CONNECTION);
    seconds
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
