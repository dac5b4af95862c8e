//! DNS on the wire (RFC 1035, RFC 6891): one question out, the addresses of an answer in. Pure; reads hostile bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const HEADER: usize = 12;
const RECURSION_DESIRED: u16 = 0x0100;
const IS_ANSWER: u16 = 0x8000;
const CODE: u16 = 0x000f;
const NO_SUCH_NAME: u16 = 3;
const INTERNET: u16 = 1;
const OPTIONS: u16 = 41;
/// What fits into one packet on every path (DNS flag day 2020).
pub const LARGEST: u16 = 1232;
const MOST_RECORDS: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    A = 1,
    Aaaa = 28,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Addresses and how long they may be kept. None, when the name has no address of this kind.
    Addresses(Vec<IpAddr>, Option<Duration>),
    NoSuchName,
    /// The server failed or refused: another may know.
    Failed,
}

/// A question for one absolute name, without its final dot.
pub fn question(id: u16, name: &str, kind: Kind) -> Vec<u8> {
    let mut bytes = [id, RECURSION_DESIRED, 1, 0, 0, 1].map(u16::to_be_bytes).concat();
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend([kind as u16, INTERNET].map(u16::to_be_bytes).concat());
    // The option record of EDNS: root, type, how large an answer may be, and nothing else.
    bytes.push(0);
    bytes.extend([OPTIONS, LARGEST, 0, 0, 0].map(u16::to_be_bytes).concat());
    bytes
}

/// Reads an answer to a question with this id. None: it is not one, or it is malformed.
pub fn answer(bytes: &[u8], id: u16, kind: Kind) -> Option<Answer> {
    let flags = u16_at(bytes, 2)?;
    if u16_at(bytes, 0)? != id || flags & IS_ANSWER == 0 {
        return None;
    }
    match flags & CODE {
        0 => {}
        NO_SUCH_NAME => return Some(Answer::NoSuchName),
        _ => return Some(Answer::Failed),
    }
    let (questions, records) = (usize::from(u16_at(bytes, 4)?), usize::from(u16_at(bytes, 6)?));
    let mut at = HEADER;
    for _ in 0..questions.min(MOST_RECORDS) {
        at = after_name(bytes, at)? + 4;
    }
    let (mut addresses, mut lasts) = (Vec::new(), None::<Duration>);
    for _ in 0..records.min(MOST_RECORDS) {
        at = after_name(bytes, at)?;
        let (found, class, ttl) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)?, u32_at(bytes, at + 4)?);
        let data = bytes.get(at + 10..)?.get(..usize::from(u16_at(bytes, at + 8)?))?;
        at += 10 + data.len();
        if class == INTERNET && found == kind as u16 {
            addresses.push(address(data)?);
        }
        // A name that leads on (CNAME) may change before what it leads to.
        let ttl = Duration::from_secs(u64::from(ttl));
        lasts = Some(lasts.map_or(ttl, |lasts| lasts.min(ttl)));
    }
    Some(Answer::Addresses(addresses, lasts))
}

fn address(data: &[u8]) -> Option<IpAddr> {
    match data.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into()),
        16 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into()),
        _ => None,
    }
}

/// Where a name ends: behind its final zero or behind the pointer that replaces the rest.
fn after_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length & 0x3f),
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The answer of a server to `a.b`: a CNAME that leads on, and two addresses of what it leads to.
    fn two_addresses() -> Vec<u8> {
        let mut bytes = [7, IS_ANSWER, 1, 3, 0, 0].map(u16::to_be_bytes).concat();
        bytes.extend(b"\x01a\x01b\x00\x00\x01\x00\x01");
        bytes.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x1e\x00\x02\xc0\x0e");
        bytes.extend(b"\xc0\x0e\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01");
        bytes.extend(b"\xc0\x0e\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x02");
        bytes
    }

    #[test]
    fn a_question_has_the_name_in_labels_and_asks_for_recursion() {
        let bytes = question(0x1234, "a.example", Kind::Aaaa);
        assert_eq!(bytes[..12], [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(&bytes[12..27], b"\x01a\x07example\x00\x00\x1c\x00\x01");
    }

    #[test]
    fn the_addresses_behind_a_cname_are_found_and_the_shortest_life_counts() {
        let expected = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().expect("an address"));
        let found = answer(&two_addresses(), 7, Kind::A);
        assert_eq!(found, Some(Answer::Addresses(expected.to_vec(), Some(Duration::from_secs(30)))));
        assert_eq!(answer(&two_addresses(), 8, Kind::A), None, "an answer to somebody else's question");
        assert_eq!(answer(&question(7, "a.b", Kind::A), 7, Kind::A), None, "a question is no answer");
    }

    #[test]
    fn a_server_that_does_not_know_and_one_that_fails_are_told_apart() {
        let with_code = |code: u16| [7, IS_ANSWER | code, 0, 0, 0, 0].map(u16::to_be_bytes).concat();
        assert_eq!(answer(&with_code(3), 7, Kind::A), Some(Answer::NoSuchName));
        assert_eq!(answer(&with_code(2), 7, Kind::A), Some(Answer::Failed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _answer = answer(&bytes, 7, Kind::A);
        }

        #[test]
        fn an_answer_that_is_cut_short_or_damaged_is_read_without_a_panic(cut in 0usize..80, at in 0usize..75, byte in any::<u8>()) {
            let mut bytes = two_addresses();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut);
            let _answer = answer(&bytes, 7, Kind::A);
        }
    }
}
