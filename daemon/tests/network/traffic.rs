//! Real traffic between the hosts of the lab, and how long it takes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::lab::Host;

pub const PORT: u16 = 8080;
pub const OTHER_PORT: u16 = 9090;
const PATIENCE: Duration = Duration::from_secs(3);

/// Answers TCP and UDP on both ports and families with what it receives, until dropped.
pub struct Echo {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Echo {
    pub fn on(host: &Host) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for port in [PORT, OTHER_PORT] {
            let any: SocketAddr = format!("[::]:{port}").parse().expect("an address");
            let (tcp, udp) = host.inside(|| (TcpListener::bind(any).expect("free"), UdpSocket::bind(any).expect("free")));
            tcp.set_nonblocking(true).expect("a socket of ours");
            udp.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket of ours");
            let (of_tcp, of_udp) = (Arc::clone(&stop), Arc::clone(&stop));
            threads.push(thread::spawn(move || accept(&tcp, &of_tcp)));
            threads.push(thread::spawn(move || answer(&udp, &of_udp)));
        }
        Self { stop, threads }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("the echo does not panic");
        }
    }
}

/// How long a TCP connection takes to be made. None: not within the patience.
pub fn connect(from: &Host, address: &str, port: u16) -> Option<Duration> {
    let target = socket_address(address, port);
    from.inside(|| {
        let start = Instant::now();
        TcpStream::connect_timeout(&target, PATIENCE).ok().map(|_| start.elapsed())
    })
}

/// The best of three, in milliseconds: what the network adds, not what the machine's scheduler adds.
pub fn connect_ms(from: &Host, address: &str, port: u16) -> f64 {
    let tries = (0..3).filter_map(|_| connect(from, address, port));
    tries.min().map_or(f64::INFINITY, |took| took.as_secs_f64() * 1e3)
}

/// Sends numbered datagrams of this size and returns the numbers that came back, in their order, and when.
pub fn echoes(from: &Host, address: &str, count: u32, size: usize, gap: Duration) -> Vec<(u32, Duration)> {
    echoes_within(from, address, count, size, gap, Duration::from_millis(600))
}

/// The same, until nothing came back for so long.
pub fn echoes_within(
    from: &Host,
    address: &str,
    count: u32,
    size: usize,
    gap: Duration,
    silence: Duration,
) -> Vec<(u32, Duration)> {
    let target = socket_address(address, PORT);
    let socket = from.inside(|| UdpSocket::bind("[::]:0").expect("a free port"));
    socket.set_read_timeout(Some(silence)).expect("a socket of ours");
    let sender = socket.try_clone().expect("a socket of ours");
    let start = Instant::now();
    let sending = thread::spawn(move || {
        let mut datagram = vec![0x5a; size];
        for number in 0..count {
            datagram[0..4].copy_from_slice(&number.to_be_bytes());
            datagram[4..12].copy_from_slice(&(start.elapsed().as_nanos() as u64).to_be_bytes());
            // Refused by a local firewall is a way of being lost.
            let _ = sender.send_to(&datagram, mapped(target));
            thread::sleep(gap);
        }
    });
    let mut came_back = Vec::new();
    let mut buffer = vec![0; 65536];
    while let Ok((length, _)) = socket.recv_from(&mut buffer) {
        let intact = length == size && buffer[12..length].iter().all(|byte| *byte == 0x5a);
        if intact {
            let number = u32::from_be_bytes(buffer[0..4].try_into().expect("four bytes"));
            let sent = Duration::from_nanos(u64::from_be_bytes(buffer[4..12].try_into().expect("eight bytes")));
            came_back.push((number, start.elapsed() - sent));
        }
    }
    sending.join().expect("the sender does not panic");
    came_back
}

/// Datagrams every 10 ms, whatever becomes of them. A connection would fall silent for a second after a SYN that was lost, and a
/// delay that is taken away loses what it held.
pub fn send_until(over: &AtomicBool, from: &Host, address: &str) {
    let target = mapped(socket_address(address, PORT));
    let socket = from.inside(|| UdpSocket::bind("[::]:0").expect("a free port"));
    while !over.load(Ordering::Relaxed) {
        // Refused by a local firewall is a way of being lost.
        let _ = socket.send_to(b"still here", target);
        thread::sleep(Duration::from_millis(10));
    }
}

/// An established connection that can be asked whether it still carries.
pub struct Conversation {
    stream: TcpStream,
}

impl Conversation {
    pub fn start(from: &Host, address: &str) -> Self {
        let target = socket_address(address, PORT);
        let stream = from.inside(|| TcpStream::connect_timeout(&target, PATIENCE)).expect("nothing in the way yet");
        stream.set_nodelay(true).expect("a socket of ours");
        Self { stream }
    }

    pub fn carries_within(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).expect("a socket of ours");
        self.stream.write_all(b"?").expect("the connection is not reset");
        self.hears()
    }

    /// Waits for what was said before.
    pub fn hears_within(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).expect("a socket of ours");
        self.hears()
    }

    fn hears(&mut self) -> bool {
        match self.stream.read(&mut [0; 64]) {
            Ok(length) => length > 0,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => false,
            Err(error) => panic!("the conversation broke: {error}"),
        }
    }
}

fn socket_address(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(address.parse().expect("an address of the lab"), port)
}

/// A socket of both families wants IPv4 in IPv6 clothes.
fn mapped(target: SocketAddr) -> SocketAddr {
    match target {
        SocketAddr::V4(v4) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V6(_) => target,
    }
}

fn accept(listener: &TcpListener, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => drop(thread::spawn(move || copy(stream))),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Ends when the other side does.
fn copy(mut stream: TcpStream) {
    stream.set_nonblocking(false).expect("a socket of ours");
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

fn answer(socket: &UdpSocket, stop: &AtomicBool) {
    let mut buffer = vec![0; 65536];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // The asker may have left.
            let _ = socket.send_to(&buffer[..length], from);
        }
    }
}
