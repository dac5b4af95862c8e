//! Names among the peers: looked up as the pod itself would, from inside its network, by its own servers and hosts file.
//! A name enters, addresses and how long they may be believed leave.

mod view;
mod wire;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use thiserror::Error;

pub use view::View;
use wire::{Answer, Kind};

const DNS_PORT: u16 = 53;
/// Each server is asked twice; a pod's DNS answers within milliseconds, or its fault is not the one that is asked for.
const PATIENCE: Duration = Duration::from_millis(700);
const ATTEMPTS: usize = 2;
/// For all names of a fault, whatever the victim's search list makes of them: with thirty domains and three servers that do not answer, one
/// name alone would take minutes.
pub const PATIENCE_IN_ALL: Duration = Duration::from_secs(5);
/// How long an answer is believed: not so short that we flood, not so long that a failover is missed.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug, Error)]
pub enum NameError {
    #[error("could not read how the victim resolves names: {0}")]
    View(#[from] io::Error),
    #[error("{name} has no address in the victim's view: its hosts file and its servers ({servers}) know none")]
    Unknown { name: String, servers: String },
    #[error("none of the victim's servers ({servers}) answered for {name}")]
    Silent { name: String, servers: String },
}

/// What a name is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub addresses: BTreeSet<IpAddr>,
    pub believed_for: Duration,
}

/// Looks a name up from the namespace of the calling thread. Nobody is asked after `end`.
pub fn look_up(view: &View, name: &str, end: Instant) -> Result<Found, NameError> {
    let addresses: BTreeSet<IpAddr> = view.in_hosts(name).into_iter().collect();
    if !addresses.is_empty() {
        return Ok(Found { addresses, believed_for: LONGEST });
    }
    let servers = || view.servers.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    let mut heard = false;
    for candidate in view.candidates(name) {
        let answers = [Kind::A, Kind::Aaaa].map(|kind| ask_all(&view.servers, &candidate, kind, end));
        heard |= answers.iter().any(Option::is_some);
        if let Some(found) = together(answers.into_iter().flatten()) {
            return Ok(found);
        }
    }
    let name = name.to_owned();
    Err(if heard { NameError::Unknown { name, servers: servers() } } else { NameError::Silent { name, servers: servers() } })
}

/// None: no addresses at all.
fn together(answers: impl Iterator<Item = Answer>) -> Option<Found> {
    let mut found = Found { addresses: BTreeSet::new(), believed_for: LONGEST };
    for answer in answers {
        if let Answer::Addresses(addresses, lasts) = answer {
            found.addresses.extend(addresses);
            found.believed_for = found.believed_for.min(lasts.unwrap_or(LONGEST)).max(SHORTEST);
        }
    }
    (!found.addresses.is_empty()).then_some(found)
}

/// The first server that knows or knows that there is nothing. None: nobody answered.
fn ask_all(servers: &[IpAddr], name: &str, kind: Kind, end: Instant) -> Option<Answer> {
    let asked = (0..ATTEMPTS).flat_map(|_| servers);
    asked.filter_map(|server| ask(*server, name, kind, end).ok()).find(|answer| *answer != Answer::Failed)
}

fn ask(server: IpAddr, name: &str, kind: Kind, end: Instant) -> io::Result<Answer> {
    let now = Instant::now();
    if now >= end {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let end = end.min(now + PATIENCE);
    let own: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0))?;
    // Only the server's own datagrams are heard, and they must bear a number that nobody else knows.
    socket.connect(SocketAddr::new(server, DNS_PORT))?;
    let id = RandomState::new().hash_one(name) as u16;
    socket.send(&wire::question(id, name, kind))?;
    let mut bytes = [0; wire::LARGEST as usize];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let length = socket.recv(&mut bytes)?;
        if let Some(answer) = wire::answer(&bytes[..length], id, kind) {
            return Ok(answer);
        }
    }
}
