import { existsSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, launchBrowser } from "../../scripts/screenshot.ts";
import { createCheckRun } from "../../src/playground/github/actions/checks.ts";
import { createComment, editComment, minimizeComment } from "../../src/playground/github/actions/comments.ts";
import { createPage } from "../../src/playground/page/page.ts";
import { type Scene, setScene } from "../playground/scene.ts";

// The page in a real browser: what is drawn, what is live, and what hostile text cannot do.

const HOSTILE = '<script>document.title = "owned"</script><img src=x onerror="document.title=\'owned\'">';
const REVIEW = `**3 of 10 pods**\n\n\`\`\`mermaid\nflowchart LR\n  checkout --> payment\n\`\`\`\n\n<details><summary>More</summary>\n\ninside\n\n</details>\n\n${HOSTILE}`;

const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) console.warn(`${CHROMIUM} is missing: install Debian's chromium, or name a browser with CHROMIUM`);

describe.skipIf(!hasBrowser && process.env.CI !== "true")("the pull request's page", () => {
  let scene: Scene;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    scene = await setScene({ page: createPage });
    populate(scene);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => complaints.push(error.message));
    await open("");
  });
  afterAll(async () => {
    await browser.close();
    await scene.stop();
  });

  async function open(tab: string): Promise<void> {
    await page.goto(`${scene.url}/acme/shop/pull/1${tab}`);
    await page.waitForSelector("html[data-ready]");
  }

  function lastDelivery(): string {
    const last = scene.standIn.deliveries.at(-1);
    return `${last?.event}.${last?.action}`;
  }

  it("shows title, conversation and checks, and draws the diagram", async () => {
    expect(await page.locator("h1").textContent()).toContain("Slow payment");
    expect(await page.locator("figure.mermaid svg .node").count()).toBe(2);
    expect(await page.locator(".checks").textContent()).toMatch(/chaos \/ gate\s+failure/);
    expect(complaints).toEqual([]);
  });

  it("runs nothing that a comment brings along", async () => {
    expect(await page.title()).toContain("Slow payment");
    expect(await page.locator(".markdown script, .markdown img").count()).toBe(0);
  });

  it("would be stopped by its policy even if a script got in", async () => {
    const ran = await page.evaluate(`{
      const script = document.createElement("script");
      script.textContent = "window.gotIn = true";
      document.body.append(script);
      "gotIn" in window;
    }`);
    expect(ran).toBe(false);
  });

  it("shows a comment that arrives while it is looked at, without losing what is being typed", async () => {
    await page.fill("textarea", "half a thought");
    scene.standIn.people.comment(scene.repository, "mia", 1, "news from elsewhere");
    await page.getByText("news from elsewhere").waitFor({ timeout: 5000 });
    expect(await page.inputValue("textarea")).toBe("half a thought");
  });

  it("swaps a comment that is edited, with its diagram drawn anew and its parts still unfolded", async () => {
    const { standIn, repository, pull } = scene;
    const [comment] = pull.comments;
    if (comment === undefined) throw new Error("the review is missing");
    await page.locator(".markdown details summary").click();
    const author = { user: comment.by.user, app: scene.installation.app };
    editComment(standIn.world, repository, { pull, comment }, author, REVIEW.replace("3 of 10", "4 of 10"));
    await page.getByText("4 of 10 pods").waitFor({ timeout: 5000 });
    expect(await page.locator("figure.mermaid svg .node").count()).toBe(2);
    expect(await page.locator(".markdown details").getAttribute("open")).not.toBeNull();
  });

  it("folds a comment away, once, when it is marked as outdated", async () => {
    const { standIn, repository, pull } = scene;
    const comment = standIn.people.comment(repository, "mia", 1, "soon outdated");
    const shown = page.locator(`#issuecomment-${comment.id}`);
    await shown.waitFor({ timeout: 5000 });
    minimizeComment(standIn.world, repository, { pull, comment }, "OUTDATED");
    await page.locator("details.minimized").waitFor({ timeout: 5000 });
    await expect.poll(() => shown.count()).toBe(1);
    expect(await page.locator("details.minimized").getAttribute("open")).toBeNull();
  });

  it("sends a comment as the person who was chosen", async () => {
    await page.selectOption("select[name=by]", "guest");
    await page.fill("textarea", "/chaos run");
    await page.click("button.comment");
    const newest = () => `${scene.pull.comments.at(-1)?.by.user.login}: ${scene.pull.comments.at(-1)?.body}`;
    await expect.poll(newest).toBe("guest: /chaos run");
    await page.locator("article", { hasText: "/chaos run" }).waitFor();
  });

  it("shows a refusal as one", async () => {
    await page.selectOption("select[name=by]", "guest");
    await page.click("button.merge");
    await page.getByText("GitHub refuses (403)").waitFor();
    expect(scene.pull.merged).toBeUndefined();
  });

  it("puts annotations under their lines", async () => {
    await open("/files");
    const after = page.locator("tr:has(td.line-number:text-is('2')) + tr.annotated");
    expect(await after.textContent()).toContain("too long");
  });

  it("presses a check's button", async () => {
    await open("/checks");
    await page.click("text=Abort now");
    await expect.poll(lastDelivery).toBe("check_run.requested_action");
  });

  it("asks for a finished check again", async () => {
    await page.click("text=Re-run");
    await expect.poll(lastDelivery).toBe("check_run.rerequested");
  });

  it.each([
    { name: "a form of another site", headers: { origin: "http://elsewhere.example" } },
    { name: "a name that only resolves to this machine", headers: { host: "elsewhere.example" } },
  ])("does nothing for $name", async ({ headers }) => {
    const before = scene.pull.comments.length;
    const data = "act=comment&by=mia&body=forged";
    const url = `${scene.url}/acme/shop/pull/1/act`;
    const answer = await page.request.post(url, {
      headers: { "content-type": FORM, ...headers },
      data,
      maxRedirects: 0,
    });
    expect([answer.status(), scene.pull.comments.length]).toEqual([404, before]);
  });
});

const FORM = "application/x-www-form-urlencoded";

function populate({ standIn, repository, pull, installation }: Scene): void {
  const { app } = installation;
  createComment(standIn.world, repository, pull, { user: app.bot, app }, REVIEW);
  const annotation = {
    path: "chaos/slow.yaml",
    startLine: 2,
    endLine: 2,
    startColumn: null,
    endColumn: null,
    level: "failure",
    title: null,
    message: "too long",
    rawDetails: null,
  } as const;
  createCheckRun(standIn.world, repository, app, {
    name: "chaos / gate",
    headSha: pull.headSha,
    change: {
      status: "completed",
      conclusion: "failure",
      summary: "no",
      annotations: [annotation],
      actions: [{ label: "Abort now", description: "Stop", identifier: "abort" }],
    },
  });
}
