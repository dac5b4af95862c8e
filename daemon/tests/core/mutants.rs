//! Messages that are nearly right: the same number always makes the same one. It knows the wire format of protobuf and of gRPC, and
//! nothing of the daemon.

use std::ops::Range;

use prost::Message;

/// A small generator of numbers (splitmix64), so that a failure can be played again from one number.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, number: u64) -> Dice {
        let mut dice = Dice(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.any();
        dice
    }

    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is 1 or more.
    pub fn below(&mut self, end: usize) -> usize {
        (self.any() % end as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length).map(|_| self.any() as u8).collect()
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

/// A field as it is on the wire.
#[derive(Clone)]
struct Field {
    number: u64,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    Bytes(Vec<u8>),
}

const NUMBERS: [u64; 12] =
    [0, 1, 2, 99, 101, i32::MAX as u64, 1 << 31, u32::MAX as u64, 1 << 53, i64::MAX as u64, 1 << 63, u64::MAX];
const SHARES: [f32; 10] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.0, -1.0, 1e-30, 100.001, 150.0, f32::MAX];
const TEXTS: [&str; 14] = [
    "",
    "a",
    "..",
    "../../etc",
    "/",
    "/proc/1/root",
    "eth0",
    "0.0.0.0/0",
    "::/129",
    "10.99.0.2/33",
    "t1-0",
    "t1-\u{0}",
    "containerd://../x",
    "\u{202e}\u{fffd}",
];

/// A message of any kind with one or more mutations: most can be read and mean something else, so that they come as far as can be.
pub fn mutated(dice: &mut Dice, message: &[u8], other: &[u8]) -> Vec<u8> {
    if dice.one_in(4) {
        return on_bytes(dice, message.to_vec(), other);
    }
    (0..=dice.below(3)).fold(message.to_vec(), |bytes, _| on_fields(dice, &bytes))
}

fn on_bytes(dice: &mut Dice, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
    let range = dice.range(bytes.len());
    match dice.below(8) {
        0 if !bytes.is_empty() => {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }
        1 => bytes.truncate(range.start),
        2 => drop(bytes.drain(range)),
        3 => {
            let again = bytes[range].to_vec();
            bytes.extend(again);
        }
        4 => bytes.extend(other),
        5 => bytes = dice.bytes(600),
        6 => bytes.extend(nested(100 + dice.below(2000))),
        _ => {
            let inserted = dice.bytes(16);
            bytes.splice(range.start..range.start, inserted);
        }
    }
    bytes
}

/// Groups within groups of an unknown field, or messages within a message.
fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = [0xfb, 0x07].repeat(depth);
    bytes.extend([0xfc, 0x07].repeat(depth));
    bytes
}

fn on_fields(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let Some(mut fields) = parse(bytes).filter(|fields| !fields.is_empty()) else { return dice.bytes(40) };
    let at = dice.below(fields.len());
    match dice.below(10) {
        0 => drop(fields.remove(at)),
        1 => fields.push(fields[at].clone()),
        2 => fields[at].number = 1 + dice.any() % 30,
        3 if dice.one_in(3) => fields[at].value = any_value(dice),
        4 => fields.insert(at, Field { number: 1 + dice.any() % 30, value: any_value(dice) }),
        _ => changed(dice, &mut fields[at].value),
    }
    written(&fields)
}

fn changed(dice: &mut Dice, value: &mut Value) {
    match value {
        Value::Varint(number) => *number = if dice.one_in(3) { dice.any() } else { *dice.pick(&NUMBERS) },
        Value::Four(four) => *four = dice.pick(&SHARES).to_le_bytes(),
        Value::Eight(eight) => *eight = dice.any().to_le_bytes(),
        Value::Bytes(bytes) if parse(bytes).is_some() && !dice.one_in(4) => *bytes = on_fields(dice, bytes),
        Value::Bytes(bytes) => *bytes = any_bytes(dice),
    }
}

fn any_value(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => Value::Varint(*dice.pick(&NUMBERS)),
        1 => Value::Four(dice.pick(&SHARES).to_le_bytes()),
        2 => Value::Eight(dice.any().to_le_bytes()),
        _ => Value::Bytes(any_bytes(dice)),
    }
}

fn any_bytes(dice: &mut Dice) -> Vec<u8> {
    match dice.below(4) {
        0 => dice.bytes(64),
        1 => vec![b'x'; dice.below(300)],
        _ => dice.pick(&TEXTS).as_bytes().to_vec(),
    }
}

fn parse(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = prost::encoding::decode_varint(&mut bytes).ok()?;
        let value = match key & 7 {
            0 => Value::Varint(prost::encoding::decode_varint(&mut bytes).ok()?),
            1 => Value::Eight(taken(&mut bytes, 8)?.try_into().ok()?),
            2 => {
                let length = prost::encoding::decode_varint(&mut bytes).ok()?;
                Value::Bytes(taken(&mut bytes, usize::try_from(length).ok()?)?.to_vec())
            }
            5 => Value::Four(taken(&mut bytes, 4)?.try_into().ok()?),
            _ => return None,
        };
        fields.push(Field { number: key >> 3, value });
    }
    Some(fields)
}

fn taken<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn written(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let varint = |number: u64, bytes: &mut Vec<u8>| prost::encoding::encode_varint(number, bytes);
    for Field { number, value } in fields {
        let kind = match value {
            Value::Varint(_) => 0,
            Value::Eight(_) => 1,
            Value::Bytes(_) => 2,
            Value::Four(_) => 5,
        };
        varint(number << 3 | kind, &mut bytes);
        match value {
            Value::Varint(number) => varint(*number, &mut bytes),
            Value::Eight(eight) => bytes.extend(eight),
            Value::Four(four) => bytes.extend(four),
            Value::Bytes(value) => {
                varint(value.len() as u64, &mut bytes);
                bytes.extend(value);
            }
        }
    }
    bytes
}

/// A message as gRPC carries it.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("short");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// A frame that is wrong itself.
pub fn broken(dice: &mut Dice, message: &[u8]) -> Vec<u8> {
    let mut frame = framed(message);
    match dice.below(7) {
        0 => frame[0] = 1 + (dice.any() % 255) as u8,
        1 => frame[1..5].copy_from_slice(&(dice.any() as u32).to_be_bytes()),
        2 => frame[4] = frame[4].wrapping_add(1 + (dice.any() % 4) as u8),
        3 => frame[4] = frame[4].wrapping_sub(1 + (dice.any() % 4) as u8),
        4 => frame.truncate(dice.below(frame.len())),
        5 => frame.extend(framed(message)),
        _ => frame.extend(dice.bytes(20)),
    }
    frame
}

/// What a receiver finds in a body, whatever else is wrong with it.
pub fn messages_in(mut body: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((head, rest)) = body.split_at_checked(5) {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((message, rest)) = rest.split_at_checked(length) else { break };
        found.push(message);
        body = rest;
    }
    found
}

#[test]
fn fields_are_written_as_they_are_read_and_a_number_makes_one_mutant() {
    let victim = crate::client::by_pid(7).encode_to_vec();
    assert_eq!(written(&parse(&victim).expect("a message")), victim);
    let one = |number| mutated(&mut Dice::new(7, number), &victim, &victim);
    assert_eq!(one(1), one(1));
    let different = (0..1000).map(one).collect::<std::collections::BTreeSet<_>>().len();
    assert!(different > 500, "{different} of 1000 mutants differ");
    assert_eq!(messages_in(&[framed(&victim), framed(b"x"), vec![0, 0, 0, 0, 9]].concat()), [&victim[..], b"x"]);
}
