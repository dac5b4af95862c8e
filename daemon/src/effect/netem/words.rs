//! The bytes by which the kernel is told of netem's figures and of what a filter compares
//! (include/uapi/linux/{pkt_sched,pkt_cls}.h). Pure.

use std::net::IpAddr;

use super::tc::Ethertype;
use crate::fault::{Bandwidth, BytesPerSecond, Netem, Peer, Percent};
use crate::sys::netlink::Message;

const TCA_NETEM_CORR: u16 = 1;
const TCA_NETEM_REORDER: u16 = 3;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_RATE: u16 = 6;
const TCA_NETEM_RATE64: u16 = 8;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
/// Since Linux 6.6; older kernels pass over it.
const TCA_NETEM_PRNG_SEED: u16 = 16;
const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_PRATE64: u16 = 5;
const TCA_TBF_BURST: u16 = 6;
const TCA_TBF_PBURST: u16 = 7;
/// With this link layer the kernel reckons by rate and wants no table of ours.
const TC_LINKLAYER_ETHERNET: u8 = 1;
const TC_U32_TERMINAL: u8 = 1;

/// Which end of a packet a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Source,
    Destination,
}

/// One thing a u32 filter compares: the masked word at this offset of the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub mask: u32,
    pub value: u32,
    pub offset: i32,
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

/// struct tc_netem_qopt, whose 32-bit times are superseded by the 64-bit attributes (Linux 4.15).
pub fn netem_options(nest: Message, netem: &Netem) -> Message {
    let words = [0, limit(netem), scaled(netem.loss), netem.gap, scaled(netem.duplicate), 0];
    let correlations = [netem.delay_correlation, netem.loss_correlation, netem.duplicate_correlation].map(scaled);
    let nest = nest
        .raw(&bytes_of(&words))
        .attribute(TCA_NETEM_CORR, &bytes_of(&correlations))
        .attribute(TCA_NETEM_REORDER, &bytes_of(&[scaled(netem.reorder), scaled(netem.reorder_correlation)]))
        .attribute(TCA_NETEM_CORRUPT, &bytes_of(&[scaled(netem.corrupt), scaled(netem.corrupt_correlation)]))
        .attribute(TCA_NETEM_LATENCY64, &(netem.delay.as_nanos() as i64).to_ne_bytes())
        .attribute(TCA_NETEM_JITTER64, &(netem.jitter.as_nanos() as i64).to_ne_bytes());
    let nest = match netem.rate {
        Some(rate) => line(nest, rate),
        None => nest,
    };
    match netem.seed {
        Some(seed) => nest.attribute(TCA_NETEM_PRNG_SEED, &seed.to_ne_bytes()),
        None => nest,
    }
}

/// struct tc_netem_rate: the rate, and overheads of packets and cells that nobody asked for.
fn line(nest: Message, rate: BytesPerSecond) -> Message {
    nest.attribute(TCA_NETEM_RATE, &bytes_of(&[narrow(rate), 0, 0, 0])).attribute(TCA_NETEM_RATE64, &rate.get().to_ne_bytes())
}

/// struct tc_tbf_qopt: two struct tc_ratespec, the limit, and two bucket sizes in ticks, which the attributes give in bytes.
pub fn tbf_options(nest: Message, bandwidth: &Bandwidth) -> Message {
    let peak_rate = bandwidth.peak.map(|peak| peak.rate);
    let parameters = [rate_spec(Some(bandwidth.rate)), rate_spec(peak_rate), bytes_of(&[bandwidth.limit, 0, 0])].concat();
    let nest = nest.attribute(TCA_TBF_PARMS, &parameters).attribute(TCA_TBF_BURST, &bandwidth.buffer.to_ne_bytes());
    let nest = wide(nest, TCA_TBF_RATE64, bandwidth.rate);
    match bandwidth.peak {
        Some(peak) => wide(nest.attribute(TCA_TBF_PBURST, &peak.minburst.to_ne_bytes()), TCA_TBF_PRATE64, peak.rate),
        None => nest,
    }
}

/// cell_log, linklayer, overhead, cell_align, mpu, rate.
fn rate_spec(rate: Option<BytesPerSecond>) -> Vec<u8> {
    let mut bytes = vec![0, TC_LINKLAYER_ETHERNET, 0, 0, 0, 0, 0, 0];
    bytes.extend(rate.map_or(0, narrow).to_ne_bytes());
    bytes
}

/// The attribute for rates that 32 bits do not hold; the kernel ignores it for others.
fn wide(nest: Message, kind: u16, rate: BytesPerSecond) -> Message {
    nest.attribute(kind, &rate.get().to_ne_bytes())
}

fn narrow(rate: BytesPerSecond) -> u32 {
    u32::try_from(rate.get()).unwrap_or(u32::MAX)
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

pub fn bytes_of(words: &[u32]) -> Vec<u8> {
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
pub fn selector(keys: &[Key]) -> Vec<u8> {
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
