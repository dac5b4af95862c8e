//! The firewall rules of a fault as iptables-restore text, and the text that takes them away again. Pure.
//! Every chain of ours carries the prefix, so that a stranger who finds one knows whose it is.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::fault::{NetworkFault, Peer};

pub const PREFIX: &str = "CHAOSGATE-";

/// Neighbour discovery (RFC 4861). IPv4's ARP never meets a firewall rule, so its IPv6 counterpart is left alone too:
/// a fault on packets must not turn into a lost neighbour.
const NEIGHBOUR_DISCOVERY: std::ops::RangeInclusive<u8> = 133..=137;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const BOTH: [Family; 2] = [Family::V4, Family::V6];

    fn has(self, peer: &Peer) -> bool {
        matches!((self, peer.address), (Family::V4, IpAddr::V4(_)) | (Family::V6, IpAddr::V6(_)))
    }
}

/// Which of the victim's packets a chain sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Heading {
    Out,
    In,
}

impl Heading {
    /// The headings of a fault, in the order in which they are set up.
    pub fn of(fault: &NetworkFault) -> impl Iterator<Item = Heading> {
        let out = fault.direction.sends().then_some(Heading::Out);
        let into = fault.direction.receives().then_some(Heading::In);
        out.into_iter().chain(into)
    }

    /// mangle OUTPUT comes before the NAT of the same hook, so a copy sent later is translated like its original;
    /// mangle PREROUTING is the first place where a packet no longer belongs to a sender's socket.
    fn hook(self) -> &'static str {
        match self {
            Heading::Out => "OUTPUT",
            Heading::In => "PREROUTING",
        }
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Heading::Out => ("-o", "-d", "--dport"),
            Heading::In => ("-i", "-s", "--sport"),
        }
    }
}

/// What happens to a packet that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    Drop,
    /// Packets that bear the mark have been through the queue and pass.
    Queue {
        number: u16,
        mark: u32,
    },
}

/// One chain of ours, in the mangle table, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub name: String,
    pub heading: Heading,
    pub device: String,
    pub target: Target,
}

impl Chain {
    /// A name from the fault's: the same fault always gets the same chain, two faults never one.
    pub fn new(fault_name: &str, heading: Heading, device: &str, target: Target) -> Self {
        let suffix = match heading {
            Heading::Out => "OUT",
            Heading::In => "IN",
        };
        let name = format!("{PREFIX}{:012x}-{suffix}", fnv1a(fault_name) & 0xffff_ffff_ffff);
        Self { name, heading, device: device.to_owned(), target }
    }
}

/// The text that puts these chains in place for one family in one transaction. None: nothing of this family is concerned.
pub fn placement(family: Family, chains: &[Chain], fault: &NetworkFault) -> Option<String> {
    // What a name will mean is not known, so its chains are there in both families.
    let concerned = fault.peers.is_empty() || !fault.names.is_empty() || fault.peers.iter().any(|peer| family.has(peer));
    if !concerned {
        return None;
    }
    let mut lines: Vec<String> = chains.iter().map(|chain| format!(":{} -", chain.name)).collect();
    for chain in chains {
        lines.extend(body(family, chain, fault));
        let (device_word, ..) = chain.heading.words();
        lines.push(format!("-I {} 1 {device_word} {} -j {}", chain.heading.hook(), chain.device, chain.name));
    }
    Some(transaction(&lines))
}

/// The text that adds peers to chains that are in place. None: none of them is of this family.
pub fn addition(family: Family, chains: &[Chain], peers: &[Peer]) -> Option<String> {
    let of_chain = |chain: &Chain| {
        let verdict = verdict_of(chain.target);
        let matches = peers.iter().filter(|peer| family.has(peer)).flat_map(|peer| matches_of(chain.heading, peer));
        matches.map(|matching| format!("-A {}{matching} -j {verdict}", chain.name)).collect::<Vec<_>>()
    };
    let lines: Vec<String> = chains.iter().flat_map(of_chain).collect();
    (!lines.is_empty()).then(|| transaction(&lines))
}

/// The text that removes every chain `is_ours` accepts, and every jump to one, out of an `iptables -S` listing.
pub fn removal(listing: &str, is_ours: impl Fn(&str) -> bool) -> Option<String> {
    let chains: Vec<&str> = chains_in(listing).filter(|chain| is_ours(chain)).collect();
    if chains.is_empty() {
        return None;
    }
    let jumps = listing.lines().filter_map(|line| line.strip_prefix("-A ")).filter(|rule| {
        let from_ours = rule.split(' ').next().is_some_and(&is_ours);
        !from_ours && target_of(rule).is_some_and(&is_ours)
    });
    let mut lines: Vec<String> = jumps.map(|rule| format!("-D {rule}")).collect();
    lines.extend(chains.iter().map(|chain| format!("-F {chain}")));
    lines.extend(chains.iter().map(|chain| format!("-X {chain}")));
    Some(transaction(&lines))
}

/// The chains that people or programs added, from an `iptables -S` listing.
pub fn chains_in(listing: &str) -> impl Iterator<Item = &str> {
    listing.lines().filter_map(|line| line.strip_prefix("-N ")?.split(' ').next())
}

/// The queue numbers that any rule of a listing uses.
pub fn queues_in(listing: &str) -> impl Iterator<Item = u16> {
    listing.lines().filter_map(|line| line.split_once("--queue-num ")?.1.split(' ').next()?.parse().ok())
}

/// How many packets met a dropping rule of this chain, from a listing with counters (`iptables -S -v`).
pub fn dropped_by(listing: &str, chain: &str) -> u64 {
    let rules = listing.lines().filter_map(|line| line.strip_prefix("-A ")?.strip_prefix(chain));
    let drops = rules.filter(|rule| target_of(rule) == Some("DROP"));
    drops.filter_map(|rule| rule.split_once("-c ")?.1.split(' ').next()?.parse::<u64>().ok()).sum()
}

fn body(family: Family, chain: &Chain, fault: &NetworkFault) -> Vec<String> {
    let rule = |matching: &str, verdict: &str| format!("-A {}{matching} -j {verdict}", chain.name);
    let mut lines = Vec::new();
    if let Target::Queue { mark, .. } = chain.target {
        lines.push(rule(&format!(" -m mark --mark {mark:#x}/{mark:#x}"), "RETURN"));
    }
    if family == Family::V6 {
        let types = NEIGHBOUR_DISCOVERY.map(|kind| rule(&format!(" -p ipv6-icmp -m icmp6 --icmpv6-type {kind}"), "RETURN"));
        lines.extend(types);
    }
    let matches = |peers: &[Peer]| {
        peers.iter().filter(|peer| family.has(peer)).flat_map(|peer| matches_of(chain.heading, peer)).collect::<Vec<_>>()
    };
    lines.extend(matches(&fault.exempt).iter().map(|matching| rule(matching, "RETURN")));
    let verdict = verdict_of(chain.target);
    if fault.peers.is_empty() && fault.names.is_empty() {
        lines.push(rule("", &verdict));
    }
    lines.extend(matches(&fault.peers).iter().map(|matching| rule(matching, &verdict)));
    lines
}

fn verdict_of(target: Target) -> String {
    match target {
        Target::Drop => "DROP".to_owned(),
        // With nobody listening packets pass: a dead daemon must not cut its victim off.
        Target::Queue { number, .. } => format!("NFQUEUE --queue-num {number} --queue-bypass"),
    }
}

fn matches_of(heading: Heading, peer: &Peer) -> Vec<String> {
    let (_, address_word, port_word) = heading.words();
    let address = format!(" {address_word} {}/{}", peer.address, peer.prefix);
    match peer.port {
        None => vec![address],
        Some(port) => {
            ["tcp", "udp"].map(|protocol| format!("{address} -p {protocol} -m {protocol} {port_word} {port}")).to_vec()
        }
    }
}

fn target_of(rule: &str) -> Option<&str> {
    rule.split_once("-j ")?.1.split(' ').next()
}

fn transaction(lines: &[String]) -> String {
    format!("*mangle\n{}\nCOMMIT\n", lines.join("\n"))
}

/// FNV-1a, 64 bits (RFC 9923): no secret is kept by it, it only has to spread.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Direction;

    fn fault(peers: &[(&str, u8, Option<u16>)], exempt: &[(&str, u8, Option<u16>)]) -> NetworkFault {
        let parse = |list: &[(&str, u8, Option<u16>)]| {
            let peer = |(address, prefix, port): &(&str, u8, Option<u16>)| Peer {
                address: address.parse().expect("an address"),
                prefix: *prefix,
                port: *port,
            };
            list.iter().map(peer).collect()
        };
        NetworkFault { peers: parse(peers), exempt: parse(exempt), ..NetworkFault::partition(Direction::Both) }
    }

    fn queue_chain() -> Chain {
        Chain::new("run-1/f1", Heading::Out, "eth0", Target::Queue { number: 47000, mark: 0x10_0000 })
    }

    #[test]
    fn exempt_peers_come_before_peers_and_the_mark_before_both() {
        let text = placement(Family::V4, &[queue_chain()], &fault(&[("10.0.0.0", 8, Some(80))], &[("10.0.0.9", 32, None)]));
        let name = queue_chain().name;
        let expected = format!(
            "*mangle\n:{name} -\n\
             -A {name} -m mark --mark 0x100000/0x100000 -j RETURN\n\
             -A {name} -d 10.0.0.9/32 -j RETURN\n\
             -A {name} -d 10.0.0.0/8 -p tcp -m tcp --dport 80 -j NFQUEUE --queue-num 47000 --queue-bypass\n\
             -A {name} -d 10.0.0.0/8 -p udp -m udp --dport 80 -j NFQUEUE --queue-num 47000 --queue-bypass\n\
             -I OUTPUT 1 -o eth0 -j {name}\nCOMMIT\n"
        );
        assert_eq!(text, Some(expected));
    }

    #[test]
    fn a_family_without_peers_is_left_alone_and_no_peers_means_all() {
        let chain = Chain::new("f", Heading::In, "eth0", Target::Drop);
        assert_eq!(placement(Family::V6, std::slice::from_ref(&chain), &fault(&[("10.0.0.1", 32, None)], &[])), None);
        let all = placement(Family::V6, std::slice::from_ref(&chain), &fault(&[], &[])).expect("every peer");
        assert!(all.contains(&format!("-A {} -j DROP\n", chain.name)) && all.contains("-I PREROUTING 1 -i eth0"), "{all}");
        assert_eq!(all.matches("--icmpv6-type").count(), 5, "neighbour discovery is exempt: {all}");
    }

    #[test]
    fn peers_that_join_are_appended_to_the_chains_of_their_family() {
        let peer = Peer { address: "10.0.0.7".parse().expect("an address"), prefix: 32, port: None };
        let chain = Chain::new("f", Heading::In, "eth0", Target::Drop);
        let text = addition(Family::V4, std::slice::from_ref(&chain), std::slice::from_ref(&peer));
        assert_eq!(text, Some(format!("*mangle\n-A {} -s 10.0.0.7/32 -j DROP\nCOMMIT\n", chain.name)));
        assert_eq!(addition(Family::V6, &[chain], &[peer]), None);
    }

    #[test]
    fn chain_names_fit_the_kernels_28_characters() {
        assert!(queue_chain().name.len() <= 28, "{}", queue_chain().name);
    }

    #[test]
    fn removal_takes_what_is_ours_and_nothing_else() {
        let listing = "-P OUTPUT ACCEPT\n-N CHAOSGATE-a-OUT\n-N OTHER\n-A OUTPUT -o eth0 -j CHAOSGATE-a-OUT\n-A OUTPUT -j OTHER\n\
                       -A CHAOSGATE-a-OUT -j DROP\n-A OTHER -m comment --comment CHAOSGATE-a-OUT -j DROP\n";
        let text = removal(listing, |chain| chain.starts_with(PREFIX)).expect("something to remove");
        assert_eq!(text, "*mangle\n-D OUTPUT -o eth0 -j CHAOSGATE-a-OUT\n-F CHAOSGATE-a-OUT\n-X CHAOSGATE-a-OUT\nCOMMIT\n");
        assert_eq!(removal("-P OUTPUT ACCEPT\n-N OTHER\n", |chain| chain.starts_with(PREFIX)), None);
    }

    #[test]
    fn counters_and_queue_numbers_are_read_from_listings() {
        let listing = "-A C -d 10.0.0.1/32 -c 3 180 -j DROP\n-A C -d 10.0.0.2/32 -c 4 240 -j DROP\n-A D -c 9 9 -j DROP\n\
                       -A E -c 1 1 -j NFQUEUE --queue-num 47002 --queue-bypass\n";
        assert_eq!(dropped_by(listing, "C"), 7);
        assert_eq!(queues_in(listing).collect::<Vec<_>>(), [47002]);
    }
}
