//! Many victims with a network each, all on one bridge, and datagrams from each of them to a listener that notes when they come.

use std::fs::File;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::lab;

/// Nothing here outlives this.
const AT_MOST: &str = "240";
pub const HUB: &str = "10.88.0.1";
const PORT: u16 = 9000;
const BETWEEN_PACKETS: Duration = Duration::from_millis(1);

/// Namespaces end with the processes that keep them.
struct Keeper(Child);

impl Keeper {
    fn new() -> Keeper {
        let child =
            Command::new("unshare").args(["--net", "sleep", AT_MOST]).stdin(Stdio::null()).spawn().expect("unshare runs");
        let of = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let asked = Instant::now();
        while of(&child.id().to_string()) == of("self") {
            assert!(asked.elapsed() < Duration::from_secs(10), "no network of its own");
            thread::yield_now();
        }
        Keeper(child)
    }

    fn run(&self, words: &str) {
        let pid = self.0.id().to_string();
        let status = Command::new("nsenter").args(["--net", "--target", &pid, "--"]).args(words.split(' ')).status();
        assert!(status.expect("nsenter runs").success(), "{words}");
    }

    /// A socket stays in the network in which it was made.
    fn socket(&self, at: &str) -> UdpSocket {
        let netns = File::open(format!("/proc/{}/ns/net", self.0.id())).expect("the keeper lives");
        let open = || {
            // SAFETY: setns takes no pointer, the descriptor is open, and only this short-lived thread moves.
            let refused = unsafe { libc::setns(netns.as_raw_fd(), libc::CLONE_NEWNET) };
            assert_eq!(refused, 0, "setns: {}", std::io::Error::last_os_error());
            UdpSocket::bind(at).expect("a free port")
        };
        thread::scope(|scope| scope.spawn(open).join().expect("no panic"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        lab::end(&mut self.0);
    }
}

#[derive(Default)]
struct Arrivals {
    count: AtomicU64,
    last_took_us: AtomicU64,
}

pub struct Streets {
    homes: Vec<Keeper>,
    _hub: Keeper,
    arrivals: Arc<Vec<Arrivals>>,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Streets {
    /// Each lane is a number of homes that together send a thousand datagrams a second.
    pub fn with_lanes(lanes: &[usize]) -> Streets {
        let hub = Keeper::new();
        hub.run("ip link set lo up");
        hub.run("ip link add br0 type bridge");
        hub.run("ip addr add 10.88.0.1/16 dev br0");
        hub.run("ip link set br0 up");
        let homes: Vec<Keeper> = (0..lanes.iter().sum()).map(|number| home(&hub, number)).collect();
        let arrivals: Arc<Vec<Arrivals>> = Arc::new(homes.iter().map(|_| Arrivals::default()).collect());
        let (over, epoch) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let (heard, end, listener) = (Arc::clone(&arrivals), Arc::clone(&over), hub.socket(&format!("0.0.0.0:{PORT}")));
        let mut threads = vec![thread::spawn(move || listen(&listener, &heard, &end, epoch))];
        let mut first = 0;
        for lane in lanes {
            let sockets: Vec<(usize, UdpSocket)> =
                (first..first + lane).map(|number| (number, homes[number].socket("0.0.0.0:0"))).collect();
            let end = Arc::clone(&over);
            threads.push(thread::spawn(move || send(&sockets, &end, epoch)));
            first += lane;
        }
        let streets = Streets { homes, _hub: hub, arrivals, over, threads };
        streets.meet();
        streets
    }

    /// Everybody is heard: no neighbour discovery is left to disturb a measurement.
    fn meet(&self) {
        let asked = Instant::now();
        while self.counts().contains(&0) {
            assert!(asked.elapsed() < Duration::from_secs(20), "somebody is not heard: {:?}", self.counts());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn pid(&self, number: usize) -> u32 {
        self.homes[number].0.id()
    }

    /// How many datagrams of each home have come so far.
    pub fn counts(&self) -> Vec<u64> {
        self.arrivals.iter().map(|arrivals| arrivals.count.load(Relaxed)).collect()
    }

    /// How long the last one of this home was on its way.
    pub fn took(&self, number: usize) -> Duration {
        Duration::from_micros(self.arrivals[number].last_took_us.load(Relaxed))
    }
}

impl Drop for Streets {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("no panic");
        }
    }
}

fn home(hub: &Keeper, number: usize) -> Keeper {
    let home = Keeper::new();
    hub.run(&format!("ip link add p{number} type veth peer name eth0 netns {}", home.0.id()));
    hub.run(&format!("ip link set p{number} master br0 up"));
    home.run("ip link set lo up");
    home.run(&format!("ip addr add 10.88.1.{}/16 dev eth0", number + 1));
    home.run("ip link set eth0 up");
    home
}

fn send(homes: &[(usize, UdpSocket)], over: &AtomicBool, epoch: Instant) {
    let mut due = Instant::now();
    for (number, socket) in homes.iter().cycle() {
        if over.load(Relaxed) {
            return;
        }
        let mut datagram = [0; 100];
        datagram[..8].copy_from_slice(&(*number as u64).to_be_bytes());
        datagram[8..16].copy_from_slice(&(epoch.elapsed().as_micros() as u64).to_be_bytes());
        // Refused by a firewall is a way of being lost.
        let _ = socket.send_to(&datagram, (HUB, PORT));
        due += BETWEEN_PACKETS;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn listen(socket: &UdpSocket, arrivals: &[Arrivals], over: &AtomicBool, epoch: Instant) {
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a socket of ours");
    let mut datagram = [0; 100];
    while !over.load(Relaxed) {
        if socket.recv_from(&mut datagram).is_err() {
            continue;
        }
        let word = |at: usize| u64::from_be_bytes(datagram[at..at + 8].try_into().expect("eight bytes"));
        let Some(of_home) = arrivals.get(word(0) as usize) else { continue };
        of_home.last_took_us.store((epoch.elapsed().as_micros() as u64).saturating_sub(word(8)), Relaxed);
        of_home.count.fetch_add(1, Relaxed);
    }
}
