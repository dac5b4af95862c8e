/** What GitHub says instead of an answer; thrown by whoever finds the reason and written out in one place. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: {
      readonly errors?: readonly (FieldError | string)[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    const errors = more.errors === undefined ? {} : { errors: more.errors };
    this.body = { message, ...errors, documentation_url: "https://docs.github.com/rest", status: String(status) };
    this.headers = more.headers ?? {};
  }
}

/** One entry of GitHub's list of what is wrong with a request. */
export type FieldError = {
  readonly resource: string;
  readonly code: "missing" | "missing_field" | "invalid" | "already_exists" | "unprocessable" | "custom";
  readonly field?: string;
  readonly message?: string;
};

/** 404: what does not exist, and what the caller may not know to exist. */
export function notFound(): Refusal {
  return new Refusal(404, "Not Found");
}

/** 403 for a caller who may see the thing but not do this. */
export function forbidden(message = "Resource not accessible by integration"): Refusal {
  return new Refusal(403, message);
}

/** 422 with plain sentences, as the routes of reviews give it. */
export function unprocessable(...errors: readonly string[]): Refusal {
  return new Refusal(422, "Unprocessable Entity", { errors });
}

/** 422 with GitHub's list of fields. */
export function invalid(...errors: readonly FieldError[]): Refusal {
  return new Refusal(422, "Validation Failed", { errors });
}
