// The story, step by step, on a world that stands.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CHROMIUM } from "../../../scripts/screenshot.ts";
import { refuseWithoutPermission, runUntilAborted } from "./steps/abort.ts";
import { disturbClockAndFiles } from "./steps/clock-and-files.ts";
import { healWithoutRunner } from "./steps/heal.ts";
import { mergeResilient } from "./steps/resilient.ts";
import { reviewFixedManifest, reviewSeedManifest } from "./steps/review.ts";
import type { Scene } from "./steps/scene.ts";
import type { Story } from "./story.ts";
import { kernelStateOf } from "./victims.ts";
import type { World } from "./world.ts";

const run = promisify(execFile);

/** Plays all seven steps; what must hold is checked into the story, pictures go to `folder`. */
export async function play(world: World, story: Story, folder: string): Promise<void> {
  const untouched = await kernelStateOf(world);
  const pull = await reviewSeedManifest(world, story);
  const picture = (name: string, select?: string): Promise<void> =>
    pictureOf(world.github.pageOf(pull.number), join(folder, `${name}.png`), story, select);
  const scene: Scene = { world, story, pull, untouched, picture };
  await reviewFixedManifest(scene);
  await refuseWithoutPermission(scene);
  await runUntilAborted(scene);
  await mergeResilient(scene);
  await healWithoutRunner(scene);
  await disturbClockAndFiles(scene);
  await picture("pull-request");
  story.check(
    "GitHub's own description allows everything the stand-in said",
    world.github.standIn.violations.length === 0,
    world.github.standIn.violations,
    "0 violations",
  );
}

/** The browser gets what time is left: the shop must not be late because somebody looks at a page. */
async function pictureOf(url: string, file: string, story: Story, select?: string): Promise<void> {
  if (!existsSync(CHROMIUM)) return story.tell(`no picture: ${CHROMIUM} is not there`);
  const part = select === undefined ? ["--full"] : ["--select", select];
  await run("nice", ["-n", "19", process.execPath, "scripts/screenshot.ts", url, file, ...part]);
  story.tell(`picture of the page: ${file}`);
}
