//! Ends established TCP connections between the victim and its peers, as an administrator would (SOCK_DESTROY, Linux 4.5), so
//! that a client with a warm pool meets the fault at once. Cannot be undone and need not be: the victim connects again.
//! Speaks of the namespace of the calling thread.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::fault::{NetworkFault, Peer};
use crate::sys::netlink::{Message, Socket};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const SOCK_DESTROY: u16 = 21;
/// Where both ends are in struct inet_diag_msg, and struct inet_diag_sockid from there.
const ID_AT: usize = 4;
const ID_BYTES: usize = 48;
/// TCP_ESTABLISHED, TCP_SYN_SENT and TCP_CLOSE_WAIT: those that still mean to speak.
const STATES: u32 = 1 << 1 | 1 << 2 | 1 << 8;

/// How many connections were ended. One that ended by itself meanwhile is not counted and no failure.
pub fn reset_here(network: &NetworkFault) -> io::Result<usize> {
    let mut diagnosis = Socket::open(libc::NETLINK_SOCK_DIAG)?;
    let mut ended = 0;
    for family in [libc::AF_INET, libc::AF_INET6] {
        let mut found = Vec::new();
        let ask = Message::new(SOCK_DIAG_BY_FAMILY, libc::NLM_F_DUMP, &request(family, &[0; ID_BYTES]));
        diagnosis.exchange(ask, |answer| found.extend(connection_of(answer.body)))?;
        for connection in found.iter().filter(|connection| concerns(network, connection)) {
            let destroy = Message::new(SOCK_DESTROY, libc::NLM_F_ACK, &request(family, &connection.id));
            match diagnosis.execute(destroy) {
                Ok(()) => ended += 1,
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(ended)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Connection {
    id: [u8; ID_BYTES],
    peer: IpAddr,
    peer_port: u16,
}

fn concerns(network: &NetworkFault, connection: &Connection) -> bool {
    let is_one_of = |peers: &[Peer]| peers.iter().any(|peer| includes(peer, connection));
    let is_inside = connection.peer.is_loopback();
    !is_inside && !is_one_of(&network.exempt) && (network.peers.is_empty() || is_one_of(&network.peers))
}

fn includes(peer: &Peer, connection: &Connection) -> bool {
    let shares = |ours: u128, theirs: u128, width: u8| {
        let behind = u32::from(width - peer.prefix.min(width));
        (ours ^ theirs).checked_shr(behind).unwrap_or(0) == 0
    };
    let in_range = match (peer.address, connection.peer) {
        (IpAddr::V4(range), IpAddr::V4(address)) => shares(u32::from(range).into(), u32::from(address).into(), 32),
        (IpAddr::V6(range), IpAddr::V6(address)) => shares(range.into(), address.into(), 128),
        _ => false,
    };
    in_range && peer.port.is_none_or(|port| port == connection.peer_port)
}

/// struct inet_diag_req_v2.
fn request(family: i32, id: &[u8; ID_BYTES]) -> Vec<u8> {
    let mut bytes = vec![family as u8, libc::IPPROTO_TCP as u8, 0, 0];
    bytes.extend(STATES.to_ne_bytes());
    bytes.extend(id);
    bytes
}

/// struct inet_diag_sockid: both ports in network order, both addresses, the device and a cookie. An IPv4 address may come in
/// IPv6 clothes, as sockets of both families wear them.
fn connection_of(body: &[u8]) -> Option<Connection> {
    let id: [u8; ID_BYTES] = body.get(ID_AT..ID_AT + ID_BYTES)?.try_into().ok()?;
    let peer: [u8; 16] = id[20..36].try_into().ok()?;
    let peer = match i32::from(*body.first()?) {
        libc::AF_INET => Ipv4Addr::new(peer[0], peer[1], peer[2], peer[3]).into(),
        _ => Ipv6Addr::from(peer).to_canonical(),
    };
    Some(Connection { id, peer, peer_port: u16::from_be_bytes([id[2], id[3]]) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fault::{Direction, Netem, NetworkAct};

    fn peer(address: &str, prefix: u8, port: Option<u16>) -> Peer {
        Peer { address: address.parse().expect("an address"), prefix, port }
    }

    fn concerned(peers: Vec<Peer>, exempt: Vec<Peer>, address: &str, port: u16) -> bool {
        let act = NetworkAct::Netem(Netem { delay: Duration::from_millis(1), ..Netem::default() });
        let network = NetworkFault { peers, exempt, act, ..NetworkFault::partition(Direction::Both) };
        let peer = address.parse().expect("an address");
        concerns(&network, &Connection { id: [0; ID_BYTES], peer, peer_port: port })
    }

    #[test]
    fn only_connections_to_the_peers_and_never_to_the_exempt_are_meant() {
        let cases = [
            (vec![], vec![], "10.0.0.1", 80, true),
            (vec![], vec![], "127.0.0.1", 80, false),
            (vec![peer("10.0.0.0", 8, None)], vec![], "10.9.9.9", 80, true),
            (vec![peer("10.0.0.0", 8, None)], vec![], "11.0.0.1", 80, false),
            (vec![peer("10.0.0.0", 8, Some(443))], vec![], "10.0.0.1", 80, false),
            (vec![peer("0.0.0.0", 0, None)], vec![], "203.0.113.7", 80, true),
            (vec![peer("fd00::", 64, None)], vec![], "fd00::9", 80, true),
            (vec![peer("fd00::", 64, None)], vec![], "fd00:0:0:1::9", 80, false),
            (vec![peer("10.0.0.0", 8, None)], vec![peer("10.0.0.1", 32, None)], "10.0.0.1", 80, false),
        ];
        for (peers, exempt, address, port, expected) in cases {
            assert_eq!(concerned(peers.clone(), exempt, address, port), expected, "{peers:?} and {address}");
        }
    }

    #[test]
    fn a_connections_other_end_is_read_in_either_family() {
        let mut body = vec![0; 72];
        body[0] = libc::AF_INET as u8;
        body[6..8].copy_from_slice(&443u16.to_be_bytes());
        body[24..28].copy_from_slice(&[10, 0, 0, 1]);
        let plain = connection_of(&body).expect("whole");
        assert_eq!((plain.peer.to_string().as_str(), plain.peer_port), ("10.0.0.1", 443));
        body[0] = libc::AF_INET6 as u8;
        body[24..40].copy_from_slice(&Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped().octets());
        assert_eq!(connection_of(&body).expect("whole").peer, plain.peer);
        assert_eq!(connection_of(&body[..40]), None);
    }
}
