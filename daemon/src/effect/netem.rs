//! What netem can do, and bandwidth, by the kernel's own sch_netem and sch_tbf. To the peers: at the root of the device, alone or in a
//! band that filters lead to. From the peers: received packets take a turn through a device of ours that has the shaper.
//! A device has one root: a second fault there, or a stranger's qdisc, is refused here (the packet queue can still join).

mod layout;
pub mod modules;
pub mod tc;
mod words;

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::network::links::{self, DeviceError, Link};
use super::network::{VisitError, visit};
use super::{Effect, Felt, Residue, Swept, swept_at_once};
use crate::fault::{Fault, NetworkAct, NetworkFault, Peer};
use crate::victim::{NetnsRef, ResolvedVictim};
pub use words::limit;

use layout::{ifb_name, is_ours};
use tc::Tc;

const PROBE_PATIENCE: Duration = Duration::from_millis(250);
const PROBE_STEP: Duration = Duration::from_millis(5);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetemReceipt {
    pub fault: String,
    pub netns: NetnsRef,
    pub device: String,
    pub device_index: i32,
    pub sends: bool,
    pub receives: bool,
    /// The kernel's shaper at work.
    #[serde(default)]
    pub shaper: Shaper,
    /// What the root was. It was a default of the kernel's, which comes back by itself when ours is deleted.
    pub found_root: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shaper {
    #[default]
    Netem,
    Tbf,
}

impl Shaper {
    pub fn name(self) -> &'static str {
        match self {
            Shaper::Netem => "netem",
            Shaper::Tbf => "tbf",
        }
    }
}

#[derive(Debug, Error)]
pub enum NetemError {
    #[error("could not put netem on {pod}: {cause}")]
    Visit { pod: String, cause: VisitError },
    #[error("could not put netem on {pod}: {cause}")]
    Device { pod: String, cause: DeviceError },
    #[error(
        "could not put netem on {device} of {pod}: another network fault holds it; revert that one, or use --back-end auto"
    )]
    Occupied { pod: String, device: String },
    #[error(
        "could not put netem on {device} of {pod}: a {kind} set from outside holds its {place}, and we could not put it back"
    )]
    Foreign { pod: String, device: String, kind: String, place: &'static str },
    #[error("could not look at the qdiscs in the network of {pod}: {cause}")]
    Blind { pod: String, cause: io::Error },
    #[error("could not {what} on {device} for fault {fault}: {cause}")]
    Refused { what: &'static str, device: String, fault: String, cause: io::Error },
    #[error("{first}; and taking back what was placed failed too: {unwinding}")]
    HalfPlaced { first: Box<NetemError>, unwinding: Box<NetemError> },
    #[error("could not reach the victim of fault {fault}: {cause}")]
    Unreachable { fault: String, cause: VisitError },
    #[error("fault {fault} is not one for netem")]
    NotShaping { fault: String },
}

impl NetemError {
    /// Whether the packet queue can do what netem cannot here.
    pub fn leaves_room_for_a_queue(&self) -> bool {
        matches!(self, NetemError::Occupied { .. } | NetemError::Foreign { .. })
    }
}

#[derive(Debug, Default, Clone, Copy)]
pub struct NetemEffect;

impl NetemEffect {
    fn sweep_ours(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, NetemError> {
        let found = self.residue(victim)?;
        if !found.is_empty() {
            visit(&victim.netns, layout::sweep_here)
                .map_err(|cause| NetemError::Visit { pod: victim.pod.clone(), cause })?
                .map_err(|cause| NetemError::Blind { pod: victim.pod.clone(), cause })?;
        }
        Ok(found)
    }
}

impl Effect for NetemEffect {
    type Receipt = NetemReceipt;
    type Error = NetemError;

    fn plan(&self, name: &str, fault: &Fault, victim: &ResolvedVictim) -> Result<NetemReceipt, NetemError> {
        let (network, shaper) = shaping(name, fault)?;
        let pod = || victim.pod.clone();
        let look = || {
            let device =
                links::device_of(network.device.as_deref()).map_err(|cause| NetemError::Device { pod: pod(), cause })?;
            let found_root = room_on(&device, network, &victim.pod)?;
            Ok((device, found_root))
        };
        let (device, found_root) = visit(&victim.netns, look).map_err(|cause| NetemError::Visit { pod: pod(), cause })??;
        Ok(NetemReceipt {
            fault: name.to_owned(),
            netns: victim.netns.clone(),
            device: device.name,
            device_index: device.index,
            sends: network.direction.sends(),
            receives: network.direction.receives(),
            shaper,
            found_root,
        })
    }

    fn apply(&self, receipt: &NetemReceipt, fault: &Fault) -> Result<Felt, NetemError> {
        let (network, _) = shaping(&receipt.fault, fault)?;
        let act = || {
            if let Err(first) = place(receipt, network) {
                return Err(match remove(receipt) {
                    Ok(()) => first,
                    Err(unwinding) => NetemError::HalfPlaced { first: Box::new(first), unwinding: Box::new(unwinding) },
                });
            }
            Ok(felt(&network.act))
        };
        visit(&receipt.netns, act).map_err(|cause| NetemError::Unreachable { fault: receipt.fault.clone(), cause })?
    }

    fn undo(&self, receipt: &NetemReceipt) -> Result<(), NetemError> {
        match visit(&receipt.netns, || remove(receipt)) {
            Ok(removed) => removed,
            Err(VisitError::Gone { .. }) => Ok(()),
            Err(cause) => Err(NetemError::Unreachable { fault: receipt.fault.clone(), cause }),
        }
    }

    fn residue(&self, victim: &ResolvedVictim) -> Result<Vec<Residue>, NetemError> {
        let place = format!("netns {} ({})", victim.netns.inode, victim.pod);
        let blind = |cause| NetemError::Blind { pod: victim.pod.clone(), cause };
        match visit(&victim.netns, || layout::ours_here(&place)) {
            Ok(residue) => residue.map_err(blind),
            Err(VisitError::Gone { .. }) => Ok(Vec::new()),
            Err(cause) => Err(NetemError::Visit { pod: victim.pod.clone(), cause }),
        }
    }

    fn sweep(&self, victim: &ResolvedVictim) -> Swept<NetemError> {
        swept_at_once(self.sweep_ours(victim))
    }
}

/// Adds peers to a fault in place, from anywhere.
pub fn join(receipt: &NetemReceipt, peers: &[Peer]) -> Result<(), NetemError> {
    let act = || {
        let mut tc = Tc::open().map_err(refusal(receipt, "open rtnetlink"))?;
        layout::join(&mut tc, receipt.device_index, receipt.sends, receipt.receives, peers)
            .map_err(refusal(receipt, "add the peers that joined"))
    };
    visit(&receipt.netns, act).map_err(|cause| NetemError::Unreachable { fault: receipt.fault.clone(), cause })?
}

fn shaping<'a>(name: &str, fault: &'a Fault) -> Result<(&'a NetworkFault, Shaper), NetemError> {
    match fault {
        Fault::Network(network @ NetworkFault { act: NetworkAct::Netem(_), .. }) => Ok((network, Shaper::Netem)),
        Fault::Network(network @ NetworkFault { act: NetworkAct::Bandwidth(_), .. }) => Ok((network, Shaper::Tbf)),
        _ => Err(NetemError::NotShaping { fault: name.to_owned() }),
    }
}

/// Refuses a device whose root or ingress is not the kernel's own default; returns the kind of that default.
fn room_on(device: &Link, network: &NetworkFault, pod: &str) -> Result<String, NetemError> {
    let listed = Tc::open().and_then(|mut tc| tc.qdiscs());
    let qdiscs = listed.map_err(|cause| NetemError::Blind { pod: pod.to_owned(), cause })?;
    let here = |parent: u32| qdiscs.iter().find(|qdisc| qdisc.device == device.index && qdisc.parent == parent);
    let (root, ingress) = (here(tc::ROOT), here(tc::INGRESS));
    let ifb_exists = links::list().is_ok_and(|links| links.iter().any(|link| link.name == ifb_name(device.index)));
    if root.is_some_and(|qdisc| is_ours(qdisc.handle)) || ifb_exists {
        return Err(NetemError::Occupied { pod: pod.to_owned(), device: device.name.clone() });
    }
    let foreign = |qdisc: &tc::Qdisc, place| NetemError::Foreign {
        pod: pod.to_owned(),
        device: device.name.clone(),
        kind: qdisc.kind.clone(),
        place,
    };
    match (root, ingress) {
        // What the kernel attaches by itself has no handle.
        (Some(root), _) if root.handle != 0 && network.direction.sends() => Err(foreign(root, "root")),
        (_, Some(ingress)) if network.direction.receives() => Err(foreign(ingress, "ingress")),
        (root, _) => Ok(root.map_or_else(|| "noqueue".to_owned(), |root| root.kind.clone())),
    }
}

fn place(receipt: &NetemReceipt, network: &NetworkFault) -> Result<(), NetemError> {
    let refused = |what: &'static str| refusal(receipt, what);
    let mut tc = Tc::open().map_err(refused("open rtnetlink"))?;
    if receipt.sends {
        layout::place_to(&mut tc, receipt.device_index, network).map_err(refused("shape what is sent"))?;
    }
    if receipt.receives {
        layout::place_from(&mut tc, receipt.device_index, network).map_err(refused("shape what is received"))?;
    }
    Ok(())
}

/// Takes away what is there of ours. Our ingress qdisc cannot be told from another by its handle, only by the receipt:
/// there was none when we planned.
fn remove(receipt: &NetemReceipt) -> Result<(), NetemError> {
    let mut tc = Tc::open().map_err(refusal(receipt, "open rtnetlink"))?;
    let qdiscs = tc.qdiscs().map_err(refusal(receipt, "list qdiscs"))?;
    let on_device = |parent: u32| qdiscs.iter().find(|qdisc| qdisc.device == receipt.device_index && qdisc.parent == parent);
    let mut outcome = Ok(());
    if let Some(root) = on_device(tc::ROOT).filter(|root| receipt.sends && is_ours(root.handle)) {
        let deleted = tc.delete_qdisc(receipt.device_index, tc::ROOT, root.handle);
        outcome = outcome.and(deleted.map_err(refusal(receipt, "delete our root qdisc")));
    }
    if receipt.receives && on_device(tc::INGRESS).is_some_and(|ingress| ingress.kind == "ingress") {
        let deleted = tc.delete_qdisc(receipt.device_index, tc::INGRESS, tc::INGRESS_HANDLE);
        outcome = outcome.and(deleted.map_err(refusal(receipt, "delete our ingress qdisc")));
    }
    let removed = if receipt.receives { layout::remove_ifb(&mut tc, &ifb_name(receipt.device_index)) } else { Ok(()) };
    outcome.and(removed.map_err(refusal(receipt, "delete our device")))
}

/// Reads the counters of our qdiscs for a moment: what waits or was dropped there is the victim's own traffic.
fn felt(act: &NetworkAct) -> Felt {
    let start = Instant::now();
    let mut struck = layout::struck_here();
    while struck == (0, 0) && start.elapsed() < PROBE_PATIENCE {
        thread::sleep(PROBE_STEP);
        struck = layout::struck_here();
    }
    let shaper = match act {
        NetworkAct::Netem(netem) => format!("netem (limit {})", words::limit(netem)),
        _ => "the token bucket".to_owned(),
    };
    let how = match struck {
        (0, 0) => format!("no packet of the victim met {shaper} within {} ms", PROBE_PATIENCE.as_millis()),
        (held, dropped) => format!("{shaper} met {held} packets and dropped {dropped}"),
    };
    Felt { measured: struck != (0, 0), felt: struck != (0, 0), how }
}

fn refusal(receipt: &NetemReceipt, what: &'static str) -> impl Fn(io::Error) -> NetemError {
    let (device, fault) = (receipt.device.clone(), receipt.fault.clone());
    move |cause| NetemError::Refused { what, device: device.clone(), fault: fault.clone(), cause }
}
