import type { FileAct, FileAttributes, FileFaultSpec } from "../experiment.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { at, type Located, numberAt, textAt } from "../yaml/node.ts";
import { textsOf } from "./texts.ts";

/** What an accepted IOChaos does to files, after Chaos Mesh's defaulting: every operation that matches, where no percent is written. */
export function fileFaultOf(spec: Located | undefined): FileFaultSpec {
  return {
    volumePath: textAt(spec, "volumePath") ?? "",
    path: textAt(spec, "path") ?? "",
    methods: textsOf(at(spec, "methods")),
    percent: numberAt(spec, "percent") ?? 100,
    containerNames: textsOf(at(spec, "containerNames")),
    act: actOf(spec),
  };
}

/** Chaos Mesh reads the block of the action and no other. */
function actOf(spec: Located | undefined): FileAct {
  const action = textAt(spec, "action");
  switch (action) {
    case "latency":
      return { kind: action, delayMs: parseGoDuration(textAt(spec, "delay") ?? "") ?? 0 };
    case "fault":
      return { kind: action, errno: numberAt(spec, "errno") ?? 0 };
    case "attrOverride":
      return { kind: action, attributes: attributesOf(at(spec, "attr")) };
    case "mistake": {
      const mistake = at(spec, "mistake");
      const [maxOccurrences, maxLength] = [
        numberAt(mistake, "maxOccurrences") ?? 0,
        numberAt(mistake, "maxLength") ?? 0,
      ];
      return { kind: action, filling: textAt(mistake, "filling") ?? "", maxOccurrences, maxLength };
    }
    default:
      throw new Error(`an IOChaos with the action ${action} was not refused`);
  }
}

function attributesOf(attr: Located | undefined): FileAttributes {
  const numbers = (["ino", "size", "blocks", "perm", "nlink", "uid", "gid", "rdev"] as const).flatMap((name) => {
    const value = numberAt(attr, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const times = (["atime", "mtime", "ctime"] as const).flatMap((name) => {
    const time = at(attr, name);
    if (time === undefined) return [];
    return [[name, { sec: numberAt(time, "sec") ?? 0, nsec: numberAt(time, "nsec") ?? 0 }] as const];
  });
  const kind = textAt(attr, "kind");
  return {
    numbers: Object.fromEntries(numbers),
    times: Object.fromEntries(times),
    ...(kind === undefined ? {} : { kind }),
  };
}
