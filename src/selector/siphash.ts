// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). A keyed hash, because whoever can choose pod
// names must not be able to steer who is selected: without the seed the order of pods cannot be predicted or ground.

const MASK = (1n << 64n) - 1n;

type State = [bigint, bigint, bigint, bigint];

/** The 64-bit SipHash-2-4 of `message` under a 128-bit key. */
export function siphash24(key: readonly [bigint, bigint], message: Uint8Array): bigint {
  const state = initial(key);
  const whole = message.length - (message.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(state, word(message, at, 8));
  absorb(state, word(message, whole, message.length - whole) | (BigInt(message.length & 0xff) << 56n));
  state[2] ^= 0xffn;
  for (let round = 0; round < 4; round++) mix(state);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

/** The constants are the ASCII text of the paper, section 2.1. */
function initial([k0, k1]: readonly [bigint, bigint]): State {
  return [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
}

function word(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let index = 0; index < count; index++) value |= BigInt(bytes[at + index] ?? 0) << BigInt(8 * index);
  return value;
}

function absorb(state: State, value: bigint): void {
  state[3] ^= value;
  mix(state);
  mix(state);
  state[0] ^= value;
}

/** One SipRound. */
function mix(state: State): void {
  let [a, b, c, d] = state;
  a = (a + b) & MASK;
  b = rotate(b, 13n) ^ a;
  a = rotate(a, 32n);
  c = (c + d) & MASK;
  d = rotate(d, 16n) ^ c;
  a = (a + d) & MASK;
  d = rotate(d, 21n) ^ a;
  c = (c + b) & MASK;
  b = rotate(b, 17n) ^ c;
  c = rotate(c, 32n);
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}
