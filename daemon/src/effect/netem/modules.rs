//! Which parts of traffic control this kernel has, found by making one of each in a namespace made for that; and which of them a
//! fault needs. A part that is missing costs only the faults that need it: the others keep the kernel's own shaper.

use std::fmt;
use std::io;
use std::time::Duration;

use super::tc::{self, Ethertype, Goal, Tc};
use super::words::Key;
use crate::fault::{Bandwidth, BytesPerSecond, Netem, NetworkAct, NetworkFault};

const LOOPBACK: i32 = 1;
const HANDLE: u32 = 0x1_0000;
const ANY: Key = Key { mask: 0, value: 0, offset: 0 };

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Netem,
    Tbf,
    /// Two bands, which tell the packets of a filtered fault from the others.
    Prio,
    U32,
    /// The way of received packets through a device of ours.
    Ingress,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Netem => "sch_netem",
            Part::Tbf => "sch_tbf",
            Part::Prio => "sch_prio",
            Part::U32 => "cls_u32",
            Part::Ingress => "sch_ingress with act_mirred and ifb",
        })
    }
}

/// What is missing, each with the kernel's answer.
#[derive(Debug, Clone, Default)]
pub struct Missing(Vec<(Part, String)>);

impl Missing {
    /// Where not even looking was possible.
    pub fn everything(why: &str) -> Self {
        let parts = [Part::Netem, Part::Tbf, Part::Prio, Part::U32, Part::Ingress];
        Self(parts.map(|part| (part, why.to_owned())).to_vec())
    }

    /// The sentence on what a fault with these needs lacks. None: it lacks nothing.
    pub fn of(&self, needed: &[Part]) -> Option<String> {
        let lacking: Vec<&str> = self.0.iter().filter(|(part, _)| needed.contains(part)).map(|(_, why)| why.as_str()).collect();
        (!lacking.is_empty()).then(|| lacking.join("; "))
    }
}

/// The shaper, what tells its packets from others, and the way of what is received.
pub fn needed_by(network: &NetworkFault) -> Vec<Part> {
    let shaper = match network.act {
        NetworkAct::Netem(_) => Part::Netem,
        NetworkAct::Bandwidth(_) => Part::Tbf,
        NetworkAct::Partition => return Vec::new(),
    };
    let is_filtered = network.is_filtered();
    let receives = network.direction.receives();
    let optional = [
        (Part::Prio, is_filtered && network.direction.sends()),
        (Part::U32, is_filtered || receives),
        (Part::Ingress, receives),
    ];
    let chosen = optional.into_iter().filter(|(_, is_needed)| *is_needed).map(|(part, _)| part);
    [shaper].into_iter().chain(chosen).collect()
}

/// Makes one of everything in the namespace of the calling thread, which must be a scratch one.
pub fn missing_here() -> Missing {
    let mut tc = match Tc::open() {
        Ok(tc) => tc,
        Err(error) => return Missing::everything(&format!("rtnetlink cannot be used here ({error})")),
    };
    let tried = [
        (Part::Netem, try_netem(&mut tc)),
        (Part::Tbf, try_tbf(&mut tc)),
        (Part::Prio, try_prio(&mut tc)),
        (Part::U32, try_u32(&mut tc)),
        (Part::Ingress, try_ingress(&mut tc)),
    ];
    Missing(tried.into_iter().filter_map(|(part, tried)| Some((part, why(part, &tried.err()?)))).collect())
}

fn why(part: Part, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::EOPNOTSUPP) => format!("the kernel has no {part}"),
        _ => format!("{part} cannot be used here ({error})"),
    }
}

fn try_netem(tc: &mut Tc) -> io::Result<()> {
    tc.add_netem(LOOPBACK, tc::ROOT, HANDLE, &Netem { delay: Duration::from_millis(1), ..Netem::default() })?;
    tc.delete_qdisc(LOOPBACK, tc::ROOT, HANDLE)
}

fn try_tbf(tc: &mut Tc) -> io::Result<()> {
    let rate = BytesPerSecond::new(1_000_000).expect("not zero");
    tc.add_tbf(LOOPBACK, tc::ROOT, HANDLE, &Bandwidth { rate, limit: 10_000, buffer: 10_000, peak: None })?;
    tc.delete_qdisc(LOOPBACK, tc::ROOT, HANDLE)
}

fn try_prio(tc: &mut Tc) -> io::Result<()> {
    tc.add_bands(LOOPBACK, HANDLE, 0)?;
    tc.delete_qdisc(LOOPBACK, tc::ROOT, HANDLE)
}

/// Filters can hang on an ingress qdisc too, so a kernel without bands is asked there.
fn try_u32(tc: &mut Tc) -> io::Result<()> {
    tc.add_ingress(LOOPBACK)?;
    let added = tc.add_filter((LOOPBACK, tc::INGRESS_HANDLE), 1, Ethertype::V4, &[ANY], Goal::Class(HANDLE | 1));
    tc.delete_qdisc(LOOPBACK, tc::INGRESS, tc::INGRESS_HANDLE)?;
    added
}

fn try_ingress(tc: &mut Tc) -> io::Result<()> {
    let ifb = tc.add_ifb("probe0")?;
    tc.add_ingress(LOOPBACK)?;
    tc.add_filter((LOOPBACK, tc::INGRESS_HANDLE), 1, Ethertype::V4, &[ANY], Goal::Device(ifb))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Direction, Peer};

    fn fault(direction: Direction, act: NetworkAct, peers: Vec<Peer>) -> NetworkFault {
        NetworkFault { peers, act, ..NetworkFault::partition(direction) }
    }

    #[test]
    fn a_part_that_is_missing_costs_only_the_faults_that_need_it() {
        let peer = Peer { address: "10.0.0.1".parse().expect("an address"), prefix: 32, port: None };
        let netem = || NetworkAct::Netem(Netem { delay: Duration::from_millis(1), ..Netem::default() });
        let cases = [
            (fault(Direction::To, netem(), vec![]), vec![Part::Netem]),
            (fault(Direction::To, netem(), vec![peer.clone()]), vec![Part::Netem, Part::Prio, Part::U32]),
            (fault(Direction::From, netem(), vec![peer.clone()]), vec![Part::Netem, Part::U32, Part::Ingress]),
            (fault(Direction::Both, netem(), vec![peer]), vec![Part::Netem, Part::Prio, Part::U32, Part::Ingress]),
            (fault(Direction::Both, NetworkAct::Partition, vec![]), vec![]),
        ];
        let without_prio = Missing(vec![(Part::Prio, "the kernel has no sch_prio".into())]);
        for (fault, parts) in cases {
            assert_eq!(needed_by(&fault), parts, "{fault:?}");
            let lacks = without_prio.of(&parts);
            assert_eq!(lacks.is_some(), parts.contains(&Part::Prio), "{fault:?}: {lacks:?}");
        }
    }
}
