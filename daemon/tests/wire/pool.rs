//! A pool of connections, each busy from its request to its answer, while calls come in evenly: when is it full after a fault?

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::lab::Lab;
use crate::plan::PoolCell;
use crate::ready::readable;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filled {
    /// From the moment when the fault was felt until no connection was idle. None: never while it was watched.
    seconds: Option<f64>,
    /// Most connections busy at once, before the fault was felt and after.
    peak_before: usize,
    peak_after: usize,
    /// How long the daemon took to put the fault there, which is no part of the figure above.
    injected_ms: f64,
}

/// One moment of the pool.
struct Moment {
    at: Instant,
    busy: usize,
    is_answer: bool,
}

/// Works, has the fault put there, works on, and looks back.
pub fn fill<T: Send>(lab: &Lab, asked: &PoolCell, inject: impl FnOnce() -> T + Send) -> Filled {
    let (near, far) = connect_all(lab, asked.size);
    let service = asked.service();
    let (stop, stopped) = channel();
    let server = thread::spawn(move || serve(far, service, &stopped));
    let start = Instant::now();
    let end = start + asked.before() + asked.after();
    let (moments, injecting) = thread::scope(|scope| {
        let working = scope.spawn(|| work(near, asked, start, end));
        thread::sleep(asked.before());
        let began = Instant::now();
        let active = inject();
        let injecting = began..Instant::now();
        let moments = working.join().expect("the caller does not panic");
        drop(active);
        (moments, injecting)
    });
    drop(stop);
    server.join().expect("the server does not panic");
    looked_back(&moments, asked, &injecting)
}

fn connect_all(lab: &Lab, count: usize) -> (Vec<TcpStream>, Vec<TcpStream>) {
    let any: SocketAddr = format!("{}:0", lab.peer.v4).parse().expect("an address");
    let listener = lab.peer.inside(|| TcpListener::bind(any).expect("a free port"));
    let at = listener.local_addr().expect("bound");
    // One after the other: the queue of connections that wait to be accepted is shorter than a pool may be.
    let pair = |_| {
        let near = TcpStream::connect(at).expect("the server listens");
        (without_delay(near), without_delay(listener.accept().expect("it came").0))
    };
    lab.victim.inside(|| (0..count).map(pair).unzip())
}

fn without_delay(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("a socket of ours");
    stream
}

/// Answers each request a fixed time after it came.
fn serve(mut streams: Vec<TcpStream>, service: Duration, stopped: &Receiver<()>) {
    let mut due: VecDeque<(Instant, usize)> = VecDeque::new();
    while stopped.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
        let next = due.front().map_or_else(|| Instant::now() + Duration::from_millis(100), |(at, _)| *at);
        for number in readable(&streams, next) {
            if let Ok(1) = streams[number].read(&mut [0]) {
                due.push_back((Instant::now() + service, number));
            }
        }
        while let Some((_, number)) = due.pop_front_if(|(at, _)| *at <= Instant::now()) {
            // The caller may have gone.
            let _ = streams[number].write_all(b"!");
        }
    }
}

/// Calls at even intervals; a call that finds no idle connection is refused and forgotten.
fn work(mut streams: Vec<TcpStream>, asked: &PoolCell, start: Instant, end: Instant) -> Vec<Moment> {
    let gap = Duration::from_secs_f64(1.0 / asked.rate_per_second);
    let mut idle: Vec<usize> = (0..streams.len()).collect();
    let mut moments = Vec::new();
    let mut next = start;
    while Instant::now() < end {
        for number in readable(&streams, next) {
            streams[number].read_exact(&mut [0]).expect("an answer");
            idle.push(number);
            moments.push(Moment { at: Instant::now(), busy: streams.len() - idle.len(), is_answer: true });
        }
        if Instant::now() < next {
            continue;
        }
        next += gap;
        if let Some(number) = idle.pop() {
            streams[number].write_all(b"?").expect("the connection is not reset");
            moments.push(Moment { at: Instant::now(), busy: streams.len() - idle.len(), is_answer: false });
        }
    }
    moments
}

/// The caller itself feels the fault when answers stop coming: at the last one before the longest silence, where answers are
/// delayed, and a service time before it, where requests are. It knows that to one interval between calls, and takes the middle.
fn looked_back(moments: &[Moment], asked: &PoolCell, injecting: &Range<Instant>) -> Filled {
    let answers: Vec<Instant> = moments.iter().filter(|moment| moment.is_answer).map(|moment| moment.at).collect();
    let longest = answers.windows(2).max_by_key(|pair| pair[1] - pair[0]);
    let last = longest.map_or(injecting.end, |pair| pair[0]);
    let under_way = if asked.answers_are_delayed { Duration::ZERO } else { asked.service() };
    let felt = last + Duration::from_secs_f64(0.5 / asked.rate_per_second) - under_way;
    let peak = |after: bool| moments.iter().filter(|each| (each.at >= felt) == after).map(|each| each.busy).max().unwrap_or(0);
    let full = moments.iter().find(|each| each.at >= felt && each.busy == asked.size);
    Filled {
        seconds: full.map(|each| (each.at - felt).as_secs_f64()),
        peak_before: peak(false),
        peak_after: peak(true),
        injected_ms: (injecting.end - injecting.start).as_secs_f64() * 1e3,
    }
}
