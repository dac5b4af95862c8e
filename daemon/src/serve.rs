//! The daemon from its first breath to its last: take the place, revert what is on record, and only then read configuration,
//! open the port and serve; on a signal or a panic revert everything again.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server as Transport;

use crate::callers::{self, Callers, CallersError, Files};
use crate::cri::Cri;
use crate::effect::{BackEnd, Effects};
use crate::heartbeat::{Heartbeat, HeartbeatError};
use crate::ledger::{Ledger, LedgerError, Record};
use crate::metrics;
use crate::node::{Desk, Node, Reverted, Unanswered};
use crate::options::Serve;
use crate::privileges::{self, Kind};
use crate::recovery::{self, Outcome, Step};
use crate::server::{Looks, Server};
use crate::sys;
use crate::ticket::{InvalidKeys, TicketKeys};

/// A daemon that is being replaced, or a keeper that is reverting, lets go within this.
const PLACE_WITHIN: Duration = Duration::from_secs(10);
/// Watchers get this long to read the last events before their connections end.
const FAREWELL: Duration = Duration::from_millis(200);
/// A process that is in a borrowed system call when a panic ends us.
const COME_BACK_WITHIN: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(30);
const REQUESTS_PER_CONNECTION: u32 = 64;
const LONGEST_HEADERS: u32 = 16 * 1024;

#[derive(Debug, Error)]
pub enum ServeError {
    #[error(transparent)]
    Heartbeat(#[from] HeartbeatError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("could not read --{flag} {path}: {cause}", path = path.display())]
    Read { flag: &'static str, path: PathBuf, cause: io::Error },
    #[error("could not use --ticket-keys: {0}")]
    Keys(#[from] InvalidKeys),
    #[error("could not serve on {address}: {cause}")]
    Listen { address: SocketAddr, cause: io::Error },
    #[error(transparent)]
    Callers(#[from] CallersError),
    #[error("could not serve: {0}")]
    Transport(#[from] tonic::transport::Error),
    #[error("could not start the daemon's threads or its signal handlers: {0}")]
    Start(io::Error),
    #[error("could not give up capabilities: {0}")]
    Privileges(io::Error),
    #[error(transparent)]
    Node(#[from] Unanswered),
}

/// The state directory in hand, with nothing active in it but what could not be undone.
#[derive(Debug)]
pub struct Place {
    ledger: Ledger,
    heartbeat: Heartbeat,
    state_dir: PathBuf,
    left: Vec<Record>,
}

/// Becomes the one daemon of the state directory and reverts everything on record.
/// What could not be undone is logged and stays on record; the node retries it for as long as it lives.
pub fn take_place(state_dir: &Path) -> Result<Place, ServeError> {
    let ledger = Ledger::open(state_dir)?;
    let heartbeat = take_heartbeat(state_dir)?;
    let outcome = recovery::revert_all(&ledger, &Effects::new(BackEnd::Auto).with_state(state_dir), &mut log)?;
    if outcome != Outcome::default() {
        tracing::warn!(?outcome, "faults of an earlier life were on record and are dealt with");
    }
    let left = if outcome.failed > 0 { ledger.found()?.records } else { Vec::new() };
    Ok(Place { ledger, heartbeat, state_dir: state_dir.to_owned(), left })
}

fn take_heartbeat(state_dir: &Path) -> Result<Heartbeat, HeartbeatError> {
    let asked = Instant::now();
    loop {
        match Heartbeat::take(state_dir) {
            Err(HeartbeatError::Held { .. }) if asked.elapsed() < PLACE_WITHIN => thread::sleep(Duration::from_millis(50)),
            answer => return answer,
        }
    }
}

/// Serves until SIGTERM or SIGINT, then reverts everything. What failed to revert is in the answer.
pub fn serve(options: &Serve, place: Place) -> Result<Reverted, ServeError> {
    revert_on_panic(&place.state_dir);
    // Before any thread is made that lives as long as we do, for capabilities are a thread's. One that waits for a borrowed call to end
    // since the records were undone has all of them until then.
    privileges::keep_for(&kinds_needed(options, &place.left)).map_err(ServeError::Privileges)?;
    let keys = Arc::new(TicketKeys::parse(&read("ticket-keys", &options.ticket_keys)?)?);
    let callers = Callers::open(files_of(options), &options.client_name)?;
    let effects = Effects::new(options.back_end).with_state(&place.state_dir);
    let node = Node::new(options.rules.clone(), place.ledger, effects, place.heartbeat, place.left);
    let (desk, node_thread) = Desk::open(node).map_err(ServeError::Start)?;
    let (cluster_id, node_name) = (options.cluster_id.clone(), options.node.clone());
    let cri = Cri::new(options.cri.clone());
    let server = Server { desk: desk.clone(), keys, cluster_id, node_name, cri, looks: Looks::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Start)?;
    let reverted = runtime.block_on(serve_until_told(options, callers, server, desk))?;
    // A panic over there would have aborted the process, so joining cannot fail.
    let _ = node_thread.join();
    Ok(reverted)
}

/// What may be put on here, and what is left of an earlier life, which may have been permitted more: undoing needs it too.
fn kinds_needed(options: &Serve, left: &[Record]) -> Vec<Kind> {
    let of_the_left = left.iter().map(|record| Kind::of_receipt(&record.receipt));
    options.rules.effects.iter().copied().chain(of_the_left).collect()
}

async fn serve_until_told(options: &Serve, callers: Callers, server: Server, desk: Desk) -> Result<Reverted, ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Start)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Start)?;
    let refused = |cause| ServeError::Listen { address: options.listen, cause };
    let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let router = Transport::builder()
        .max_concurrent_streams(REQUESTS_PER_CONNECTION)
        .http2_max_header_list_size(LONGEST_HEADERS)
        .http2_keepalive_interval(Some(PING_EVERY))
        .add_service(server.into_service());
    let told = tell_metrics(options, &desk).await?;
    announce(address, told).map_err(ServeError::Start)?;
    let serving = router.serve_with_incoming(callers::incoming(listener, callers));
    let served = tokio::select! {
        ended = serving => ended,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    };
    tracing::info!("asked to stop: no new connections, everything is reverted");
    let reverted = desk.close().await?;
    served?;
    tokio::time::sleep(FAREWELL).await;
    Ok(reverted)
}

/// Where metrics are told, if they are.
async fn tell_metrics(options: &Serve, desk: &Desk) -> Result<Option<SocketAddr>, ServeError> {
    let Some(address) = options.metrics else { return Ok(None) };
    let refused = |cause| ServeError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let told = listener.local_addr().map_err(refused)?;
    tokio::spawn(metrics::serve(listener, desk.clone()));
    Ok(Some(told))
}

/// One line for whoever started the daemon, and only when it serves.
fn announce(address: SocketAddr, metrics: Option<SocketAddr>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let mut line = serde_json::json!({ "listening": address.to_string() });
    if let Some(metrics) = metrics {
        line["metrics"] = metrics.to_string().into();
    }
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

fn files_of(options: &Serve) -> Files {
    let Serve { tls_cert, tls_key, client_ca, .. } = options;
    Files { tls_cert: tls_cert.clone(), tls_key: tls_key.clone(), client_ca: client_ca.clone() }
}

fn read(flag: &'static str, path: &Path) -> Result<String, ServeError> {
    fs::read_to_string(path).map_err(|cause| ServeError::Read { flag, path: path.to_owned(), cause })
}

/// From now on a panic of any thread reverts everything on record and ends the process: a daemon with a bug keeps no fault.
pub fn revert_on_panic(state_dir: &Path) {
    let state_dir = state_dir.to_owned();
    panic::set_hook(Box::new(move |bug| {
        tracing::error!(%bug, "this is a bug in chaosgated: everything is reverted and the daemon ends");
        match Ledger::open(&state_dir) {
            Ok(ledger) => {
                if let Err(error) = recovery::revert_all(&ledger, &Effects::new(BackEnd::Auto).with_state(&state_dir), &mut log)
                {
                    tracing::error!(%error, "could not read the records; the keeper or the next start reverts");
                }
            }
            Err(error) => tracing::error!(%error, "could not open the records; the keeper or the next start reverts"),
        }
        // What is still away then was ours to lose: a daemon with a bug must end.
        let _ = sys::inject::all_are_back_within(COME_BACK_WITHIN);
        std::process::abort();
    }));
}

/// Tells the log what recovery does. What is left or unknown is loudest.
pub fn log(step: Step) {
    match step {
        Step::Undone { .. } | Step::DroppedFromAnotherBoot(_) => tracing::info!(%step, "recovery"),
        Step::Swept(_) | Step::Unlocked => tracing::warn!(%step, "recovery"),
        Step::Failed(_) | Step::Torn(_) | Step::Blind { .. } => tracing::error!(%step, "recovery"),
    }
}
