//! Which qdiscs, filters and devices make up a fault, how they are told from others', and how they go away.
//! Speaks of the namespace of the calling thread.

use std::io;

use super::tc::{self, Ethertype, Goal, Tc};
use super::words::{self, End, Key};
use crate::effect::Residue;
use crate::effect::network::links;
use crate::fault::{NetworkAct, NetworkFault, Peer};

/// Handles that nobody picks by hand and the kernel does not pick by itself (it counts from 0x8001): ours.
const BANDS: u32 = 0xca50_0000;
const SHAPER: u32 = 0xca51_0000;
const PASS_CLASS: u32 = BANDS | 1;
const SHAPED_CLASS: u32 = BANDS | 2;
const IFB_PREFIX: &str = "chaosgate";

/// Everything: the shaper at the root. With peers or exemptions: two bands, and filters that tell the packets apart.
pub fn place_to(tc: &mut Tc, device: i32, network: &NetworkFault) -> io::Result<()> {
    if !network.is_filtered() {
        return add_shaper(tc, device, tc::ROOT, &network.act);
    }
    let is_for_all = network.peers.is_empty() && network.names.is_empty();
    tc.add_bands(device, BANDS, u8::from(is_for_all))?;
    add_shaper(tc, device, SHAPED_CLASS, &network.act)?;
    let (pass, shape) = (Goal::Class(PASS_CLASS), Goal::Class(SHAPED_CLASS));
    add_filters(tc, (device, BANDS), 1, &network.exempt, End::Destination, pass)?;
    add_filters(tc, (device, BANDS), 3, &network.peers, End::Destination, shape)
}

/// Only IP is turned aside: ARP and the like arrive as ever.
pub fn place_from(tc: &mut Tc, device: i32, network: &NetworkFault) -> io::Result<()> {
    let ifb = tc.add_ifb(&ifb_name(device))?;
    add_shaper(tc, ifb, tc::ROOT, &network.act)?;
    tc.add_ingress(device)?;
    let place = (device, tc::INGRESS_HANDLE);
    add_filters(tc, place, 1, &network.exempt, End::Source, Goal::Class(PASS_CLASS))?;
    if !(network.peers.is_empty() && network.names.is_empty()) {
        return add_filters(tc, place, 3, &network.peers, End::Source, Goal::Device(ifb));
    }
    let any = [Key { mask: 0, value: 0, offset: 0 }];
    tc.add_filter(place, 3, Ethertype::V4, &any, Goal::Device(ifb))?;
    tc.add_filter(place, 4, Ethertype::V6, &any, Goal::Device(ifb))
}

/// Peers that join a fault in place. Where it is gone nothing is added.
pub fn join(tc: &mut Tc, device: i32, sends: bool, receives: bool, peers: &[Peer]) -> io::Result<()> {
    if sends {
        add_filters(tc, (device, BANDS), 3, peers, End::Destination, Goal::Class(SHAPED_CLASS))?;
    }
    if receives {
        let name = ifb_name(device);
        let ifb = links::list()?.into_iter().find(|link| link.name == name);
        let ifb = ifb.ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))?;
        add_filters(tc, (device, tc::INGRESS_HANDLE), 3, peers, End::Source, Goal::Device(ifb.index))?;
    }
    Ok(())
}

fn add_shaper(tc: &mut Tc, device: i32, parent: u32, act: &NetworkAct) -> io::Result<()> {
    match act {
        NetworkAct::Netem(netem) => tc.add_netem(device, parent, SHAPER, netem),
        NetworkAct::Bandwidth(bandwidth) => tc.add_tbf(device, parent, SHAPER, bandwidth),
        NetworkAct::Partition => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}

/// A priority holds filters of one protocol: `first` for IPv4, the next for IPv6.
fn add_filters(tc: &mut Tc, place: (i32, u32), first: u16, peers: &[Peer], end: End, goal: Goal) -> io::Result<()> {
    for peer in peers {
        let kind = words::ethertype_of(peer);
        let priority = first + u16::from(kind == Ethertype::V6);
        for keys in words::keys_of(peer, end) {
            tc.add_filter(place, priority, kind, &keys, goal)?;
        }
    }
    Ok(())
}

pub fn remove_ifb(tc: &mut Tc, name: &str) -> io::Result<()> {
    match links::list()?.into_iter().find(|link| link.name == name) {
        Some(link) => tc.delete_link(link.index),
        None => Ok(()),
    }
}

pub fn ours_here(place: &str) -> io::Result<Vec<Residue>> {
    let links = links::list()?;
    let name =
        |index: i32| links.iter().find(|link| link.index == index).map_or_else(|| index.to_string(), |link| link.name.clone());
    let qdiscs = Tc::open()?.qdiscs()?;
    let qdiscs = qdiscs.iter().filter(|qdisc| is_ours(qdisc.handle));
    let qdiscs = qdiscs.map(|qdisc| format!("qdisc {} {:x}: on {}", qdisc.kind, qdisc.handle >> 16, name(qdisc.device)));
    let ifbs = links.iter().filter(|link| is_our_ifb(&link.name)).map(|link| format!("device {}", link.name));
    Ok(qdiscs.chain(ifbs).map(|what| Residue { place: place.to_owned(), what }).collect())
}

/// A device of ours tells which device's ingress qdisc leads to it.
pub fn sweep_here() -> io::Result<()> {
    let mut tc = Tc::open()?;
    let qdiscs = tc.qdiscs()?;
    // Every one is tried, and the first failure told.
    let mut outcome = Ok(());
    for root in qdiscs.iter().filter(|qdisc| qdisc.parent == tc::ROOT && is_ours(qdisc.handle)) {
        outcome = outcome.and(tc.delete_qdisc(root.device, tc::ROOT, root.handle));
    }
    for ifb in links::list()?.into_iter().filter(|link| is_our_ifb(&link.name)) {
        let led_here = |qdisc: &&tc::Qdisc| qdisc.parent == tc::INGRESS && ifb_name(qdisc.device) == ifb.name;
        if let Some(ingress) = qdiscs.iter().find(led_here) {
            outcome = outcome.and(tc.delete_qdisc(ingress.device, tc::INGRESS, tc::INGRESS_HANDLE));
        }
        outcome = outcome.and(tc.delete_link(ifb.index));
    }
    outcome
}

/// Packets that our shapers hold or passed on, and dropped. A listing that fails counts nothing: then it is not measured.
pub fn struck_here() -> (u32, u32) {
    let qdiscs = Tc::open().and_then(|mut tc| tc.qdiscs()).unwrap_or_default();
    let shapers = qdiscs.iter().filter(|qdisc| qdisc.handle & 0xffff_0000 == SHAPER);
    shapers.fold((0, 0), |(held, dropped), qdisc| (held + qdisc.waiting + qdisc.passed, dropped + qdisc.dropped))
}

pub fn is_ours(handle: u32) -> bool {
    matches!(handle & 0xffff_0000, BANDS | SHAPER)
}

pub fn ifb_name(device: i32) -> String {
    format!("{IFB_PREFIX}{device}")
}

fn is_our_ifb(name: &str) -> bool {
    name.strip_prefix(IFB_PREFIX).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}
