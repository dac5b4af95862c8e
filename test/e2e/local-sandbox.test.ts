import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { eventually } from "../node-e2e/support/eventually.ts";
import { missingParts } from "./support/sandbox.ts";

// A sandbox in a sandbox: what happens to the inner one is seen from the outer one, which is this test run's.

const why = missingParts();
if (why !== undefined) console.log(`local-sandbox: skipped, ${why}`);

const SANDBOX = "scripts/sandbox.sh";

/** Starts a shell inside and waits for its first line, after which it is known to listen to signals. */
async function startInside(script: string): Promise<ChildProcess> {
  const child = spawn(SANDBOX, ["bash", "-c", script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  await once(createInterface({ input: child.stdout }), "line");
  return child;
}

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
};

/** A number that only this test's processes have in their arguments. */
const mark = (): string => String(100_000 + Math.floor(Math.random() * 800_000));

const marked = (number: string): readonly string[] =>
  execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.startsWith(`sleep ${number}`));

/** Only real root can: root of a user namespace has one user, and then this whole test run is an ordinary user's. */
function canBecomeNobody(): boolean {
  return /^\s*0\s+0\s+4294967295/.test(readFileSync("/proc/self/uid_map", "utf8"));
}

describe.skipIf(why !== undefined)("a sandbox", () => {
  it("passes exit codes and standard input through", () => {
    expect(() => execFileSync(SANDBOX, ["bash", "-c", "exit 7"])).toThrow(expect.objectContaining({ status: 7 }));
    expect(execFileSync(SANDBOX, ["cat"], { input: "hello", encoding: "utf8" })).toBe("hello");
  });

  it("has a network, a /run and processes of its own", () => {
    const script = "ip -br addr; ls /run; echo pid $$; echo $CHAOSGATE_SANDBOX $XTABLES_LOCKFILE";
    const lines = execFileSync(SANDBOX, ["bash", "-c", script], { encoding: "utf8" }).trim().split("\n");
    expect(lines[0]).toMatch(/^lo +UNKNOWN +127\.0\.0\.1/);
    expect(lines.slice(1)).toEqual(["netns", expect.stringMatching(/^pid \d$/), "1 /run/xtables.lock"]);
  });

  it("can make devices and namespaces, none of which is seen outside", () => {
    const script = "ip link add sandboxed type bridge && ip netns add sandboxed && ip -o link show sandboxed";
    expect(execFileSync(SANDBOX, ["bash", "-c", script], { encoding: "utf8" })).toContain("sandboxed");
    expect(execFileSync("ip", ["-o", "link"], { encoding: "utf8" })).not.toContain("sandboxed");
    expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).not.toContain("sandboxed");
  });

  it("ends with its command, and everything that the command left running ends with it", async () => {
    const number = mark();
    const child = await startInside(`sleep ${number} & echo started; exec sleep 0.3`);
    await eventually("what was left running", 5_000, () => (marked(number).length === 1 ? true : undefined));
    expect(await exitOf(child)).toBe(0);
    expect(marked(number)).toEqual([]);
  });

  it("hands SIGTERM to its command, which may take its leave", async () => {
    const child = await startInside('trap "exit 9" TERM; echo started; while :; do sleep 0.1; done');
    child.kill("SIGTERM");
    expect(await exitOf(child)).toBe(9);
  });

  it("hands Ctrl-C to its command", async () => {
    const child = await startInside('trap "exit 8" INT; echo started; while :; do sleep 0.1; done');
    process.kill(-(child.pid ?? Number.NaN), "SIGINT");
    expect(await exitOf(child)).toBe(8);
  });

  it("leaves nothing when it is killed outright", async () => {
    const number = mark();
    const child = await startInside(`sleep ${number} & echo started; wait`);
    await eventually("what was left running", 5_000, () => (marked(number).length === 1 ? true : undefined));
    child.kill("SIGKILL");
    await exitOf(child);
    await eventually("no process left", 5_000, () => (marked(number).length === 0 ? true : undefined));
  });

  it.skipIf(!canBecomeNobody())("gives an ordinary user devices, namespaces and packet rules too", () => {
    const script =
      "id -u; ip link add sandboxed type bridge && ip netns add one && iptables-legacy -t mangle -N ONE && echo made";
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "env", "PATH=/usr/bin:/bin"];
    expect(execFileSync("setpriv", [...nobody, SANDBOX, "bash", "-c", script], { encoding: "utf8" })).toBe("0\nmade\n");
  });

  it("says what to do where there can be no namespaces", () => {
    const forbid = `for each in /proc/sys/user/max_{net,user,mnt,pid}_namespaces; do echo 0 > $each; done; ${SANDBOX} true`;
    const message = expect.objectContaining({ status: 125, stderr: expect.stringContaining("max_user_namespaces") });
    const inside = ["-Ur", "bash", "-c", forbid];
    expect(() => execFileSync("unshare", inside, { encoding: "utf8", stdio: "pipe" })).toThrow(message);
  });
});
