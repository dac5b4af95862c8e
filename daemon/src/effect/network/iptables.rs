//! Runs iptables, as argument vectors and never through a shell, in the network namespace of the calling thread.
//! Knows the two implementations (nft, legacy), picks the one that works there, and speaks of the mangle table only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rules::{self, Chain, Family, PREFIX};
use crate::effect::Residue;
use crate::fault::{NetworkFault, Peer};

const LOCK: &str = "/run/xtables.lock";
/// Another program may hold the table while we want to change it.
const LOCK_PATIENCE_SECONDS: &str = "5";
/// Another program may change the table between our look and our transaction.
const ATTEMPTS: usize = 3;
const LONGEST_COMPLAINT: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    Nft,
    Legacy,
}

#[derive(Debug, Error)]
pub enum IptablesError {
    #[error("{program} is not installed on this node: install iptables in the daemon's image")]
    NotInstalled { program: String },
    #[error("could not run {program}: {cause}")]
    NotRun { program: String, cause: io::Error },
    #[error("{program} refused: {complaint}")]
    Refused { program: String, complaint: String },
}

impl Variant {
    /// In order of preference: a current distribution's default first.
    pub const ALL: [Variant; 2] = [Variant::Nft, Variant::Legacy];

    pub fn name(self) -> &'static str {
        match self {
            Variant::Nft => "iptables-nft",
            Variant::Legacy => "iptables-legacy",
        }
    }

    fn program(self, family: Family, ending: &str) -> String {
        let base = match family {
            Family::V4 => "iptables",
            Family::V6 => "ip6tables",
        };
        let kind = match self {
            Variant::Nft => "nft",
            Variant::Legacy => "legacy",
        };
        format!("{base}-{kind}{ending}")
    }
}

/// Runs one transaction of the mangle table.
pub fn restore(variant: Variant, family: Family, transaction: &str) -> Result<(), IptablesError> {
    let program = variant.program(family, "-restore");
    let mut command = command(&program);
    command.args(["--noflush", "--wait", LOCK_PATIENCE_SECONDS]);
    run(&program, command, transaction).map(drop)
}

/// The mangle table as `-S` lists it. Empty, without a look, where looking would create the table.
pub fn list(variant: Variant, family: Family) -> Result<String, IptablesError> {
    look(variant, family, &["-S"])
}

/// The same with packet counters.
pub fn list_with_counters(variant: Variant, family: Family) -> Result<String, IptablesError> {
    look(variant, family, &["-S", "-v"])
}

/// Puts chains in place in both families. On failure some may be there: `remove_chains` takes them back.
pub fn place(variant: Variant, chains: &[Chain], fault: &NetworkFault) -> Result<(), IptablesError> {
    for family in families_here() {
        if let Some(transaction) = rules::placement(family, chains, fault) {
            restore(variant, family, &transaction)?;
        }
    }
    Ok(())
}

/// Adds peers to chains that are in place; where the chains are gone nothing is added.
pub fn join(variant: Variant, chains: &[Chain], peers: &[Peer]) -> Result<(), IptablesError> {
    for family in families_here() {
        if let Some(transaction) = rules::addition(family, chains, peers) {
            restore(variant, family, &transaction)?;
        }
    }
    Ok(())
}

/// Removes these chains, if they are there.
pub fn remove_chains(variant: Variant, chains: &[Chain]) -> Result<(), IptablesError> {
    remove(variant, |name| chains.iter().any(|chain| chain.name == name))
}

/// Removes the chains that `is_ours` accepts from the tables of both families. What is already gone is not missed.
pub fn remove(variant: Variant, is_ours: impl Fn(&str) -> bool) -> Result<(), IptablesError> {
    let mut outcome = Ok(());
    for family in families_here() {
        // The second family is cleared even when the first could not be.
        outcome = outcome.and(remove_from(variant, family, &is_ours));
    }
    outcome
}

/// Chains of ours in this namespace, whichever implementation and fault put them there.
pub fn residue(place: &str) -> Result<Vec<Residue>, IptablesError> {
    let mut residue = Vec::new();
    for (variant, family) in tables_here() {
        let listing = match list(variant, family) {
            // Nothing can be left by an implementation that this node does not have.
            Err(IptablesError::NotInstalled { .. }) => continue,
            listing => listing?,
        };
        let ours = rules::chains_in(&listing).filter(|chain| chain.starts_with(PREFIX));
        let what = |chain| format!("chain {chain} in table mangle ({})", variant.program(family, ""));
        residue.extend(ours.map(|chain| Residue { place: place.to_owned(), what: what(chain) }));
    }
    Ok(residue)
}

/// Removes every chain of ours from this namespace.
pub fn sweep() -> Result<(), IptablesError> {
    let mut outcome = Ok(());
    for variant in Variant::ALL {
        let removed = remove(variant, |chain| chain.starts_with(PREFIX));
        // What is not installed has put nothing there.
        if !matches!(removed, Err(IptablesError::NotInstalled { .. })) {
            outcome = outcome.and(removed);
        }
    }
    outcome
}

/// The families that this namespace speaks: IPv6 may be compiled out or switched off.
pub fn families_here() -> impl Iterator<Item = Family> {
    let has_v6 = Path::new("/proc/thread-self/net/if_inet6").exists();
    Family::BOTH.into_iter().filter(move |family| *family == Family::V4 || has_v6)
}

pub fn tables_here() -> impl Iterator<Item = (Variant, Family)> {
    families_here().flat_map(|family| Variant::ALL.map(|variant| (variant, family)))
}

fn remove_from(variant: Variant, family: Family, is_ours: &impl Fn(&str) -> bool) -> Result<(), IptablesError> {
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        let Some(transaction) = rules::removal(&list(variant, family)?, is_ours) else {
            return Ok(());
        };
        last = restore(variant, family, &transaction);
        if last.is_ok() {
            return Ok(());
        }
    }
    last
}

fn look(variant: Variant, family: Family, words: &[&str]) -> Result<String, IptablesError> {
    if variant == Variant::Legacy && !legacy_table_exists(family) {
        return Ok(String::new());
    }
    let program = variant.program(family, "");
    let mut command = command(&program);
    command.args(["--wait", LOCK_PATIENCE_SECONDS, "-t", "mangle"]).args(words);
    run(&program, command, "")
}

/// The legacy programs create the table in the namespace by looking at it.
fn legacy_table_exists(family: Family) -> bool {
    let names = match family {
        Family::V4 => "/proc/thread-self/net/ip_tables_names",
        Family::V6 => "/proc/thread-self/net/ip6_tables_names",
    };
    fs::read_to_string(names).is_ok_and(|names| names.lines().any(|name| name == "mangle"))
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("XTABLES_LOCKFILE", lock_file()).env("LC_ALL", "C");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The lock that every legacy iptables of the machine takes; an unprivileged daemon cannot, and has its namespaces to itself.
fn lock_file() -> PathBuf {
    match OpenOptions::new().append(true).create(true).open(LOCK) {
        Ok(_) => PathBuf::from(LOCK),
        Err(_) => std::env::temp_dir().join("chaosgate-xtables.lock"),
    }
}

fn run(program: &str, mut command: Command, input: &str) -> Result<String, IptablesError> {
    let not_run = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => IptablesError::NotInstalled { program: program.to_owned() },
        _ => IptablesError::NotRun { program: program.to_owned(), cause },
    };
    let mut child = command.spawn().map_err(not_run)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that refuses early closes its input; its complaint says more than the broken pipe.
        let _ = stdin.write_all(input.as_bytes());
    }
    let Output { status, stdout, stderr } = child.wait_with_output().map_err(not_run)?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&stderr).trim().chars().take(LONGEST_COMPLAINT).collect();
    Err(IptablesError::Refused { program: program.to_owned(), complaint })
}
