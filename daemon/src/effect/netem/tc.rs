//! Traffic control by rtnetlink: queueing disciplines, u32 filters, and the intermediate device that received packets are
//! sent through (include/uapi/linux/{rtnetlink,pkt_sched,pkt_cls}.h). Speaks of the namespace of the calling thread.

use std::io;

use super::words::{Key, bytes_of, netem_options, selector, tbf_options};
use crate::effect::network::links;
use crate::fault::{Bandwidth, Netem};
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
const TCA_U32_CLASSID: u16 = 1;
const TCA_U32_SEL: u16 = 5;
const TCA_U32_ACT: u16 = 7;
const TCA_MIRRED_PARMS: u16 = 2;
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

    /// A token bucket with a queue of its own.
    pub fn add_tbf(&mut self, device: i32, parent: u32, handle: u32, bandwidth: &Bandwidth) -> io::Result<()> {
        self.add(device, parent, handle, "tbf", |message| message.nest(TCA_OPTIONS, |nest| tbf_options(nest, bandwidth)))
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

fn tcmsg(device: i32, handle: u32, parent: u32, info: u32) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[4..8].copy_from_slice(&device.to_ne_bytes());
    bytes[8..12].copy_from_slice(&handle.to_ne_bytes());
    bytes[12..16].copy_from_slice(&parent.to_ne_bytes());
    bytes[16..20].copy_from_slice(&info.to_ne_bytes());
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
