//! The daemon's own port, in real mTLS, under messages and frames that are nearly right. Each is made from a number, so that a failure can be
//! played again. Nothing is sent that could hit anybody on this machine but the test's own victims.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaosgated::contract::inject_request::Fault;
use chaosgated::contract::victim::Target;
use chaosgated::contract::{InjectRequest, Victim};
use http_body_util::{BodyExt, Full};
use prost::Message;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service, http};
use tonic::transport::{Channel, Endpoint};

use crate::daemon::{Daemon, Site};
use crate::mutants::{self, Dice};
use crate::seeds::Seeds;

const CONNECTIONS: usize = 8;
const AT_ONCE_ON_EACH: usize = 8;
/// Sixty-four acts one after the other, on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
const SERVICE: &str = "/chaosgate.daemon.v1.NodeDaemonService/";

/// What became of all that was sent, by the answer; and every message that got none, or an honest one that was refused.
#[derive(Debug, Default)]
pub struct Tally {
    pub answers: BTreeMap<String, usize>,
    pub wrong: Vec<String>,
    /// Injections that were meant for somebody of this machine.
    pub withheld: usize,
}

/// One request, whatever is wrong with it.
struct Shot {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    is_honest: bool,
}

#[derive(Clone)]
pub struct Storm {
    pub seed: u64,
    pub victim: u32,
    /// May be killed.
    pub spare: u32,
    seeds: Arc<Seeds>,
}

impl Storm {
    pub fn new(seed: u64, site: &Site, victim: u32, spare: u32) -> Storm {
        Storm { seed, victim, spare, seeds: Arc::new(Seeds::of(site, victim, spare)) }
    }

    /// Sends those with these numbers, in no order, and waits for all answers.
    pub fn rages(&self, site: &Site, daemon: &Daemon, numbers: std::ops::Range<u64>) -> Tally {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let (next, tally) = (Arc::new(AtomicU64::new(numbers.start)), Arc::new(Mutex::new(Tally::default())));
        runtime.block_on(async {
            let mut senders = Vec::new();
            for _ in 0..CONNECTIONS {
                let channel = connect(site, daemon).await;
                for _ in 0..AT_ONCE_ON_EACH {
                    let (storm, next, tally) = (self.clone(), Arc::clone(&next), Arc::clone(&tally));
                    senders.push(tokio::spawn(storm.send_all(channel.clone(), next, numbers.end, tally)));
                }
            }
            for sender in senders {
                sender.await.expect("a sender does not panic");
            }
        });
        drop(runtime);
        std::mem::take(&mut *tally.lock().expect("nobody panicked"))
    }

    async fn send_all(self, mut channel: Channel, next: Arc<AtomicU64>, end: u64, tally: Arc<Mutex<Tally>>) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return;
            }
            let shot = self.shot(number);
            if !self.is_harmless(&shot) {
                tally.lock().expect("nobody panicked").withheld += 1;
                continue;
            }
            let answer = tokio::time::timeout(ANSWERED_WITHIN, send(&mut channel, &shot)).await;
            let answer = answer.unwrap_or_else(|_| "no answer".to_owned());
            let mut tally = tally.lock().expect("nobody panicked");
            let is_wanted = is_an_answer(&answer) || (answer == GIVEN_UP && shot.may_be_given_up());
            if !is_wanted || (shot.is_honest && answer != "status 0") {
                tally.wrong.push(format!("seed {:#x}, number {number}, {}: {answer}", self.seed, shot.path));
            }
            *tally.answers.entry(answer).or_default() += 1;
        }
    }

    fn shot(&self, number: u64) -> Shot {
        let mut dice = Dice::new(self.seed, number);
        let (method, message) = self.seeds.any(&mut dice, number);
        let path = format!("{SERVICE}{method}");
        let headers = vec![
            ("content-type", "application/grpc".to_owned()),
            ("te", "trailers".to_owned()),
            ("user-agent", "storm".to_owned()),
        ];
        if matches!(method, "List" | "Capabilities") && dice.one_in(2) {
            return Shot { path, headers, body: mutants::framed(&[]), is_honest: true };
        }
        let body = if dice.one_in(8) { mutants::broken(&mut dice, &message) } else { mutants::framed(&message) };
        let mut shot = Shot { path, headers, body, is_honest: false };
        if dice.one_in(20) {
            shot.estrange(&mut dice);
        }
        shot
    }

    /// What the daemon would find in it is looked at as the daemon does.
    fn is_harmless(&self, shot: &Shot) -> bool {
        let requests = mutants::messages_in(&shot.body).into_iter().filter_map(|message| InjectRequest::decode(message).ok());
        requests.into_iter().all(|request| {
            let Some(Victim { target: Some(Target::LocalPid(pid)), .. }) = request.victim else { return true };
            let is_kill = matches!(request.fault, Some(Fault::Process(_)));
            pid == self.spare || (pid == self.victim && !is_kill) || !Path::new(&format!("/proc/{pid}")).exists()
        })
    }
}

impl Shot {
    fn may_be_given_up(&self) -> bool {
        self.headers.iter().any(|(name, _)| *name == "grpc-timeout")
    }

    /// The frame around the frame.
    fn estrange(&mut self, dice: &mut Dice) {
        match dice.below(8) {
            0 => self.path = format!("{SERVICE}{}", dice.pick(&["Nothing", "", "inject", "Inject/", "../Inject"])),
            1 => self.path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned(),
            2 => {
                self.headers[0].1 =
                    (*dice.pick(&["text/plain", "application/grpc+json", "application/grpc-web", ""])).to_owned()
            }
            3 => drop(self.headers.remove(1)),
            4 => self.headers.push(("grpc-encoding", (*dice.pick(&["gzip", "zstd", "identity", "?"])).to_owned())),
            5 => {
                let timeouts = ["1n", "0S", "99999999H", "999999999S", "-1S", "S", "1x", "18446744073709551616u"];
                self.headers.push(("grpc-timeout", (*dice.pick(&timeouts)).to_owned()));
            }
            6 => self.headers.push(("x-anything", "x".repeat(dice.below(20_000)))),
            _ => self.headers.push(("x-anything-bin", "!!! no base64".to_owned())),
        }
    }
}

async fn connect(site: &Site, daemon: &Daemon) -> Channel {
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{}", daemon.port)).expect("an address");
    let endpoint = endpoint.tls_config(site.authority.client(Some(&site.authority))).expect("certificates");
    endpoint.connect().await.expect("the daemon answers")
}

/// Our own end of a call, by the deadline that it says itself.
const GIVEN_UP: &str = "given up";

/// The daemon's own word, by any of the ways that it has; not that the connection broke, or that nothing could be sent.
fn is_an_answer(answer: &str) -> bool {
    answer == "a stream" || ["status ", "http "].iter().any(|front| answer.starts_with(front))
}

#[test]
fn a_connection_that_breaks_is_no_answer() {
    assert!(["status 0", "status 13", "http 431", "a stream"].into_iter().all(is_an_answer));
    assert!(
        !["no answer", "no connection", "broken off: closed", "cannot be sent", "no status", GIVEN_UP]
            .into_iter()
            .any(is_an_answer)
    );
}

/// The answer in a word.
async fn send(channel: &mut Channel, shot: &Shot) -> String {
    let mut request = http::Request::post(&shot.path);
    for (name, value) in &shot.headers {
        request = request.header(*name, value);
    }
    let body = Body::new(Full::new(Bytes::from(shot.body.clone())));
    let Ok(request) = request.body(body) else { return "cannot be sent".to_owned() };
    if std::future::poll_fn(|cx| channel.poll_ready(cx)).await.is_err() {
        return "no connection".to_owned();
    }
    let response = match channel.call(request).await {
        Ok(response) => response,
        Err(error) => return broken_off(&error),
    };
    let status = |map: &http::HeaderMap| map.get("grpc-status").map(|code| format!("status {}", code.to_str().unwrap_or("?")));
    if let Some(code) = status(response.headers()) {
        return code;
    }
    if response.status() != http::StatusCode::OK {
        return format!("http {}", response.status().as_u16());
    }
    if shot.path.ends_with("/Watch") {
        return "a stream".to_owned();
    }
    match response.into_body().collect().await {
        Ok(whole) => whole.trailers().and_then(status).unwrap_or_else(|| "no status".to_owned()),
        Err(error) => broken_off(&error),
    }
}

/// With all that is behind it.
fn broken_off(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    if causes.clone().any(|cause| cause.is::<tonic::TimeoutExpired>()) {
        return GIVEN_UP.to_owned();
    }
    let causes = causes.map(ToString::to_string);
    format!("broken off: {}", causes.collect::<Vec<_>>().join(": "))
}
