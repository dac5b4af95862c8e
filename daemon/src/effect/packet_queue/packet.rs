//! Changes to the bytes of an IP packet: one flipped bit, and cutting a packet that is larger than the device takes. Pure.

const V4_MORE_FRAGMENTS: u16 = 0x2000;
const V4_OFFSET: u16 = 0x1fff;
const V6_HEADER: usize = 40;
const V6_FRAGMENT: u8 = 44;

/// Flips one bit behind the IP header, where the receiver's checksum finds it. The header stays whole: a packet with
/// a wrong address would be a fault on somebody else.
pub fn flip_a_bit(packet: &mut [u8], at: u32) {
    let start = header_length(packet).min(packet.len());
    let body = &mut packet[start..];
    if !body.is_empty() {
        let at = at as usize;
        body[(at / 8) % body.len()] ^= 1 << (at % 8);
    }
}

/// Cuts a packet into fragments of at most `mtu` bytes (RFC 791, RFC 8200 4.5), as the kernel would have done behind
/// the place where the packet was taken. None: it cannot be cut, because it forbids it or is malformed.
pub fn fragments(packet: &[u8], mtu: usize, identification: u32) -> Option<Vec<Vec<u8>>> {
    match packet.first()? >> 4 {
        4 => v4_fragments(packet, mtu),
        6 => v6_fragments(packet, mtu, identification),
        _ => None,
    }
}

/// Bytes of the IP header without IPv6 extension headers.
fn header_length(packet: &[u8]) -> usize {
    match packet.first() {
        Some(first) if first >> 4 == 4 => usize::from(first & 0x0f) * 4,
        _ => V6_HEADER,
    }
}

fn v4_fragments(packet: &[u8], mtu: usize) -> Option<Vec<Vec<u8>>> {
    let header = packet.get(..header_length(packet)).filter(|header| header.len() == 20)?;
    let flags = u16::from_be_bytes([header[6], header[7]]);
    if flags & (0x4000 | V4_OFFSET | V4_MORE_FRAGMENTS) != 0 {
        return None;
    }
    let cut = |(offset, piece, more): (usize, &[u8], bool)| {
        let mut fragment = [header, piece].concat();
        let length = fragment.len() as u16;
        let place = (offset / 8) as u16 | if more { V4_MORE_FRAGMENTS } else { 0 };
        fragment[2..4].copy_from_slice(&length.to_be_bytes());
        fragment[6..8].copy_from_slice(&place.to_be_bytes());
        fragment
    };
    Some(pieces(&packet[header.len()..], mtu.checked_sub(header.len())?)?.map(cut).collect())
}

fn v6_fragments(packet: &[u8], mtu: usize, identification: u32) -> Option<Vec<Vec<u8>>> {
    let header = packet.get(..V6_HEADER)?;
    let next = header[6];
    // Only a packet without extension headers: what precedes the fragment header would have to be repeated.
    if !matches!(i32::from(next), libc::IPPROTO_UDP | libc::IPPROTO_ICMPV6 | libc::IPPROTO_TCP) {
        return None;
    }
    let cut = |(offset, piece, more): (usize, &[u8], bool)| {
        let place = offset as u16 | u16::from(more);
        let mut fragment_header = [next, 0, 0, 0, 0, 0, 0, 0];
        fragment_header[2..4].copy_from_slice(&place.to_be_bytes());
        fragment_header[4..8].copy_from_slice(&identification.to_be_bytes());
        let mut fragment = [header, &fragment_header, piece].concat();
        let payload = (fragment.len() - V6_HEADER) as u16;
        fragment[4..6].copy_from_slice(&payload.to_be_bytes());
        fragment[6] = V6_FRAGMENT;
        fragment
    };
    Some(pieces(&packet[V6_HEADER..], mtu.checked_sub(V6_HEADER + 8)?)?.map(cut).collect())
}

/// Pieces whose sizes are multiples of eight, all but the last: (offset, bytes, more to come).
fn pieces(body: &[u8], room: usize) -> Option<impl Iterator<Item = (usize, &[u8], bool)>> {
    let size = room / 8 * 8;
    if size == 0 {
        return None;
    }
    Some(body.chunks(size).enumerate().map(move |(index, piece)| {
        let offset = index * size;
        (offset, piece, offset + piece.len() < body.len())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(body: usize) -> Vec<u8> {
        let mut packet = vec![0; 20 + body];
        packet[0] = 0x45;
        packet[9] = 17;
        packet[20..].iter_mut().enumerate().for_each(|(index, byte)| *byte = index as u8);
        packet
    }

    #[test]
    fn one_bit_is_flipped_and_never_in_the_header() {
        for at in 0..5000 {
            let mut packet = v4(100);
            flip_a_bit(&mut packet, at);
            let difference: u32 = packet.iter().zip(v4(100)).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!((difference, &packet[..20]), (1, &v4(100)[..20]));
        }
        flip_a_bit(&mut [], 3);
        flip_a_bit(&mut [0x45; 20], 3);
    }

    #[test]
    fn fragments_of_a_v4_packet_add_up_to_it() {
        let fragments = fragments(&v4(4000), 1500, 0).expect("may be cut");
        assert_eq!(fragments.len(), 3);
        let mut body = Vec::new();
        for fragment in &fragments {
            let place = u16::from_be_bytes([fragment[6], fragment[7]]);
            assert_eq!(usize::from(place & V4_OFFSET) * 8, body.len());
            assert!(fragment.len() <= 1500);
            body.extend_from_slice(&fragment[20..]);
            assert_eq!(place & V4_MORE_FRAGMENTS == 0, body.len() == 4000);
        }
        assert_eq!(body, v4(4000)[20..]);
    }

    #[test]
    fn a_packet_that_forbids_it_is_not_cut() {
        let mut packet = v4(4000);
        packet[6] = 0x40;
        assert_eq!(fragments(&packet, 1500, 0), None);
        assert_eq!(fragments(&[], 1500, 0), None);
        assert_eq!(fragments(&v4(4000), 20, 0), None);
    }

    #[test]
    fn fragments_of_a_v6_packet_carry_the_fragment_header() {
        let mut packet = vec![7; V6_HEADER + 3000];
        packet[0] = 0x60;
        packet[6] = 17;
        let fragments = fragments(&packet, 1500, 99).expect("may be cut");
        assert_eq!(fragments.len(), 3);
        assert!(fragments.iter().all(|fragment| fragment.len() <= 1500 && fragment[6] == V6_FRAGMENT && fragment[40] == 17));
        assert_eq!(fragments.iter().map(|fragment| fragment.len() - 48).sum::<usize>(), 3000);
    }
}
