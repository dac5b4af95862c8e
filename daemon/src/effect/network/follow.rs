//! Peers that are named and not numbered: looked up before the fault, and again while it lasts, because what a name means
//! changes. New addresses join the fault; none leaves it before its end, since connections to it may live on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::names::{self, NameError, View};
use super::visit;
use crate::fault::{NamedPeer, NetworkFault, Peer};
use crate::victim::{NetnsRef, ResolvedVictim};

/// How soon somebody who did not answer is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// Each address is a rule that every packet of the victim is compared with.
const MOST_ADDRESSES: usize = 256;

/// The faults of this process that have names among their peers, by the fault's own name.
#[derive(Default)]
pub struct Followers(Mutex<BTreeMap<String, Arc<Follower>>>);

pub struct Follower {
    netns: NetnsRef,
    pid: u32,
    names: Vec<NamedPeer>,
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    is_over: bool,
    known: BTreeMap<String, BTreeSet<IpAddr>>,
    next: Duration,
}

impl Followers {
    /// Looks up every name, once. A name that has no address is refused: the fault would not be the one that was asked for.
    pub fn look_up(&self, fault: &str, network: &NetworkFault, victim: &ResolvedVictim) -> Result<(), LookUpError> {
        let follower = Follower {
            netns: victim.netns.clone(),
            pid: victim.pid,
            names: network.names.clone(),
            state: Mutex::new(State { is_over: false, known: BTreeMap::new(), next: AGAIN }),
            wake: Condvar::new(),
        };
        let (known, next) = follower.look()?;
        *follower.state() = State { is_over: false, known, next };
        self.table().insert(fault.to_owned(), Arc::new(follower));
        Ok(())
    }

    /// The fault with the addresses of its names among its peers.
    pub fn numbered(&self, fault: &str, network: &NetworkFault) -> NetworkFault {
        let follower = self.table().get(fault).map(Arc::clone);
        let named = follower.map(|follower| follower.peers(&follower.state().known)).unwrap_or_default();
        NetworkFault { peers: [network.peers.as_slice(), named.as_slice()].concat(), ..network.clone() }
    }

    /// Looks again from now on and hands new peers to `join`, until the fault is over. Says what the names mean now.
    pub fn follow(
        &self,
        fault: &str,
        join: impl Fn(&[Peer]) -> Result<(), String> + Send + 'static,
    ) -> std::io::Result<Option<String>> {
        let Some(follower) = self.table().get(fault).map(Arc::clone) else { return Ok(None) };
        let found = follower.in_words();
        let name = fault.to_owned();
        let run = move || follower.run(&name, join);
        thread::Builder::new().name("name-follower".into()).stack_size(256 * 1024).spawn(run)?;
        Ok(Some(found))
    }

    /// After this no peer joins any more: what is undone stays undone.
    pub fn end(&self, fault: &str) {
        // The table is free again before anybody waits for a peer that is just joining.
        let ended = self.table().remove(fault);
        if let Some(follower) = ended {
            follower.state().is_over = true;
            follower.wake.notify_all();
        }
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Follower>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Known = BTreeMap<String, BTreeSet<IpAddr>>;

impl Follower {
    fn run(&self, fault: &str, join: impl Fn(&[Peer]) -> Result<(), String>) {
        while self.waits() {
            match self.look() {
                Ok((found, next)) => self.take(fault, found, next, &join),
                Err(LookUpError::Visit(super::VisitError::Gone { .. })) => return,
                // What is known stays; a server that was cut off by the fault itself is no news.
                Err(error) => {
                    tracing::debug!(%fault, %error, "names not looked up");
                    self.state().next = AGAIN;
                }
            }
        }
    }

    /// Until it is time to look again. False: the fault is over.
    fn waits(&self) -> bool {
        let state = self.state();
        let next = state.next;
        let waited = self.wake.wait_timeout_while(state, next, |state| !state.is_over);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }

    fn look(&self) -> Result<(Known, Duration), LookUpError> {
        let look = || -> Result<(Known, Duration), NameError> {
            let (view, end) = (View::of(self.pid)?, Instant::now() + names::PATIENCE_IN_ALL);
            let mut known = Known::new();
            let mut next = Duration::MAX;
            for NamedPeer { name, .. } in &self.names {
                let found = names::look_up(&view, name, end)?;
                next = next.min(found.believed_for);
                known.entry(name.clone()).or_default().extend(found.addresses);
            }
            Ok((known, next))
        };
        Ok(visit(&self.netns, look)??)
    }

    /// Under the lock, so that nothing joins a fault that is being undone.
    fn take(&self, fault: &str, found: Known, next: Duration, join: impl Fn(&[Peer]) -> Result<(), String>) {
        let mut state = self.state();
        state.next = next;
        let is_new = |name: &String, address: &IpAddr| !state.known.get(name).is_some_and(|known| known.contains(address));
        let new: Known = found
            .into_iter()
            .map(|(name, addresses)| {
                let new = addresses.into_iter().filter(|address| is_new(&name, address)).collect();
                (name, new)
            })
            .collect();
        let count: usize = state.known.values().chain(new.values()).map(BTreeSet::len).sum();
        let peers = self.peers(&new);
        if state.is_over || peers.is_empty() {
            return;
        }
        if count > MOST_ADDRESSES {
            tracing::warn!(%fault, count, "names have more addresses than a fault takes; the newest are left alone");
            return;
        }
        match join(&peers) {
            Ok(()) => {
                tracing::info!(%fault, peers = peers.len(), "addresses that names have now joined the fault");
                for (name, addresses) in new {
                    state.known.entry(name).or_default().extend(addresses);
                }
            }
            Err(error) => tracing::warn!(%fault, %error, "new addresses of names could not join the fault"),
        }
    }

    fn peers(&self, known: &Known) -> Vec<Peer> {
        let of_one = |named: &NamedPeer| {
            let addresses = known.get(&named.name).into_iter().flatten();
            let peer = |address: &IpAddr| Peer {
                address: *address,
                prefix: if address.is_ipv4() { 32 } else { 128 },
                port: named.port,
            };
            addresses.map(peer).collect::<Vec<_>>()
        };
        self.names.iter().flat_map(of_one).collect()
    }

    fn in_words(&self) -> String {
        let state = self.state();
        let of_one = |(name, addresses): (&String, &BTreeSet<IpAddr>)| {
            let list: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            format!("{name} is {}", list.join(", "))
        };
        state.known.iter().map(of_one).collect::<Vec<_>>().join("; ")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    #[error(transparent)]
    Visit(#[from] super::VisitError),
    #[error(transparent)]
    Name(#[from] NameError),
}
