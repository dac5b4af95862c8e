//! From the message on the wire to a fault that cannot be out of range. The first mistake found is answered with its place.

use std::net::IpAddr;
use std::time::Duration;

use super::{Direction, Fault, InvalidFault, Netem, NetworkAct, NetworkFault, Peer, Percent, ProcessFault};
use crate::contract;

/// The packet queue's memory is rate x delay; a minute is already far beyond any TCP retransmission that survives.
const LONGEST_DELAY_US: u64 = 60_000_000;
/// Each peer is a rule or a filter in the victim's namespace, read for every packet.
const MOST_PEERS: usize = 256;
/// IFNAMSIZ less the final zero byte.
const LONGEST_DEVICE: usize = 15;

impl TryFrom<Option<contract::inject_request::Fault>> for Fault {
    type Error = InvalidFault;

    fn try_from(message: Option<contract::inject_request::Fault>) -> Result<Self, InvalidFault> {
        match message {
            None => Err(InvalidFault::NoFault),
            Some(contract::inject_request::Fault::Network(network)) => network.try_into().map(Fault::Network),
            Some(contract::inject_request::Fault::Process(process)) => process.try_into().map(Fault::Process),
        }
    }
}

impl TryFrom<contract::ProcessFault> for ProcessFault {
    type Error = InvalidFault;

    fn try_from(message: contract::ProcessFault) -> Result<Self, InvalidFault> {
        match message.signal {
            libc::SIGKILL => Ok(ProcessFault::Kill),
            libc::SIGTERM => Ok(ProcessFault::Terminate),
            other => Err(InvalidFault::Signal(other)),
        }
    }
}

impl TryFrom<contract::NetworkFault> for NetworkFault {
    type Error = InvalidFault;

    fn try_from(message: contract::NetworkFault) -> Result<Self, InvalidFault> {
        Ok(NetworkFault {
            direction: direction(message.direction)?,
            peers: peers("peers", message.peers)?,
            exempt: peers("exempt", message.exempt)?,
            device: device(message.device)?,
            act: act(message.netem, message.partition)?,
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

fn peers(field: &'static str, messages: Vec<contract::Peer>) -> Result<Vec<Peer>, InvalidFault> {
    if messages.len() > MOST_PEERS {
        return Err(InvalidFault::TooManyPeers { field, count: messages.len(), most: MOST_PEERS });
    }
    messages.into_iter().enumerate().map(|(at, message)| peer(field, at, message)).collect()
}

fn peer(field: &'static str, at: usize, message: contract::Peer) -> Result<Peer, InvalidFault> {
    let Some((address, prefix)) = range(&message.cidr) else {
        return Err(InvalidFault::PeerAddress { field, at, text: message.cidr });
    };
    let network = network_of(address, prefix);
    if network != address {
        let meant = format!("{network}/{prefix}");
        return Err(InvalidFault::PeerHostBits { field, at, text: message.cidr, meant });
    }
    let port = match message.port {
        0 => None,
        port => Some(u16::try_from(port).map_err(|_| InvalidFault::PeerPort { field, at, port })?),
    };
    Ok(Peer { address, prefix, port })
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

fn act(netem: Option<contract::Netem>, partition: Option<contract::Partition>) -> Result<NetworkAct, InvalidFault> {
    match (netem, partition) {
        (Some(netem), None) => netem.try_into().map(NetworkAct::Netem),
        (None, Some(contract::Partition {})) => Ok(NetworkAct::Partition),
        (None, None) => Err(InvalidFault::NotOneAct(0)),
        (Some(_), Some(_)) => Err(InvalidFault::NotOneAct(2)),
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
            seed: (message.seed != 0).then_some(message.seed),
        };
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
    !(still && netem.loss.is_zero() && netem.duplicate.is_zero() && netem.corrupt.is_zero())
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
        contract::NetworkFault { peers: vec![contract::Peer { cidr: cidr.to_owned(), port }], ..a_delay() }
    }

    fn said(message: contract::NetworkFault) -> String {
        NetworkFault::try_from(message).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn a_plain_delay_is_accepted() {
        assert_eq!(said(a_delay()), "accepted");
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
        ];
        for (message, expected) in cases {
            let answer = said(message);
            assert!(answer.contains(expected), "expected {expected:?} in {answer:?}");
        }
    }

    #[test]
    fn a_bare_address_is_a_range_of_one() {
        let v4 = peer("peers", 0, contract::Peer { cidr: "10.0.0.7".to_owned(), port: 443 }).expect("an address");
        let v6 = peer("peers", 0, contract::Peer { cidr: "fd00::7".to_owned(), port: 0 }).expect("an address");
        assert_eq!((v4.prefix, v4.port, v6.prefix, v6.port), (32, Some(443), 128, None));
    }

    proptest! {
        #[test]
        fn any_bytes_as_an_address_are_answered_and_not_panicked_on(text in ".{0,64}", port in any::<u32>()) {
            let _answer = peer("peers", 0, contract::Peer { cidr: text, port });
        }

        #[test]
        fn an_accepted_range_has_no_bits_behind_its_prefix(address in any::<u32>(), prefix in 0u8..=32) {
            let network = network_of(IpAddr::V4(address.into()), prefix);
            let accepted = peer("peers", 0, contract::Peer { cidr: format!("{network}/{prefix}"), port: 0 });
            prop_assert!(accepted.is_ok());
        }
    }
}
