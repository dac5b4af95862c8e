//! One TCP stream whose receiver grants a window of a known size, and what it carries.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::Host;

/// What a stream did while it was measured.
#[derive(Debug, Clone)]
pub struct Carried {
    pub bytes_per_second: f64,
    /// The window the receiver granted at the end, as the sender's kernel tells (tcpi_snd_wnd).
    pub granted: u32,
    pub congestion_control: String,
    pub round_trip: Duration,
    pub retransmitted: u32,
}

/// Sends for `warm_up` plus `measured` and counts what arrives in the second part.
pub fn carry(
    from: &Host,
    to: &Host,
    window: Option<u32>,
    congestion_control: &str,
    warm_up: Duration,
    measured: Duration,
) -> Carried {
    let (listener, at) = listen(to, window);
    let sender = from.inside(|| connect(at, congestion_control));
    let (mut receiver, _) = listener.accept().expect("the sender came");
    let inspected = sender.try_clone().expect("a socket of ours");
    // The sender goes on a little longer, so that the last moment measured is like the others.
    let end = Instant::now() + warm_up + measured + Duration::from_millis(500);
    receiver.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket of ours");
    let sending = thread::spawn(move || send_until(sender, end));
    receive_until(&mut receiver, window, Instant::now() + warm_up);
    let bytes_per_second = receive_until(&mut receiver, window, Instant::now() + measured).bytes_per_second();
    let (granted, round_trip, retransmitted) = tcp_info(&inspected);
    drop(receiver);
    sending.join().expect("the sender does not panic");
    Carried { bytes_per_second, granted, congestion_control: cc_of(&inspected), round_trip, retransmitted }
}

/// TCP_WINDOW_CLAMP bounds what is granted, from the handshake on.
fn listen(host: &Host, window: Option<u32>) -> (TcpListener, SocketAddr) {
    let any: SocketAddr = format!("{}:0", host.v4).parse().expect("an address");
    let listener = host.inside(|| TcpListener::bind(any).expect("a free port"));
    if let Some(window) = window {
        keep_the_buffer(&listener);
        clamp(&listener, window);
    }
    let at = listener.local_addr().expect("bound");
    (listener, at)
}

fn connect(to: SocketAddr, congestion_control: &str) -> TcpStream {
    // SAFETY: socket takes no pointer; the descriptor it returns is ours alone.
    let stream = unsafe { TcpStream::from_raw_fd(libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0)) };
    set_congestion_control(&stream, congestion_control);
    let SocketAddr::V4(to) = to else { panic!("the lab listens on IPv4 here") };
    let mut address = libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: to.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(to.ip().octets()) },
        sin_zero: [0; 8],
    };
    // SAFETY: `address` is a whole sockaddr_in and outlives the call.
    let refused = unsafe { libc::connect(stream.as_raw_fd(), (&raw mut address).cast(), size_of_val(&address) as u32) };
    assert_eq!(refused, 0, "connect: {}", std::io::Error::last_os_error());
    stream
}

fn send_until(mut stream: TcpStream, end: Instant) {
    let chunk = vec![0x77; 128 * 1024];
    while Instant::now() < end && stream.write_all(&chunk).is_ok() {}
}

/// What came since a moment, and the same at the last moment when a whole number of windows had come.
struct Received {
    start: Instant,
    all: (u64, Instant),
    whole: (u64, Instant),
    windows: u64,
}

impl Received {
    fn since(start: Instant) -> Self {
        Self { start, all: (0, start), whole: (0, start), windows: 0 }
    }

    fn add(&mut self, length: usize, window: Option<u32>) {
        self.all = (self.all.0 + length as u64, Instant::now());
        let windows = window.map_or(0, |window| self.all.0 / u64::from(window));
        if windows > self.windows {
            self.windows = windows;
            self.whole = self.all;
        }
    }

    /// A stream that its window bounds comes in one burst per round trip: from a moment in one burst to the like moment in another
    /// is a whole number of windows, and any other span counts up to a burst too many or too few.
    fn bytes_per_second(&self) -> f64 {
        let (bytes, end) = if self.windows < FEW_WINDOWS { self.all } else { self.whole };
        bytes as f64 / (end - self.start).as_secs_f64()
    }
}

/// Of fewer, too much would be cut off; such a stream is bound by loss and has no rhythm.
const FEW_WINDOWS: u64 = 8;

fn receive_until(stream: &mut TcpStream, window: Option<u32>, end: Instant) -> Received {
    let mut buffer = vec![0; 16 * 1024];
    let mut received = Received::since(Instant::now());
    let mut clamp_again = Instant::now();
    while Instant::now() < end {
        if let Some(window) = window.filter(|_| Instant::now() >= clamp_again) {
            // The kernel computes the clamp anew whenever packets' overhead changes (tcp_measure_rcv_mss).
            clamp(stream, window);
            clamp_again = Instant::now() + Duration::from_millis(20);
        }
        match stream.read(&mut buffer).expect("the stream flows") {
            0 => break,
            length => received.add(length, window),
        }
    }
    received
}

pub fn set_congestion_control(socket: &impl AsRawFd, name: &str) {
    set(socket, libc::IPPROTO_TCP, libc::TCP_CONGESTION, name.as_bytes());
}

/// A buffer that the kernel tunes takes the clamp with it (tcp_rcv_space_adjust sets window_clamp anew); a fixed one, larger than any
/// window here, does not. Only root may fix it beyond rmem_max; for others the kernel's tuning goes on, which reaches further.
fn keep_the_buffer(socket: &impl AsRawFd) {
    let bytes = (16_i32 << 20).to_ne_bytes();
    // SAFETY: pointer and length describe `bytes`, which outlives the call; a refusal leaves things as they are.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUFFORCE,
            bytes.as_ptr().cast(),
            size_of_val(&bytes) as u32,
        )
    };
}

fn clamp(socket: &impl AsRawFd, window: u32) {
    set(socket, libc::IPPROTO_TCP, libc::TCP_WINDOW_CLAMP, &(window as i32).to_ne_bytes());
}

/// struct tcp_info: tcpi_rtt is at 68, tcpi_total_retrans at 100, tcpi_snd_wnd at 228 (Linux 5.4; libc's struct ends before it).
fn tcp_info(stream: &TcpStream) -> (u32, Duration, u32) {
    let bytes = get(stream, libc::TCP_INFO, 256);
    let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (word(228), Duration::from_micros(u64::from(word(68))), word(100))
}

fn cc_of(stream: &TcpStream) -> String {
    let bytes = get(stream, libc::TCP_CONGESTION, 16);
    String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
}

fn get(stream: &TcpStream, option: i32, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut length = size as u32;
    // SAFETY: pointer and length describe `bytes`, which is writable and outlives the call.
    let refused =
        unsafe { libc::getsockopt(stream.as_raw_fd(), libc::IPPROTO_TCP, option, bytes.as_mut_ptr().cast(), &mut length) };
    assert_eq!(refused, 0, "getsockopt: {}", std::io::Error::last_os_error());
    bytes
}

fn set(socket: &impl AsRawFd, level: i32, option: i32, value: &[u8]) {
    // SAFETY: pointer and length describe `value`, which outlives the call.
    let refused = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value.as_ptr().cast(), value.len() as u32) };
    assert_eq!(refused, 0, "setsockopt {level}/{option}: {}", std::io::Error::last_os_error());
}
