//! The data in the cave: which faults shift which clock of this process by how much, and what that adds up to.
//!
//! ```text
//!   0  magic and version   8  offset of the block in force (u32)
//!  64  eight orders of 24 bytes: tag (u64), offset in ns (i64), clocks (u32), zero
//! 256  block A: clocks (u32), microseconds of the wall clock (u32), zero (u64), twelve of { seconds (i64), nanoseconds (i64) }
//! 464  block B
//! ```
//!
//! A hook reads which block is in force once and then only that block, so a change is: fill the other block, write the orders, switch.
//! Nobody has to stand still for it, and no reader adds the seconds of one offset to the nanoseconds of another.

use crate::fault::ClockSet;

const MAGIC: [u8; 8] = *b"chgclk\0\x01";
const IN_FORCE: usize = 8;
const ORDERS: usize = 64;
const ORDER_BYTES: usize = 24;
pub const MOST_ORDERS: usize = 8;
const BLOCK_BYTES: usize = 208;
pub const BLOCKS: [usize; 2] = [256, 464];
/// Where a block's table of offsets begins, and how long one entry is (as a shift).
pub const TABLE: usize = 16;
pub const ENTRY_SHIFT: u32 = 4;
const CLOCKS: usize = 12;
pub const MICROSECONDS: usize = 4;
pub const LENGTH: usize = 672;
const NS_PER_S: i128 = 1_000_000_000;

/// One fault's share in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// From the fault's name; never zero.
    pub tag: u64,
    pub clocks: ClockSet,
    pub offset_ns: i64,
}

/// What a cave says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    pub orders: Vec<Order>,
    block: usize,
}

/// Bytes and where in the cave they go, in the order in which they must be written.
pub type Writes = Vec<(usize, Vec<u8>)>;

impl Slots {
    pub fn new(order: Order) -> Slots {
        Slots { orders: vec![order], block: BLOCKS[0] }
    }

    /// None when the cave is not of this layout.
    pub fn read(cave: &[u8]) -> Option<Slots> {
        if cave.get(..MAGIC.len())? != MAGIC || cave.len() < LENGTH {
            return None;
        }
        let block = u32_at(cave, IN_FORCE) as usize;
        let orders = (0..MOST_ORDERS).map(|slot| order_at(cave, ORDERS + slot * ORDER_BYTES)).filter(|order| order.tag != 0);
        BLOCKS.contains(&block).then(|| Slots { orders: orders.collect(), block })
    }

    /// Whether anything of ours begins here, of this layout or of another version's.
    pub fn is_marked(cave: &[u8]) -> bool {
        cave.starts_with(&MAGIC[..MAGIC.len() - 1])
    }

    /// Whether the block in force is what the orders add up to: a write that was cut off is not.
    pub fn is_whole(&self, cave: &[u8]) -> bool {
        cave[self.block..self.block + BLOCK_BYTES] == block_of(&self.orders)[..]
    }

    pub fn order(&self, tag: u64) -> Option<&Order> {
        self.orders.iter().find(|order| order.tag == tag)
    }

    /// None when there is no room for another fault.
    #[must_use]
    pub fn with(&self, order: Order) -> Option<Slots> {
        let mut next = self.without(order.tag);
        next.orders.push(order);
        (next.orders.len() <= MOST_ORDERS).then_some(next)
    }

    #[must_use]
    pub fn without(&self, tag: u64) -> Slots {
        let orders = self.orders.iter().filter(|order| order.tag != tag).copied().collect();
        let block = if self.block == BLOCKS[0] { BLOCKS[1] } else { BLOCKS[0] };
        Slots { orders, block }
    }

    /// How a process that is on another state, or on none, comes to this one.
    pub fn writes(&self) -> Writes {
        let in_force = (self.block as u32).to_le_bytes().to_vec();
        vec![(self.block, block_of(&self.orders)), (ORDERS, orders_of(&self.orders)), (IN_FORCE, in_force), (0, MAGIC.to_vec())]
    }

    /// What is added to one clock, all faults together.
    pub fn offset_ns(&self, clock: usize) -> i128 {
        sum(&self.orders, clock)
    }
}

fn sum(orders: &[Order], clock: usize) -> i128 {
    orders.iter().filter(|order| order.clocks.has(clock)).map(|order| i128::from(order.offset_ns)).sum()
}

/// Seconds by floor division, so that the nanoseconds are never negative and one carry is enough.
fn block_of(orders: &[Order]) -> Vec<u8> {
    let skewed = orders.iter().fold(0, |mask, order| mask | order.clocks.mask());
    let wall_us = sum(orders, 0).rem_euclid(NS_PER_S) / 1000;
    let mut block = vec![0; BLOCK_BYTES];
    block[..4].copy_from_slice(&skewed.to_le_bytes());
    block[MICROSECONDS..8].copy_from_slice(&(wall_us as u32).to_le_bytes());
    for clock in 0..CLOCKS {
        let (offset, at) = (sum(orders, clock), TABLE + (clock << ENTRY_SHIFT));
        block[at..at + 8].copy_from_slice(&(offset.div_euclid(NS_PER_S) as i64).to_le_bytes());
        block[at + 8..at + 16].copy_from_slice(&(offset.rem_euclid(NS_PER_S) as i64).to_le_bytes());
    }
    block
}

fn orders_of(orders: &[Order]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MOST_ORDERS * ORDER_BYTES);
    for order in orders {
        bytes.extend_from_slice(&order.tag.to_le_bytes());
        bytes.extend_from_slice(&order.offset_ns.to_le_bytes());
        bytes.extend_from_slice(&u64::from(order.clocks.mask()).to_le_bytes());
    }
    bytes.resize(MOST_ORDERS * ORDER_BYTES, 0);
    bytes
}

fn order_at(cave: &[u8], at: usize) -> Order {
    Order { tag: u64_at(cave, at), offset_ns: u64_at(cave, at + 8) as i64, clocks: ClockSet::of_mask(u32_at(cave, at + 16)) }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(tag: u64, mask: u32, offset_ns: i64) -> Order {
        Order { tag, clocks: ClockSet::of_mask(mask), offset_ns }
    }

    fn written(states: &[&Slots]) -> Vec<u8> {
        let mut cave = vec![0; LENGTH];
        for (at, bytes) in states.iter().flat_map(|state| state.writes()) {
            cave[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        cave
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let one = Slots::new(order(1, 0b1, -150_000_000));
        let two = one.with(order(2, 0b11, 2_000_000_001)).expect("room");
        let cave = written(&[&one, &two]);
        let read = Slots::read(&cave).expect("our own layout");
        assert_eq!(read, two);
        assert!(read.is_whole(&cave));
        assert_eq!((read.offset_ns(0), read.offset_ns(1), read.offset_ns(7)), (1_850_000_001, 2_000_000_001, 0));
    }

    #[test]
    fn a_change_that_was_cut_off_is_seen() {
        let one = Slots::new(order(1, 1, 5));
        let mut cave = written(&[&one]);
        for (at, bytes) in one.with(order(2, 1, 7)).expect("room").writes().into_iter().take(2) {
            cave[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        let read = Slots::read(&cave).expect("our own layout");
        assert!(!read.is_whole(&cave), "the orders are new and the block in force is old");
    }

    #[test]
    fn there_is_room_for_eight_faults_and_not_for_nine() {
        let eight = (2..=8).fold(Slots::new(order(1, 1, 1)), |slots, tag| slots.with(order(tag, 1, 1)).expect("room"));
        assert_eq!(eight.with(order(9, 1, 1)), None);
        assert_eq!(
            eight.with(order(8, 1, 5)).map(|slots| slots.offset_ns(0)),
            Some(12),
            "the same fault again replaces itself"
        );
    }

    #[test]
    fn another_version_is_ours_and_not_read() {
        let mut cave = written(&[&Slots::new(order(1, 1, 1))]);
        cave[7] = 2;
        assert!(Slots::is_marked(&cave) && Slots::read(&cave).is_none());
        assert!(!Slots::is_marked(&[0; LENGTH]));
    }

    proptest! {
        #[test]
        fn seconds_and_nanoseconds_are_the_offset_and_nanoseconds_are_not_negative(a in any::<i64>(), b in any::<i64>()) {
            let block = block_of(&[order(1, 1, a), order(2, 1, b)]);
            let (seconds, nanoseconds) = (u64_at(&block, TABLE) as i64, u64_at(&block, TABLE + 8) as i64);
            prop_assert!((0..1_000_000_000).contains(&nanoseconds));
            prop_assert_eq!(i128::from(seconds) * NS_PER_S + i128::from(nanoseconds), i128::from(a) + i128::from(b));
        }

        #[test]
        fn faults_that_came_and_went_leave_what_was(a in any::<i64>(), b in any::<i64>()) {
            let one = Slots::new(order(1, 1, a));
            let again = one.with(order(2, 3, b)).expect("room").without(2);
            prop_assert_eq!(&again.orders, &one.orders);
            prop_assert_eq!(block_of(&again.orders), block_of(&one.orders));
        }
    }
}
