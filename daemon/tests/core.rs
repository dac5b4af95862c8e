//! The daemon as it is started on a node: real processes, real kernel, real mTLS. What the victim feels is measured by connecting
//! from inside its network, and what is left is read with iptables-save: neither shares code with the daemon.

#[path = "core/budget.rs"]
mod budget;
#[path = "core/client.rs"]
mod client;
#[path = "core/daemon.rs"]
mod daemon;
#[path = "core/healing.rs"]
mod healing;
#[path = "core/lab.rs"]
mod lab;
#[path = "core/leases.rs"]
mod leases;
#[path = "core/ledger.rs"]
mod ledger;
#[path = "core/panics.rs"]
mod panics;
#[path = "core/tickets.rs"]
mod tickets;
#[path = "core/tls.rs"]
mod tls;
#[path = "core/victims.rs"]
mod victims;
