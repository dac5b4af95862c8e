//! Packets on their way from the victim to the peer: when each was sent, and when the peer's kernel says it came. One clock.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::lab::Lab;

const BYTES: usize = 100;
/// Longer than any delay here, and than any pause of the machine.
const SILENCE: Duration = Duration::from_millis(1500);

/// What became of numbered packets, in the order of their arrival.
pub struct Journey {
    pub sent: u32,
    pub arrivals: Vec<Arrival>,
    /// How late the machine meanwhile woke a thread that slept, sorted: what no program's own timers can do better.
    pub naps_ms: Vec<f64>,
}

#[derive(Clone, Copy)]
pub struct Arrival {
    pub number: u32,
    pub took_ms: f64,
}

impl Journey {
    /// Sorted times of all that came.
    pub fn times(&self) -> Vec<f64> {
        let mut times: Vec<f64> = self.arrivals.iter().map(|arrival| arrival.took_ms).collect();
        times.sort_by(f64::total_cmp);
        times
    }
}

pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Sends so many packets at this rate, by a schedule: a sender that was late sends what it owes at once.
pub fn travel(lab: &Lab, count: u32, per_second: u32) -> Journey {
    let at: SocketAddr = format!("{}:7777", lab.peer.v4).parse().expect("an address");
    let receiver = lab.peer.inside(|| UdpSocket::bind(at)).expect("a free port");
    prepare(&receiver);
    let sender = lab.victim.inside(|| UdpSocket::bind((lab.victim.v4.as_str(), 0))).expect("a free port");
    let sending = thread::spawn(move || send(&sender, at, count, per_second));
    let (wake, over) = channel();
    let napping = thread::spawn(move || nap_until(&over));
    let mut arrivals = Vec::new();
    while let Ok(arrival) = receive(&receiver) {
        arrivals.push(arrival);
    }
    sending.join().expect("the sender does not panic");
    drop(wake);
    Journey { sent: count, arrivals, naps_ms: napping.join().expect("the sleeper does not panic") }
}

/// How late somebody would have been who was due every few milliseconds: in a long pause, many times, each less than before.
fn nap_until(over: &Receiver<()>) -> Vec<f64> {
    const NAP: Duration = Duration::from_millis(3);
    let mut late = Vec::new();
    while over.try_recv() == Err(TryRecvError::Empty) {
        let start = Instant::now();
        thread::sleep(NAP);
        let mut missed = start.elapsed() - NAP;
        late.push(missed);
        while missed > NAP {
            missed -= NAP;
            late.push(missed);
        }
    }
    let mut late: Vec<f64> = late.into_iter().map(|late| late.as_secs_f64() * 1e3).collect();
    late.sort_by(f64::total_cmp);
    late
}

/// The same without a fault, for what the way itself takes.
pub fn undisturbed(lab: &Lab, count: u32, per_second: u32) -> Vec<f64> {
    travel(lab, count, per_second).times()
}

fn send(sender: &UdpSocket, to: SocketAddr, count: u32, per_second: u32) {
    let start = Instant::now();
    for number in 0..count {
        let due = start + Duration::from_secs_f64(f64::from(number) / f64::from(per_second));
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut datagram = [0; BYTES];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        datagram[4..20].copy_from_slice(&nanoseconds().to_be_bytes());
        // A full device queue is a loss as any other.
        let _ = sender.send_to(&datagram, to);
    }
}

fn nanoseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos()
}

/// The kernel stamps what comes with its clock, before any process is woken; a large buffer loses nothing while we are not.
fn prepare(socket: &UdpSocket) {
    socket.set_read_timeout(Some(SILENCE)).expect("a socket of ours");
    for (option, value) in [(libc::SO_TIMESTAMPNS, 1i32), (libc::SO_RCVBUFFORCE, 16 << 20)] {
        // SAFETY: pointer and length describe `value`, which outlives the call; a refused buffer is the kernel's own.
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const value).cast(), 4) };
    }
}

fn receive(socket: &UdpSocket) -> io::Result<Arrival> {
    let mut bytes = [0u8; 256];
    let mut control = [0u64; 16];
    let mut piece = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: msghdr is plain data for which all zeroes is a valid value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut piece;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control) as _;
    // SAFETY: the header points at buffers that are writable and outlive the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, 0) };
    if length < 20 {
        return Err(io::Error::last_os_error());
    }
    // struct cmsghdr of 16 bytes, then struct timespec: the only thing that was asked for.
    let came = u128::from(control[2]) * 1_000_000_000 + u128::from(control[3]);
    let number = u32::from_be_bytes(bytes[..4].try_into().expect("four bytes"));
    let sent = u128::from_be_bytes(bytes[4..20].try_into().expect("sixteen bytes"));
    Ok(Arrival { number, took_ms: (came as f64 - sent as f64) / 1e6 })
}
