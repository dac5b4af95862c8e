// Keeps as many replicas of every service alive as are declared, like a Deployment: a pod that ends is replaced by a new one with
// a new name, uid and address. Tells every change to `changed`; never writes a file.

import { AppError } from "../errors.ts";
import { placeOf } from "./addresses.ts";
import type { Declaration, ServiceDeclaration } from "./declaration.ts";
import { type PodSurroundings, startPodProcess } from "./pod-process.ts";
import { isReady } from "./readiness.ts";
import { noteCheck, type Replica } from "./replica.ts";
import { crashesInARow, restartDelayMs } from "./restart.ts";

export type ControllerOptions = {
  readonly around: PodSurroundings;
  readonly newUid: () => string;
  readonly now: () => number;
  readonly changed: () => void;
  readonly log: (line: string) => void;
};

const CHECK_EVERY_MS = 500;
const CHECK_TIMEOUT_MS = 1_000;
const GRACE_MS = 3_000;
const ROLL_OUT_WITHIN_MS = 60_000;
/** Long enough for every pod to have seen that an address left the endpoints. */
const DRAIN_MS = 1_000;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #services: Map<string, ServiceDeclaration>;
  readonly #replicas = new Set<Replica>();
  readonly #crashes = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #starting = new Set<Promise<void>>();
  readonly #checks: NodeJS.Timeout;
  #serial = 0;
  #stopped = false;

  constructor(declaration: Declaration, options: ControllerOptions) {
    this.#options = options;
    this.#services = new Map(declaration.services.map((service) => [keyOf(service), service]));
    this.#checks = setInterval(() => void this.#checkAll(), CHECK_EVERY_MS);
  }

  get replicas(): readonly Replica[] {
    return [...this.#replicas];
  }

  /** Starts every declared replica. */
  async start(): Promise<void> {
    const services = [...this.#services.values()];
    await Promise.all(services.flatMap((service) => times(service.replicas, () => this.#startReplica(service))));
  }

  /** Whether every declared replica is there and ready. */
  allReady(): boolean {
    return [...this.#services.values()].every((service) => this.#readyOf(service).length === service.replicas);
  }

  /** Replaces every pod of a service by one with other environment variables: new ones first, then the old ones go. */
  async rollOut(key: string, env: Readonly<Record<string, string>>): Promise<void> {
    const before = this.#services.get(key);
    if (before === undefined) throw new Error(`no service ${key}; there are ${[...this.#services.keys()].join(", ")}`);
    const after = { ...before, env: { ...before.env, ...env } };
    const old = this.replicas.filter(({ service }) => keyOf(service) === key);
    this.#services.set(key, after);
    await Promise.all(times(after.replicas, () => this.#startReplica(after)));
    await this.#untilReady(key, after);
    for (const replica of old) replica.terminating = true;
    this.#options.changed();
    await this.#pause(DRAIN_MS);
    await Promise.all(old.map((replica) => replica.process.end(GRACE_MS)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#checks);
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#starting);
    await Promise.all(this.replicas.map((replica) => replica.process.end(GRACE_MS)));
  }

  async #untilReady(key: string, service: ServiceDeclaration): Promise<void> {
    const until = this.#options.now() + ROLL_OUT_WITHIN_MS;
    while (this.#readyOf(service).length < service.replicas && !this.#stopped) {
      if (this.#options.now() > until) throw notRolledOut(key, this.#options.around.logDirectory);
      await this.#pause(CHECK_EVERY_MS / 5);
    }
  }

  #readyOf(service: ServiceDeclaration): readonly Replica[] {
    return this.replicas.filter((replica) => replica.service === service && replica.ready && !replica.terminating);
  }

  async #startReplica(service: ServiceDeclaration): Promise<void> {
    const started = this.#launch(service);
    this.#starting.add(started);
    await started.finally(() => this.#starting.delete(started));
  }

  async #launch(service: ServiceDeclaration): Promise<void> {
    const { newUid, now, around, changed } = this.#options;
    const uid = newUid();
    const pod = {
      name: `${service.name}-${uid.slice(0, 8)}`,
      namespace: service.namespace,
      place: placeOf(this.#serial),
    };
    this.#serial += 1;
    const process = await startPodProcess(service, pod, around);
    const replica: Replica = {
      service,
      uid,
      name: pod.name,
      place: pod.place,
      startedAt: now(),
      process,
      ready: false,
      failedChecks: 0,
      terminating: false,
    };
    this.#replicas.add(replica);
    void process.ended.then((how) => this.#ended(replica, how));
    changed();
  }

  #ended(replica: Replica, how: string): void {
    const { now, log, changed } = this.#options;
    this.#replicas.delete(replica);
    log(`${replica.service.namespace}/${replica.name} ended: ${how}`);
    changed();
    if (this.#stopped || replica.terminating) return;
    const key = keyOf(replica.service);
    // A pod of an older declaration: the roll-out that replaced it has started its successor.
    if (this.#services.get(key) !== replica.service) return;
    const crashes = crashesInARow(this.#crashes.get(key) ?? 0, now() - replica.startedAt);
    this.#crashes.set(key, crashes);
    this.#later(restartDelayMs(crashes), () => this.#replace(key));
  }

  #replace(key: string): void {
    const service = this.#services.get(key);
    if (service === undefined || this.#stopped) return;
    this.#startReplica(service).catch((thrown: unknown) => {
      // The network could not be made just now; a controller tries again for as long as it lives.
      this.#options.log(`could not replace a pod of ${key}: ${String(thrown)}`);
      this.#later(restartDelayMs(3), () => this.#replace(key));
    });
  }

  async #checkAll(): Promise<void> {
    const changes = await Promise.all(this.replicas.map((replica) => this.#check(replica)));
    if (changes.includes(true)) this.#options.changed();
  }

  async #check(replica: Replica): Promise<boolean> {
    const passed = await isReady(replica.place.ipv4, replica.service.ready, CHECK_TIMEOUT_MS);
    return this.#replicas.has(replica) && noteCheck(replica, passed);
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

function notRolledOut(key: string, logDirectory: string): AppError {
  return new AppError(
    "CLUSTER_REFUSED",
    `could not roll out ${key}: its new pods were not ready within ${ROLL_OUT_WITHIN_MS} ms, the old ones go on; look at the logs in ${logDirectory}`,
  );
}

function keyOf({ namespace, name }: ServiceDeclaration): string {
  return `${namespace}/${name}`;
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make);
}
