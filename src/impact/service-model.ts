/** What the settings say of one service; everything the impact model may use besides live facts. */
export type ServiceModel = {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `@user`, `@org/team` or an address; where absent, CODEOWNERS says whose `path` is. */
  readonly owners?: readonly string[];
  /** Folder of the service's code in the repository. */
  readonly path?: string;
  /** Requests per second that arrive at the whole service. */
  readonly ratePerSecond?: number;
  /** PromQL for the same, in requests per second; asked where `ratePerSecond` is absent. */
  readonly rateQuery?: string;
  /** Threads or connections that block while a call is open (bulkhead), per service. */
  readonly pool?: number;
  readonly calls: readonly CallModel[];
};

export type CallModel = {
  /** Name of the called service. */
  readonly to: string;
  readonly timeoutMs?: number;
  readonly serviceTimeMs?: number;
  /** PromQL for the same, in seconds; asked where `serviceTimeMs` is absent. */
  readonly serviceTimeQuery?: string;
  /** Sequential calls per request. */
  readonly perRequest: number;
  readonly retries: number;
  readonly rttMs?: number;
  readonly windowBytes?: number;
  readonly linkBytesPerSecond?: number;
};
