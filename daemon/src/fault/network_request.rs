//! A network fault's message as a value, or the first mistake with its place.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::{
    Bandwidth, BytesPerSecond, Direction, InvalidFault, NamedPeer, Netem, NetworkAct, NetworkFault, Peak, Peer, Percent,
};
use crate::contract;

/// The packet queue's memory is rate x delay; a minute is already far beyond any TCP retransmission that survives.
const LONGEST_DELAY_US: u64 = 60_000_000;
/// Each peer is a rule or a filter in the victim's namespace, read for every packet.
const MOST_PEERS: usize = 256;
/// Each is asked for again and again while the fault lasts.
const MOST_NAMES: usize = 16;
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;
/// IFNAMSIZ less the final zero byte.
const LONGEST_DEVICE: usize = 15;
/// The shortest frame of Ethernet.
const SMALLEST_BUCKET: u32 = 64;

impl TryFrom<contract::NetworkFault> for NetworkFault {
    type Error = InvalidFault;

    fn try_from(message: contract::NetworkFault) -> Result<Self, InvalidFault> {
        let (named, numbered) = message.peers.into_iter().enumerate().partition(|(_, peer)| !peer.name.is_empty());
        Ok(NetworkFault {
            direction: direction(message.direction)?,
            peers: peers("peers", numbered)?,
            exempt: peers("exempt", message.exempt.into_iter().enumerate().collect())?,
            device: device(message.device)?,
            names: names(named)?,
            resets: message.reset_established,
            act: act(message.netem, message.partition, message.bandwidth)?,
        })
    }
}

fn direction(raw: i32) -> Result<Direction, InvalidFault> {
    match contract::Direction::try_from(raw) {
        Ok(contract::Direction::To) => Ok(Direction::To),
        Ok(contract::Direction::From) => Ok(Direction::From),
        Ok(contract::Direction::Both) => Ok(Direction::Both),
        Ok(contract::Direction::Unspecified) | Err(_) => Err(InvalidFault::Direction(raw)),
    }
}

/// Peers of a message with their places in it.
type Placed = Vec<(usize, contract::Peer)>;

fn names(messages: Placed) -> Result<Vec<NamedPeer>, InvalidFault> {
    if messages.len() > MOST_NAMES {
        return Err(InvalidFault::TooManyPeers { field: "peers with names", count: messages.len(), most: MOST_NAMES });
    }
    let named = |(at, contract::Peer { cidr, port, name })| {
        let wrong = |text, meant| InvalidFault::PeerName { field: "peers", at, text, meant };
        if !cidr.is_empty() {
            return Err(wrong(name, "set either cidr or name"));
        }
        if !is_host_name(&name) {
            return Err(wrong(name, "give a host name of letters, digits, '-', '_' and dots, at most 253 characters"));
        }
        Ok(NamedPeer { name, port: port_of("peers", at, port)? })
    };
    messages.into_iter().map(named).collect()
}

fn peers(field: &'static str, messages: Placed) -> Result<Vec<Peer>, InvalidFault> {
    if messages.len() > MOST_PEERS {
        return Err(InvalidFault::TooManyPeers { field, count: messages.len(), most: MOST_PEERS });
    }
    messages.into_iter().map(|(at, message)| peer(field, at, message)).collect()
}

fn peer(field: &'static str, at: usize, message: contract::Peer) -> Result<Peer, InvalidFault> {
    if !message.name.is_empty() {
        return Err(InvalidFault::PeerName { field, at, text: message.name, meant: "give a cidr: only peers may be named" });
    }
    let Some((address, prefix)) = range(&message.cidr) else {
        return Err(InvalidFault::PeerAddress { field, at, text: message.cidr });
    };
    let network = network_of(address, prefix);
    if network != address {
        let meant = format!("{network}/{prefix}");
        return Err(InvalidFault::PeerHostBits { field, at, text: message.cidr, meant });
    }
    Ok(Peer { address, prefix, port: port_of(field, at, message.port)? })
}

/// As a person writes it: `10.0.0.0/8`, `10.0.0.1:9090`, `fd00::1`, `[fd00::/64]:9090`.
impl FromStr for Peer {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let (cidr, port) = match (text.strip_prefix('[').and_then(|rest| rest.split_once(']')), text.split_once(':')) {
            (Some((cidr, port)), _) => (cidr, port.strip_prefix(':')),
            (None, Some((cidr, port))) if !port.contains(':') => (cidr, Some(port)),
            (None, _) => (text, None),
        };
        let port = port.map_or(Some(0), |port| port.parse().ok());
        let wrong = || InvalidFault::PeerAddress { field: "exempt", at: 0, text: text.to_owned() };
        peer("exempt", 0, contract::Peer { cidr: cidr.to_owned(), port: port.ok_or_else(wrong)?, ..Default::default() })
    }
}

fn port_of(field: &'static str, at: usize, port: u32) -> Result<Option<u16>, InvalidFault> {
    match port {
        0 => Ok(None),
        port => Ok(Some(u16::try_from(port).map_err(|_| InvalidFault::PeerPort { field, at, port })?)),
    }
}

/// What can be asked for in DNS (RFC 1035, 2.3.1, with the underscore that service names have).
fn is_host_name(text: &str) -> bool {
    let plain = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (1..=LONGEST_LABEL).contains(&label.len()) && letters && !label.starts_with('-')
    };
    let absolute = text.strip_suffix('.').unwrap_or(text);
    absolute.len() <= LONGEST_NAME && absolute.split('.').all(plain)
}

fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let widest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(widest);
    (prefix <= widest).then_some((address, prefix))
}

fn network_of(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & mask).into())
        }
    }
}

fn device(name: String) -> Result<Option<String>, InvalidFault> {
    if name.is_empty() {
        return Ok(None);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let safe = name.len() <= LONGEST_DEVICE && name != "." && name != ".." && !name.starts_with('-') && name.chars().all(plain);
    if safe { Ok(Some(name)) } else { Err(InvalidFault::Device(name)) }
}

fn act(
    netem: Option<contract::Netem>,
    partition: Option<contract::Partition>,
    bandwidth: Option<contract::Bandwidth>,
) -> Result<NetworkAct, InvalidFault> {
    match (netem, partition, bandwidth) {
        (Some(netem), None, None) => netem.try_into().map(NetworkAct::Netem),
        (None, Some(contract::Partition {}), None) => Ok(NetworkAct::Partition),
        (None, None, Some(bandwidth)) => bandwidth.try_into().map(NetworkAct::Bandwidth),
        (netem, partition, bandwidth) => {
            let set = [netem.is_some(), partition.is_some(), bandwidth.is_some()];
            Err(InvalidFault::NotOneAct(set.into_iter().filter(|is_set| *is_set).count()))
        }
    }
}

impl TryFrom<contract::Netem> for Netem {
    type Error = InvalidFault;

    fn try_from(message: contract::Netem) -> Result<Self, InvalidFault> {
        let netem = Netem {
            delay: delay("delay_us", message.delay_us)?,
            jitter: delay("jitter_us", message.jitter_us)?,
            delay_correlation: percent("delay_correlation", message.delay_correlation)?,
            loss: percent("loss", message.loss)?,
            loss_correlation: percent("loss_correlation", message.loss_correlation)?,
            duplicate: percent("duplicate", message.duplicate)?,
            duplicate_correlation: percent("duplicate_correlation", message.duplicate_correlation)?,
            corrupt: percent("corrupt", message.corrupt)?,
            corrupt_correlation: percent("corrupt_correlation", message.corrupt_correlation)?,
            reorder: percent("reorder", message.reorder)?,
            reorder_correlation: percent("reorder_correlation", message.reorder_correlation)?,
            gap: gap_of(&message),
            rate: BytesPerSecond::new(message.rate),
            seed: (message.seed != 0).then_some(message.seed),
        };
        if netem.gap > 0 && netem.delay.is_zero() {
            return Err(InvalidFault::ReorderWithoutDelay);
        }
        if changes_something(&netem) { Ok(netem) } else { Err(InvalidFault::NetemOfNothing) }
    }
}

fn delay(field: &'static str, raw: u64) -> Result<Duration, InvalidFault> {
    if raw > LONGEST_DELAY_US {
        return Err(InvalidFault::NetemDelay { field, raw, most: LONGEST_DELAY_US });
    }
    Ok(Duration::from_micros(raw))
}

fn percent(field: &'static str, raw: f32) -> Result<Percent, InvalidFault> {
    Percent::try_from(raw).map_err(|_| InvalidFault::NetemPercent { field, raw })
}

fn changes_something(netem: &Netem) -> bool {
    let still = netem.delay.is_zero() && netem.jitter.is_zero();
    !(still && netem.rate.is_none() && netem.loss.is_zero() && netem.duplicate.is_zero() && netem.corrupt.is_zero())
}

/// As tc reads it: a share without a gap makes every packet a candidate, and a gap without a share reorders nothing.
fn gap_of(message: &contract::Netem) -> u32 {
    if message.reorder > 0.0 { message.reorder_gap.max(1) } else { 0 }
}

impl TryFrom<contract::Bandwidth> for Bandwidth {
    type Error = InvalidFault;

    fn try_from(message: contract::Bandwidth) -> Result<Self, InvalidFault> {
        let contract::Bandwidth { rate, limit, buffer, peakrate, minburst } = message;
        let wrong = |field, raw, meant| InvalidFault::Bandwidth { field, raw, meant };
        let nothing_passes = "give at least 1: a line that carries nothing is a partition, so use that";
        let rate = BytesPerSecond::new(rate).ok_or_else(|| wrong("rate", rate, nothing_passes))?;
        for (field, bytes) in [("limit", limit), ("buffer", buffer)] {
            if bytes < SMALLEST_BUCKET {
                return Err(wrong(field, bytes.into(), "give at least 64 bytes, the smallest frame, or nothing ever passes"));
            }
        }
        // Chaos Mesh's rule: one without the other is no second bucket.
        let peak = BytesPerSecond::new(peakrate).filter(|_| minburst > 0).map(|rate| Peak { rate, minburst });
        if peak.is_some_and(|peak| peak.rate <= rate) {
            return Err(wrong("peakrate", peakrate, "give more than rate, which the kernel's sch_tbf demands too"));
        }
        Ok(Bandwidth { rate, limit, buffer, peak })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_delay() -> contract::NetworkFault {
        contract::NetworkFault {
            direction: contract::Direction::To.into(),
            netem: Some(contract::Netem { delay_us: 100_000, ..Default::default() }),
            ..Default::default()
        }
    }

    fn to_peer(cidr: &str, port: u32) -> contract::NetworkFault {
        contract::NetworkFault {
            peers: vec![contract::Peer { cidr: cidr.to_owned(), port, ..Default::default() }],
            ..a_delay()
        }
    }

    fn to_name(name: &str) -> contract::NetworkFault {
        let peer = contract::Peer { name: name.to_owned(), port: 443, ..Default::default() };
        contract::NetworkFault { peers: vec![peer], ..a_delay() }
    }

    fn paced(bandwidth: contract::Bandwidth) -> contract::NetworkFault {
        contract::NetworkFault { netem: None, bandwidth: Some(bandwidth), ..a_delay() }
    }

    fn said(message: contract::NetworkFault) -> String {
        NetworkFault::try_from(message).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn a_plain_delay_is_accepted() {
        assert_eq!(said(a_delay()), "accepted");
    }

    #[test]
    fn a_named_peer_and_a_bandwidth_are_accepted() {
        let good = contract::Bandwidth { rate: 1000, limit: 3000, buffer: 1600, peakrate: 2000, minburst: 1600 };
        for message in [to_name("payment.shop"), to_name("example.org."), paced(good)] {
            assert_eq!(said(message), "accepted");
        }
    }

    #[test]
    fn a_share_without_a_gap_makes_every_packet_a_candidate_as_tc_reads_it() {
        let gap = |reorder, reorder_gap| gap_of(&contract::Netem { reorder, reorder_gap, ..Default::default() });
        assert_eq!([gap(25.0, 0), gap(25.0, 5), gap(0.0, 5)], [1, 5, 0]);
    }

    #[test]
    fn a_percentage_beyond_its_range_is_refused_at_its_field() {
        for raw in [150.0, -0.1, f32::NAN, f32::INFINITY] {
            let netem = Some(contract::Netem { loss: raw, ..Default::default() });
            let answer = said(contract::NetworkFault { netem, ..a_delay() });
            assert!(answer.starts_with("network.netem.loss is"), "{raw} gave {answer}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        let netem_and_partition = contract::NetworkFault { partition: Some(contract::Partition {}), ..a_delay() };
        let nothing = contract::NetworkFault { netem: Some(contract::Netem::default()), ..a_delay() };
        let nowhere = contract::NetworkFault { direction: 0, ..a_delay() };
        let slow = Some(contract::Netem { delay_us: 60_000_001, ..Default::default() });
        let cases = [
            (netem_and_partition, "set exactly one of them"),
            (nothing, "set at least one of"),
            (nowhere, "set TO (1), FROM (2) or BOTH (3)"),
            (contract::NetworkFault { direction: 7, ..a_delay() }, "direction is 7"),
            (contract::NetworkFault { netem: slow, ..a_delay() }, "longer than 60000000 us"),
            (contract::NetworkFault { device: "eth0; rm".to_owned(), ..a_delay() }, "a device name has"),
            (contract::NetworkFault { device: "-j".to_owned(), ..a_delay() }, "a device name has"),
            (to_peer("10.0.0.1/8", 0), "did you mean 10.0.0.0/8?"),
            (to_peer("fd00::1/64", 0), "did you mean fd00::/64?"),
            (to_peer("10.0.0.0/33", 0), "network.peers[0].cidr"),
            (to_peer("payment.shop", 0), "network.peers[0].cidr"),
            (to_peer("10.0.0.1", 65_536), "network.peers[0].port is 65536"),
            (to_name("a b"), "network.peers[0].name"),
            (to_name(&"a".repeat(64)), "network.peers[0].name"),
            (contract::NetworkFault { exempt: to_name("a").peers, ..a_delay() }, "only peers may be named"),
            (paced(contract::Bandwidth { limit: 3000, buffer: 1600, ..Default::default() }), "network.bandwidth.rate is 0"),
            (
                paced(contract::Bandwidth { rate: 9, limit: 3000, buffer: 1600, peakrate: 9, minburst: 1 }),
                "network.bandwidth.peakrate is 9",
            ),
            (
                contract::NetworkFault {
                    netem: Some(contract::Netem { reorder: 5.0, loss: 1.0, ..Default::default() }),
                    ..a_delay()
                },
                "reorder without delay_us",
            ),
        ];
        for (message, expected) in cases {
            let answer = said(message);
            assert!(answer.contains(expected), "expected {expected:?} in {answer:?}");
        }
    }

    #[test]
    fn a_bare_address_is_a_range_of_one() {
        let v4 = peer("peers", 0, contract::Peer { cidr: "10.0.0.7".to_owned(), port: 443, ..Default::default() })
            .expect("an address");
        let v6 = peer("peers", 0, contract::Peer { cidr: "fd00::7".to_owned(), ..Default::default() }).expect("an address");
        assert_eq!((v4.prefix, v4.port, v6.prefix, v6.port), (32, Some(443), 128, None));
    }

    proptest! {
        #[test]
        fn any_bytes_as_an_address_are_answered_and_not_panicked_on(text in ".{0,64}", port in any::<u32>()) {
            let _answer = peer("peers", 0, contract::Peer { cidr: text.clone(), port, name: text });
        }

        #[test]
        fn an_accepted_range_has_no_bits_behind_its_prefix(address in any::<u32>(), prefix in 0u8..=32) {
            let network = network_of(IpAddr::V4(address.into()), prefix);
            let accepted = peer("peers", 0, contract::Peer { cidr: format!("{network}/{prefix}"), ..Default::default() });
            prop_assert!(accepted.is_ok());
        }
    }
}
