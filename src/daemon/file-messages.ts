import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FileAttributes } from "../manifest/experiment.ts";
import type { FileIoFaultOrder } from "../run/ports.ts";
import {
  type FileAttributesSchema,
  type FileIoFaultSchema,
  FileMethod,
  FileMistake_Filling,
} from "./generated/chaosgate/daemon/v1/daemon_pb.ts";

const FILLINGS = { zero: FileMistake_Filling.ZERO, random: FileMistake_Filling.RANDOM } as const;

/** Chaos Mesh's words for the S_IFMT bits of Linux. */
const KINDS: Readonly<Record<string, number>> = {
  namedPipe: 0o010000,
  charDevice: 0o020000,
  directory: 0o040000,
  blockDevice: 0o060000,
  regularFile: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};

type Message = MessageInitShape<typeof FileIoFaultSchema>;

/** A fault of files on the wire. */
export function fileIoFault({ volumePath, path, methods, percent, act }: FileIoFaultOrder): Message {
  const named = methods.map((method) => FileMethod[method.toUpperCase() as Uppercase<typeof method>]);
  return { volumePath, path, percent, methods: named, ...actMessage(act) };
}

function actMessage(act: FileIoFaultOrder["act"]): Pick<Message, "latency" | "error" | "attributes" | "mistake"> {
  switch (act.kind) {
    case "latency":
      return { latency: { delayUs: BigInt(Math.round(act.delayMs * 1000)) } };
    case "error":
      return { error: { errno: act.errno } };
    case "attributes":
      return { attributes: attributesMessage(act.attributes) };
    case "mistake": {
      const { filling, maxOccurrences, maxLength, altersData } = act;
      return { mistake: { filling: FILLINGS[filling], maxOccurrences, maxLength, altersData } };
    }
  }
}

function attributesMessage({ numbers, times, kind }: FileAttributes): MessageInitShape<typeof FileAttributesSchema> {
  const { ino, size, blocks, ...small } = numbers;
  const large = Object.entries({ ino, size, blocks }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, BigInt(value)]],
  );
  const told = Object.entries(times).map(([name, { sec, nsec }]) => [
    name,
    { seconds: BigInt(sec), nanoseconds: nsec },
  ]);
  const bits = kind === undefined ? undefined : KINDS[kind];
  return {
    ...small,
    ...Object.fromEntries(large),
    ...Object.fromEntries(told),
    ...(bits === undefined ? {} : { kind: bits }),
  };
}
