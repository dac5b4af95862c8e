// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). A keyed hash, because whoever can choose pod
// names must not be able to steer who is selected: without the seed the order of pods cannot be predicted or ground.
// Words of 64 bits are pairs of 32, low half first: BigInt arithmetic is 30 times slower, and large clusters have many pods.

/** v0 to v3, each as low and high half. */
type State = Int32Array;

/** The 64-bit SipHash-2-4 of `message` under a 128-bit key. */
export function siphash24(key: readonly [bigint, bigint], message: Uint8Array): bigint {
  return siphashUnder(key)(message);
}

/** The same for many messages under one key. */
export function siphashUnder(key: readonly [bigint, bigint]): (message: Uint8Array) => bigint {
  const start = initial(key);
  const state = new Int32Array(8);
  return (message) => {
    state.set(start);
    return hash(state, message);
  };
}

function hash(state: State, message: Uint8Array): bigint {
  const whole = message.length - (message.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(state, half(message, at), half(message, at + 4));
  absorb(state, half(message, whole), half(message, whole + 4) | (message.length << 24));
  state[4] = half64(state, 4) ^ 0xff;
  for (let round = 0; round < 4; round++) mix(state);
  const low = half64(state, 0) ^ half64(state, 2) ^ half64(state, 4) ^ half64(state, 6);
  const high = half64(state, 1) ^ half64(state, 3) ^ half64(state, 5) ^ half64(state, 7);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The constants are the ASCII text of the paper, section 2.1. */
function initial([k0, k1]: readonly [bigint, bigint]): State {
  const words = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  return Int32Array.from(words.flatMap((word) => [Number(word & 0xffffffffn), Number(word >> 32n)]));
}

/** Four bytes, the first the least; what is beyond the end is 0. */
function half(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
}

function byte(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? (bytes[at] ?? 0) : 0;
}

function half64(state: State, at: number): number {
  return state[at] ?? 0;
}

function absorb(state: State, low: number, high: number): void {
  state[6] = half64(state, 6) ^ low;
  state[7] = half64(state, 7) ^ high;
  mix(state);
  mix(state);
  state[0] = half64(state, 0) ^ low;
  state[1] = half64(state, 1) ^ high;
}

/** One SipRound. */
function mix(state: State): void {
  addInto(state, 0, 2);
  addInto(state, 4, 6);
  turnAndMix(state, 2, 13, 0);
  turnAndMix(state, 6, 16, 4);
  swap(state, 0);
  addInto(state, 4, 2);
  addInto(state, 0, 6);
  turnAndMix(state, 2, 17, 4);
  turnAndMix(state, 6, 21, 0);
  swap(state, 4);
}

/** word += other */
function addInto(state: State, word: number, other: number): void {
  const low = (half64(state, word) >>> 0) + (half64(state, other) >>> 0);
  state[word] = low;
  state[word + 1] = half64(state, word + 1) + half64(state, other + 1) + (low > 0xffffffff ? 1 : 0);
}

/** word = (word rotated left by less than 32) ^ other */
function turnAndMix(state: State, word: number, by: number, other: number): void {
  const low = half64(state, word);
  const high = half64(state, word + 1);
  state[word] = ((low << by) | (high >>> (32 - by))) ^ half64(state, other);
  state[word + 1] = ((high << by) | (low >>> (32 - by))) ^ half64(state, other + 1);
}

/** Rotates by 32. */
function swap(state: State, word: number): void {
  const low = half64(state, word);
  state[word] = half64(state, word + 1);
  state[word + 1] = low;
}
