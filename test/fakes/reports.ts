import type { Reports } from "../../src/run/ports.ts";
import type { Order, RunReport } from "../../src/run/report.ts";
import { Trouble } from "./trouble.ts";

export type FakeReports = Reports & {
  readonly trouble: Trouble;
  readonly sent: RunReport[];
  /** What the answer to a report orders. */
  orders: (report: RunReport) => readonly Order[];
};

/** A bot that takes every report and answers with the test's orders. */
export function createFakeReports(): FakeReports {
  const trouble = new Trouble("CHANNEL_REFUSED");
  const fake: FakeReports = {
    trouble,
    sent: [],
    orders: () => [],
    async send(report) {
      trouble.meet("send");
      fake.sent.push(report);
      return fake.orders(report);
    },
  };
  return fake;
}
