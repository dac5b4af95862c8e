//! A ticket is the bot's signed permission to run one plan in one cluster. A compact JWS and the keys of this node go in;
//! claims that may be trusted come out, or the one reason why not. Pure: no file, no clock; the keys are given.

mod keys;
mod permission;
mod signature;

use serde::Deserialize;
use thiserror::Error;

pub use keys::{InvalidKeys, TicketKeys};

use crate::ids::RunId;

/// The claims that the daemon itself judges; the runner judges the rest against the very bytes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Ticket {
    #[serde(rename = "jti")]
    pub id: String,
    #[serde(rename = "aud")]
    pub audience: String,
    /// Unix seconds.
    #[serde(rename = "exp")]
    pub expires: u64,
    pub kind: Kind,
    pub limits: Limits,
}

/// An unknown kind is refused by name. The runs of a standing ticket (of a Schedule) are named by the second they were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Once,
    Standing,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Limits {
    pub max_duration_seconds: u64,
    pub max_pods: u32,
    /// Namespaces that may be hit.
    pub namespaces: Vec<String>,
    #[serde(default)]
    pub protected_namespaces: Vec<String>,
    /// Whether wrong bytes may stay in files for good.
    #[serde(default)]
    pub altered_data: bool,
    /// How far a clock that counts from boot may be shifted.
    #[serde(default = "default_clock_shift")]
    pub max_clock_shift_seconds: f64,
}

/// What the settings permit where they say nothing (`caps.clockShift`).
fn default_clock_shift() -> f64 {
    10.0
}

#[derive(Debug, Error, PartialEq)]
pub enum TicketError {
    #[error("the ticket is {length} bytes long, more than {most}: send the compact JWS alone")]
    TooLong { length: usize, most: usize },
    #[error("the ticket is not a compact JWS: {why}; send the deployment's ticket unchanged")]
    Malformed { why: &'static str },
    #[error("the ticket's header is not one that this daemon accepts: {why}; it takes exactly alg EdDSA, kid and typ {typ}")]
    Header { why: String, typ: &'static str },
    #[error(
        "the ticket is signed by key {kid:?}, which is not among this node's ticket keys; add it to --ticket-keys if it is yours"
    )]
    UnknownKey { kid: String },
    #[error("the ticket's signature does not belong to its bytes under key {kid:?}: it was changed, or signed by someone else")]
    Signature { kid: String },
    #[error("the ticket's claims cannot be read: {why}")]
    Claims { why: String },
    #[error("the ticket is for cluster {audience:?} and this node belongs to {here:?}: it grants nothing here")]
    Audience { audience: String, here: String },
    #[error("ticket {id} expired {ago} s ago, before its run began here: ask for a new one with /chaos run")]
    Expired { id: String, ago: u64 },
    #[error("run {run} of standing ticket {id} was not due within an hour of now: its cron asks for each run at its own time")]
    NotDue { run: RunId, id: String },
    #[error("run {run} does not belong to ticket {id}: its runs are named {id}-<n>")]
    OtherRun { run: RunId, id: String },
    #[error("ticket {id} does not permit namespace {namespace:?}, only {permitted:?}")]
    Namespace { id: String, namespace: String, permitted: Vec<String> },
    #[error("namespace {namespace:?} is never hit on this node, whatever a ticket permits")]
    Denied { namespace: String },
    #[error("the fault's deadline of {asked} s is longer than the {most} s that ticket {id} permits")]
    Duration { id: String, asked: f64, most: u64 },
    #[error(
        "ticket {id} does not permit wrong bytes that stay in files for good, whatever the request says: let the settings say caps.alteredData: true and ask for a new ticket, or write methods: [read]"
    )]
    AltersData { id: String },
    #[error(
        "ticket {id} permits clocks that count from boot to be shifted by {most} s at most, and {asked} s were asked for: raise caps.clockShift in the settings and ask for a new ticket, or shift CLOCK_REALTIME alone"
    )]
    ClockShift { id: String, asked: f64, most: f64 },
    #[error("ticket {id} permits {most} victims and run {run} would hit one more")]
    Victims { id: String, run: RunId, most: u32 },
}
