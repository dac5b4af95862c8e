import { describe, expect, it } from "vitest";
import { judge, plain, problemCodes } from "./manifests.ts";

const KILL = "podChaos: { action: pod-failure, mode: one, selector: { namespaces: [shop] } }";
const SCHEDULE = `schedule: { schedule: '@every 1h', concurrencyPolicy: Forbid, type: PodChaos, ${KILL} }`;

/** A Workflow that runs one template. */
function workflow(template: string, entry = "only"): string {
  return plain("Workflow", `entry: ${entry}`, `templates: [{ name: only, ${template} }]`);
}

describe("a Workflow", () => {
  it.each([
    "templateType: Suspend, deadline: 1m",
    "templateType: Serial, children: [only]",
    "templateType: Parallel, children: []",
    `templateType: PodChaos, deadline: 1m, ${KILL}`,
    `templateType: Schedule, deadline: 1m, ${SCHEDULE}`,
    "templateType: Schedule",
    "templateType: StatusCheck, statusCheck: { type: HTTP, http: { url: nowhere } }",
    "templateType: Task, task: { container: { name: main, image: busybox } }, conditionalBranches: [{ target: only }]",
  ])("is accepted with the template %s", (template) => {
    expect(problemCodes(workflow(template))).toEqual([]);
  });

  it.each([
    { template: "templateType: Suspend", codes: ["deadline-missing"] },
    { template: "templateType: Serial, children: [other]", codes: ["template-unknown"] },
    { template: "templateType: Loop", codes: ["value-not-listed"] },
    { template: "templateType: PodChaos", codes: ["template-block-missing"] },
    { template: `templateType: NetworkChaos, ${KILL}`, codes: ["template-block-missing"] },
    { template: `templateType: Serial, ${KILL}`, codes: ["template-block-foreign"] },
    { template: `templateType: PodChaos, ${KILL}, children: [only]`, codes: ["template-block-foreign"] },
    { template: `templateType: Suspend, deadline: 1m, ${SCHEDULE}`, codes: ["template-block-foreign"] },
    {
      template: `templateType: PodChaos, ${KILL.replace("mode: one", "mode: one, duration: 5m")}`,
      codes: ["duration-in-workflow"],
    },
    { template: `templateType: PodChaos, ${KILL.replace("one", "fixed")}`, codes: ["value-not-a-count"] },
    {
      template: `templateType: Schedule, ${SCHEDULE.replace("concurrencyPolicy: Forbid, ", "")}`,
      codes: ["field-missing"],
    },
  ])("is refused with the template $template", ({ template, codes }) => {
    expect(problemCodes(workflow(template))).toEqual(codes);
  });

  it("is not looked into by the webhook where a template has a schedule, and neither by us", () => {
    const careless = SCHEDULE.replace("mode: one", "mode: fixed, value: 30%, duration: 5 minutes");
    expect(problemCodes(workflow(`templateType: Schedule, ${careless}`))).toEqual([]);
    expect(problemCodes(workflow(`templateType: Schedule, ${SCHEDULE.replace("mode: one", "mode: some")}`))).toEqual([
      "value-not-listed",
    ]);
  });

  it("is refused without the template that it begins with, and without any template", () => {
    expect(problemCodes(workflow("templateType: Parallel", "start"))).toEqual(["entry-unknown"]);
    expect(problemCodes(plain("Workflow", "entry: a", "templates: []"))).toEqual(["templates-missing"]);
  });

  it("is refused with two templates of one name, and with a name that no object can have", () => {
    const templates = (second: string) =>
      plain(
        "Workflow",
        "entry: a",
        `templates: [{ name: a, templateType: Serial }, { name: ${second}, templateType: Serial }]`,
      );
    expect(problemCodes(templates("b"))).toEqual([]);
    expect(problemCodes(templates("a"))).toEqual(["template-name-repeated"]);
    expect(problemCodes(templates("B_b"))).toEqual(["template-name-malformed"]);
  });

  it("reaches the namespaces that its templates select", () => {
    const { reaches } = judge(workflow(`templateType: Schedule, ${SCHEDULE.replace("[shop]", "[shop, billing]")}`));
    expect(reaches?.map(({ namespace }) => namespace)).toEqual(["shop", "billing"]);
  });
});
