// verify.ts [OUT]: the daemon's image holds what it promises. Builds it a second time in another place and compares the digests, then
// starts the daemon from its tree alone, which says what it can do: no library and no program of this machine is in reach there.
// Run in a sandbox, whose mounts and namespaces end with it.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildImage } from "./build.ts";

const out = resolve(process.argv[2] ?? ".cache/image");
const known = JSON.parse(readFileSync(join(out, "image.json"), "utf8")) as { readonly digest: string };
const problems = [...repeated(known.digest), ...started(join(out, "root"))];
for (const problem of problems) console.error(`image: ${problem}`);
if (problems.length === 0)
  console.log(`image: ${known.digest}, built twice from nothing; starts from its own files alone`);
process.exitCode = problems.length === 0 ? 0 : 1;

function repeated(digest: string): readonly string[] {
  const elsewhere = mkdtempSync(join(tmpdir(), "chaosgate-image-"));
  try {
    const again = buildImage(join(elsewhere, "out"), join(elsewhere, "target"));
    return again.digest === digest ? [] : [`a second build gave ${again.digest} and not ${digest}`];
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

function started(root: string): readonly string[] {
  for (const dir of ["proc", "sys", "dev"]) execFileSync("mount", ["--rbind", `/${dir}`, join(root, dir)]);
  execFileSync("mount", ["-t", "tmpfs", "none", join(root, "run")]);
  const said = spawnSync("/usr/sbin/chroot", [root, "/chaosgated", "doctor", "--json"], { encoding: "utf8" });
  const doctor = said.stdout === "" ? undefined : (JSON.parse(said.stdout) as Doctor);
  if (doctor === undefined) return [`the daemon does not start from its tree: ${said.stderr}`];
  const partition = doctor.effects.find(({ effect }) => effect === "partition");
  const isFound = partition?.available === true && partition.reason.includes("iptables");
  // The same look without the programs must fail, or it looked at somebody else's.
  const blind = spawnSync("/usr/sbin/chroot", [root, "/chaosgated", "doctor", "--json"], {
    encoding: "utf8",
    env: { PATH: "/nowhere" },
  });
  const missed = (JSON.parse(blind.stdout) as Doctor).effects.find(({ effect }) => effect === "partition");
  return [
    ...(isFound ? [] : [`no partition from the image's own iptables: ${partition?.reason}`]),
    ...(missed?.available === false
      ? []
      : ["a partition without any iptables: the control of this check does not hold"]),
  ];
}

type Doctor = {
  readonly effects: readonly { readonly effect: string; readonly available: boolean; readonly reason: string }[];
};
