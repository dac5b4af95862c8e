import { AppError, messageOf } from "../../errors.ts";
import type { AsyncInvoke } from "./handler.ts";
import { type AwsCredentials, signedHeaders } from "./sigv4.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Lambda answers an asynchronous invocation within milliseconds; GitHub waits ten seconds for us. */
const TIMEOUT_MS = 5000;

/** Invokes this same function asynchronously: one signed request (Lambda API, Invoke with `X-Amz-Invocation-Type: Event`). */
export function invokeSelf(environment: Environment): AsyncInvoke {
  return async (event) => {
    const { url, region, credentials } = target(environment);
    const headers = { "content-type": "application/json", "x-amz-invocation-type": "Event" };
    const request = { method: "POST", url, headers, body: JSON.stringify(event) };
    const signed = signedHeaders(request, { service: "lambda", region, credentials }, new Date());
    const { status } = await post(url, signed, request.body);
    if (status !== 202) throw new AppError("CONFIG_INVALID", `could not hand over the work: Lambda answered ${status}`);
  };
}

function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Response> {
  return fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new AppError("CONFIG_INVALID", `could not hand over the work: ${messageOf(cause)}`, { cause });
    },
  );
}

function target(environment: Environment): { url: URL; region: string; credentials: AwsCredentials } {
  const region = given(environment, "AWS_REGION");
  const name = given(environment, "AWS_LAMBDA_FUNCTION_NAME");
  const endpoint = environment.AWS_ENDPOINT_URL_LAMBDA ?? `https://lambda.${region}.amazonaws.com`;
  const sessionToken = environment.AWS_SESSION_TOKEN;
  const credentials = {
    accessKeyId: given(environment, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: given(environment, "AWS_SECRET_ACCESS_KEY"),
    ...(sessionToken !== undefined && { sessionToken }),
  };
  const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  return { url: new URL(path, endpoint), region, credentials };
}

/** Lambda sets all of these itself. */
function given(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined) throw new AppError("CONFIG_INVALID", `could not invoke this function: ${name} is not set`);
  return value;
}
