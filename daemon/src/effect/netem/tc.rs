//! Traffic control by rtnetlink: queueing disciplines, u32 filters, and the intermediate device that received packets are
//! sent through (include/uapi/linux/{rtnetlink,pkt_sched,pkt_cls}.h). Speaks of the namespace of the calling thread.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::effect::network::links;
use crate::fault::{Netem, Peer, Percent};
use crate::sys::netlink::{self, Message, Socket};

pub const ROOT: u32 = 0xffff_ffff;
pub const INGRESS: u32 = 0xffff_fff1;
/// The only handle that an ingress qdisc can have.
pub const INGRESS_HANDLE: u32 = 0xffff_0000;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWQDISC: u16 = 36;
const RTM_DELQDISC: u16 = 37;
const RTM_GETQDISC: u16 = 38;
const RTM_NEWTFILTER: u16 = 44;
const CREATE: i32 = libc::NLM_F_CREATE | libc::NLM_F_EXCL | libc::NLM_F_ACK;

const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;
const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_NETEM_CORR: u16 = 1;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TCA_U32_CLASSID: u16 = 1;
const TCA_U32_SEL: u16 = 5;
const TCA_U32_ACT: u16 = 7;
const TCA_MIRRED_PARMS: u16 = 2;
const TC_U32_TERMINAL: u8 = 1;
const TC_ACT_STOLEN: u32 = 4;
const TCA_EGRESS_REDIR: u32 = 1;
const PRIORITIES: usize = 16;

/// A queueing discipline as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qdisc {
    pub device: i32,
    pub handle: u32,
    pub parent: u32,
    pub kind: String,
    pub passed: u32,
    pub waiting: u32,
    pub dropped: u32,
}

/// Which end of a packet a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Source,
    Destination,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ethertype {
    V4 = 0x0800,
    V6 = 0x86dd,
}

/// Where a filter sends what it matches.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    Class(u32),
    /// Out through another device, which hands it back afterwards.
    Device(i32),
}

/// One thing a u32 filter compares: the masked word at this offset of the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub mask: u32,
    pub value: u32,
    pub offset: i32,
}

pub struct Tc {
    socket: Socket,
}

impl Tc {
    pub fn open() -> io::Result<Self> {
        Ok(Self { socket: Socket::open(libc::NETLINK_ROUTE)? })
    }

    pub fn qdiscs(&mut self) -> io::Result<Vec<Qdisc>> {
        let mut found = Vec::new();
        let ask = Message::new(RTM_GETQDISC, libc::NLM_F_DUMP, &tcmsg(0, 0, 0, 0));
        self.socket.exchange(ask, |answer| found.extend(qdisc_of(answer.body)))?;
        Ok(found)
    }

    /// netem with a limit that does not turn the delay into loss.
    pub fn add_netem(&mut self, device: i32, parent: u32, handle: u32, netem: &Netem) -> io::Result<()> {
        self.add(device, parent, handle, "netem", |message| message.nest(TCA_OPTIONS, |nest| netem_options(nest, netem)))
    }

    /// Two bands; every priority leads to `band`, and only filters lead to the other.
    pub fn add_bands(&mut self, device: i32, handle: u32, band: u8) -> io::Result<()> {
        let mut options = 2u32.to_ne_bytes().to_vec();
        options.extend([band; PRIORITIES]);
        self.add(device, ROOT, handle, "prio", |message| message.attribute(TCA_OPTIONS, &options))
    }

    pub fn add_ingress(&mut self, device: i32) -> io::Result<()> {
        self.add(device, INGRESS, INGRESS_HANDLE, "ingress", |message| message.attribute(TCA_OPTIONS, &[]))
    }

    pub fn delete_qdisc(&mut self, device: i32, parent: u32, handle: u32) -> io::Result<()> {
        self.socket.execute(Message::new(RTM_DELQDISC, libc::NLM_F_ACK, &tcmsg(device, handle, parent, 0)))
    }

    pub fn add_filter(
        &mut self,
        place: (i32, u32),
        priority: u16,
        kind: Ethertype,
        keys: &[Key],
        goal: Goal,
    ) -> io::Result<()> {
        let (device, parent) = place;
        let info = u32::from(priority) << 16 | u32::from((kind as u16).to_be());
        let message = Message::new(RTM_NEWTFILTER, CREATE, &tcmsg(device, 0, parent, info)).text(TCA_KIND, "u32");
        self.socket.execute(message.nest(TCA_OPTIONS, |nest| {
            let nest = nest.attribute(TCA_U32_SEL, &selector(keys));
            match goal {
                Goal::Class(class) => nest.attribute(TCA_U32_CLASSID, &class.to_ne_bytes()),
                Goal::Device(index) => nest.nest(TCA_U32_ACT, |acts| acts.nest(1, |act| redirect(act, index))),
            }
        }))
    }

    /// Makes an intermediate functional block, up, and returns its index.
    pub fn add_ifb(&mut self, name: &str) -> io::Result<i32> {
        let mut ifinfomsg = [0; 16];
        ifinfomsg[8..12].copy_from_slice(&libc::IFF_UP.to_ne_bytes());
        ifinfomsg[12..16].copy_from_slice(&libc::IFF_UP.to_ne_bytes());
        let message = Message::new(RTM_NEWLINK, CREATE, &ifinfomsg).text(IFLA_IFNAME, name);
        self.socket.execute(message.nest(IFLA_LINKINFO, |nest| nest.text(IFLA_INFO_KIND, "ifb")))?;
        let made = links::list()?.into_iter().find(|link| link.name == name);
        made.map(|link| link.index).ok_or_else(|| io::Error::from_raw_os_error(libc::ENODEV))
    }

    pub fn delete_link(&mut self, index: i32) -> io::Result<()> {
        let mut ifinfomsg = [0; 16];
        ifinfomsg[4..8].copy_from_slice(&index.to_ne_bytes());
        self.socket.execute(Message::new(RTM_DELLINK, libc::NLM_F_ACK, &ifinfomsg))
    }

    fn add(
        &mut self,
        device: i32,
        parent: u32,
        handle: u32,
        kind: &str,
        options: impl FnOnce(Message) -> Message,
    ) -> io::Result<()> {
        let message = Message::new(RTM_NEWQDISC, CREATE, &tcmsg(device, handle, parent, 0)).text(TCA_KIND, kind);
        self.socket.execute(options(message))
    }
}

/// The words to compare for one peer at one end: address, and with a port one set of keys for each of TCP and UDP.
pub fn keys_of(peer: &Peer, end: End) -> Vec<Vec<Key>> {
    let address = address_keys(peer, end);
    let Some(port) = peer.port else {
        return vec![address];
    };
    let port = match end {
        End::Source => Key { mask: 0xffff_0000, value: u32::from(port) << 16, offset: header_bytes(peer) },
        End::Destination => Key { mask: 0x0000_ffff, value: u32::from(port), offset: header_bytes(peer) },
    };
    let with_protocol = |protocol: u32| [address.as_slice(), &[protocol_key(peer, protocol), port]].concat();
    vec![with_protocol(libc::IPPROTO_TCP as u32), with_protocol(libc::IPPROTO_UDP as u32)]
}

pub fn ethertype_of(peer: &Peer) -> Ethertype {
    if peer.address.is_ipv4() { Ethertype::V4 } else { Ethertype::V6 }
}

/// Makes one of everything that a fault may need. Returns what the kernel lacks, with its answer.
pub fn try_everything() -> Result<(), (&'static str, io::Error)> {
    let mut tc = Tc::open().map_err(|error| ("rtnetlink", error))?;
    let loopback = 1;
    let still = Netem {
        delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        delay_correlation: Percent::ZERO,
        loss: Percent::ZERO,
        loss_correlation: Percent::ZERO,
        duplicate: Percent::ZERO,
        duplicate_correlation: Percent::ZERO,
        corrupt: Percent::ZERO,
        corrupt_correlation: Percent::ZERO,
        seed: None,
    };
    tc.add_netem(loopback, ROOT, 0x10000, &still).map_err(|error| ("sch_netem", error))?;
    tc.delete_qdisc(loopback, ROOT, 0x10000).map_err(|error| ("way to remove a qdisc", error))?;
    tc.add_bands(loopback, 0x10000, 0).map_err(|error| ("sch_prio", error))?;
    let any = Key { mask: 0, value: 0, offset: 0 };
    tc.add_filter((loopback, 0x10000), 1, Ethertype::V4, &[any], Goal::Class(0x10002)).map_err(|error| ("cls_u32", error))
}

fn tcmsg(device: i32, handle: u32, parent: u32, info: u32) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[4..8].copy_from_slice(&device.to_ne_bytes());
    bytes[8..12].copy_from_slice(&handle.to_ne_bytes());
    bytes[12..16].copy_from_slice(&parent.to_ne_bytes());
    bytes[16..20].copy_from_slice(&info.to_ne_bytes());
    bytes
}

/// struct tc_netem_qopt, whose 32-bit times are superseded by the 64-bit attributes (Linux 4.15).
fn netem_options(nest: Message, netem: &Netem) -> Message {
    let words = [0, limit(netem), scaled(netem.loss), 0, scaled(netem.duplicate), 0];
    let correlations = [netem.delay_correlation, netem.loss_correlation, netem.duplicate_correlation].map(scaled);
    nest.raw(&bytes_of(&words))
        .attribute(TCA_NETEM_CORR, &bytes_of(&correlations))
        .attribute(TCA_NETEM_CORRUPT, &bytes_of(&[scaled(netem.corrupt), scaled(netem.corrupt_correlation)]))
        .attribute(TCA_NETEM_LATENCY64, &(netem.delay.as_nanos() as i64).to_ne_bytes())
        .attribute(TCA_NETEM_JITTER64, &(netem.jitter.as_nanos() as i64).to_ne_bytes())
}

/// Packets that netem may hold: full frames at 10 Gbit/s for as long as the longest delay, doubled when packets are.
/// Its default of 1000 is 1.2 Gbit/s at 10 ms, and 120 Mbit/s at 100 ms; a delay would become a loss beyond that.
pub fn limit(netem: &Netem) -> u32 {
    const FRAMES_PER_SECOND: f64 = 10e9 / (1500.0 * 8.0);
    const BOUNDS: (f64, f64) = (1_000.0, 100_000.0);
    let copies = if netem.duplicate.is_zero() { 1.0 } else { 2.0 };
    ((netem.delay + netem.jitter).as_secs_f64() * FRAMES_PER_SECOND * copies).clamp(BOUNDS.0, BOUNDS.1) as u32
}

fn scaled(share: Percent) -> u32 {
    (share.fraction() * f64::from(u32::MAX)).round() as u32
}

fn bytes_of(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn address_keys(peer: &Peer, end: End) -> Vec<Key> {
    let (octets, offset) = match (peer.address, end) {
        (IpAddr::V4(address), End::Source) => (address.octets().to_vec(), 12),
        (IpAddr::V4(address), End::Destination) => (address.octets().to_vec(), 16),
        (IpAddr::V6(address), End::Source) => (address.octets().to_vec(), 8),
        (IpAddr::V6(address), End::Destination) => (address.octets().to_vec(), 24),
    };
    let word = |index: usize, bytes: &[u8]| {
        let bits = u32::from(peer.prefix).saturating_sub(32 * index as u32).min(32);
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)) & mask;
        Key { mask, value, offset: offset + 4 * index as i32 }
    };
    let keys = octets.chunks(4).enumerate().map(|(index, bytes)| word(index, bytes));
    // The first word stays even when it compares nothing: a selector needs a key.
    keys.enumerate().filter(|(index, key)| *index == 0 || key.mask != 0).map(|(_, key)| key).collect()
}

/// Without IPv4 options and IPv6 extension headers, as tc's own `match ip dport` assumes.
fn header_bytes(peer: &Peer) -> i32 {
    if peer.address.is_ipv4() { 20 } else { 40 }
}

fn protocol_key(peer: &Peer, protocol: u32) -> Key {
    match peer.address {
        IpAddr::V4(_) => Key { mask: 0x00ff_0000, value: protocol << 16, offset: 8 },
        IpAddr::V6(_) => Key { mask: 0x0000_ff00, value: protocol << 8, offset: 4 },
    }
}

/// struct tc_u32_sel and its keys, which are in network order.
fn selector(keys: &[Key]) -> Vec<u8> {
    let mut bytes = vec![0; 16];
    bytes[0] = TC_U32_TERMINAL;
    bytes[2] = keys.len() as u8;
    for key in keys {
        bytes.extend(key.mask.to_be_bytes());
        bytes.extend(key.value.to_be_bytes());
        bytes.extend(key.offset.to_ne_bytes());
        bytes.extend([0; 4]);
    }
    bytes
}

/// struct tc_mirred: index, capabilities, action, two counts, then what to do and through which device.
fn redirect(act: Message, device: i32) -> Message {
    let parameters = bytes_of(&[0, 0, TC_ACT_STOLEN, 0, 0, TCA_EGRESS_REDIR, device as u32]);
    act.text(TCA_KIND, "mirred").nest(TCA_OPTIONS, |nest| nest.attribute(TCA_MIRRED_PARMS, &parameters))
}

fn qdisc_of(body: &[u8]) -> Option<Qdisc> {
    let word = |at: usize| body.get(at..at + 4).and_then(netlink::u32_of);
    let attributes = body.get(20..)?;
    let stats = netlink::attribute(attributes, TCA_STATS2).unwrap_or(&[]);
    let count =
        |kind: u16, at: usize| netlink::attribute(stats, kind).and_then(|value| netlink::u32_of(value.get(at..)?)).unwrap_or(0);
    Some(Qdisc {
        device: word(4)? as i32,
        handle: word(8)?,
        parent: word(12)?,
        kind: netlink::text_of(netlink::attribute(attributes, TCA_KIND)?),
        passed: count(TCA_STATS_BASIC, 8),
        waiting: count(TCA_STATS_QUEUE, 0),
        dropped: count(TCA_STATS_QUEUE, 8),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str, prefix: u8, port: Option<u16>) -> Peer {
        Peer { address: address.parse().expect("an address"), prefix, port }
    }

    #[test]
    fn a_v4_prefix_is_one_masked_word() {
        let keys = keys_of(&peer("10.1.0.0", 16, None), End::Destination);
        assert_eq!(keys, [[Key { mask: 0xffff_0000, value: 0x0a01_0000, offset: 16 }]]);
        let all = keys_of(&peer("0.0.0.0", 0, None), End::Source);
        assert_eq!(all, [[Key { mask: 0, value: 0, offset: 12 }]]);
    }

    #[test]
    fn a_port_is_looked_for_in_tcp_and_in_udp() {
        let keys = keys_of(&peer("10.1.2.3", 32, Some(443)), End::Source);
        assert_eq!(keys.len(), 2);
        assert_eq!(
            keys[1][1..],
            [Key { mask: 0xff_0000, value: 0x11_0000, offset: 8 }, Key { mask: 0xffff_0000, value: 443 << 16, offset: 20 }]
        );
    }

    #[test]
    fn a_v6_prefix_ends_inside_a_word() {
        let keys = keys_of(&peer("fd00:1:2::", 40, None), End::Destination);
        assert_eq!(
            keys,
            [[Key { mask: u32::MAX, value: 0xfd00_0001, offset: 24 }, Key { mask: 0xff00_0000, value: 0, offset: 28 }]]
        );
    }
}
