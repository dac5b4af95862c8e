//! From what the node says to messages of the contract.

use std::time::Duration;

use tonic::Status;

use super::status;
use crate::contract::{self, watch_response};
use crate::effect::{EffectError, Effects, Residue};
use crate::lease::Terms;
use crate::node::{Active, Event, EventKind, ListedFault, ListedLease, Listing, Node, Reverted};
use crate::procfs;
use crate::victim::ResolvedVictim;

pub fn capabilities(node_name: String, node: &Node) -> contract::CapabilitiesResponse {
    let rules = node.rules();
    contract::CapabilitiesResponse {
        node: node_name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        boot_id: node.boot_id().to_owned(),
        capabilities: node.capabilities().iter().map(capability).collect(),
        maxima: Some(contract::Maxima {
            max_duration_us: micros(rules.max_duration),
            max_faults: u32::try_from(rules.max_faults).unwrap_or(u32::MAX),
        }),
        lease: Some(terms(rules.terms)),
        tcp: procfs::tcp_settings().ok().map(tcp_settings),
    }
}

fn tcp_settings(found: procfs::TcpSettings) -> contract::TcpSettings {
    contract::TcpSettings { rmem: found.rmem, wmem: found.wmem, congestion_control: found.congestion_control }
}

fn capability(found: &crate::effect::Capability) -> contract::Capability {
    contract::Capability {
        effect: found.effect.to_owned(),
        available: found.available,
        back_end: found.back_end.to_owned(),
        reason: found.reason.clone(),
    }
}

fn terms(terms: Terms) -> contract::LeaseTerms {
    contract::LeaseTerms { renew_every_us: micros(terms.renew_every), expires_after_us: micros(terms.expires_after) }
}

pub fn injected(active: Active) -> contract::InjectResponse {
    let Active { record, fault, felt, .. } = active;
    let did = vec![crate::recovery::what_of(&record)];
    let felt = contract::Felt { measured: felt.measured, felt: felt.felt, how: felt.how };
    contract::InjectResponse {
        receipt: Some(contract::Receipt {
            fault_id: record.fault_id.into(),
            effect: fault.name().to_owned(),
            back_end: record.receipt.back_end().to_owned(),
            felt: Some(felt),
            did,
        }),
    }
}

pub fn renewed(remaining: Duration, in_force: Terms) -> contract::RenewResponse {
    contract::RenewResponse { remaining_us: micros(remaining), lease: Some(terms(in_force)) }
}

pub fn reverted(reverted: Reverted) -> contract::RevertResponse {
    let failure = |failure: crate::recovery::UndoFailure| contract::UndoFailure {
        fault_id: failure.key.fault.into(),
        what: failure.what,
        why: failure.why,
    };
    contract::RevertResponse { reverted: reverted.count, failures: reverted.failures.into_iter().map(failure).collect() }
}

pub fn listed(listing: Listing, in_force: Terms) -> contract::ListResponse {
    contract::ListResponse {
        faults: listing.faults.into_iter().map(active_fault).collect(),
        leases: listing.leases.into_iter().map(|lease| active_lease(lease, in_force)).collect(),
    }
}

fn active_fault(listed: ListedFault) -> contract::ActiveFault {
    let ListedFault { record, effect, age, deadline_in } = listed;
    contract::ActiveFault {
        run_id: record.run.into(),
        fault_id: record.fault_id.into(),
        effect: effect.to_owned(),
        back_end: record.receipt.back_end().to_owned(),
        victim: Some(victim(record.victim)),
        age_us: micros(age),
        deadline_in_us: micros(deadline_in),
    }
}

fn victim(resolved: ResolvedVictim) -> contract::Victim {
    contract::Victim {
        namespace: resolved.namespace,
        pod: resolved.pod,
        pod_uid: String::new(),
        container: resolved.container,
        target: Some(contract::victim::Target::LocalPid(resolved.pid)),
    }
}

fn active_lease(lease: ListedLease, in_force: Terms) -> contract::ActiveLease {
    contract::ActiveLease {
        run_id: lease.run.into(),
        epoch: lease.epoch.0,
        remaining_us: micros(lease.remaining),
        terms: Some(terms(in_force)),
    }
}

/// An empty answer is a proof, so one namespace that cannot be looked into makes the whole an error.
pub fn residue(
    effects: &Effects,
    victims: &[ResolvedVictim],
    of_the_node: (Vec<Residue>, Vec<EffectError>),
) -> Result<contract::ResidueResponse, Status> {
    let looks = victims.iter().map(|victim| (format!("the network of pid {}", victim.pid), effects.residue(victim)));
    let mut residue = Vec::new();
    for (place, (found, blind)) in looks.chain([("the node".to_owned(), of_the_node)]) {
        if let Some(error) = blind.first() {
            return Err(status::partly_blind(&place, &error.to_string()));
        }
        residue.extend(found.into_iter().map(|one| contract::Residue { r#where: one.place, what: one.what }));
    }
    Ok(contract::ResidueResponse { residue })
}

pub fn event(event: Event) -> contract::WatchResponse {
    contract::WatchResponse {
        run_id: event.run.into(),
        fault_id: event.fault.map(String::from).unwrap_or_default(),
        kind: kind(event.kind).into(),
        detail: event.detail,
    }
}

fn kind(kind: EventKind) -> watch_response::Kind {
    match kind {
        EventKind::VictimGone => watch_response::Kind::VictimGone,
        EventKind::LeaseExpired => watch_response::Kind::LeaseExpired,
        EventKind::Deadline => watch_response::Kind::Deadline,
        EventKind::UndoFailed => watch_response::Kind::UndoFailed,
        EventKind::ShuttingDown => watch_response::Kind::ShuttingDown,
        EventKind::FaultStopped => watch_response::Kind::FaultStopped,
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
