import { createHash, createHmac } from "node:crypto";

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type AwsRequest = {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type AwsScope = { readonly service: string; readonly region: string; readonly credentials: AwsCredentials };

/** The request's headers with an AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests"). */
export function signedHeaders(request: AwsRequest, scope: AwsScope, now: Date): Readonly<Record<string, string>> {
  const { credentials, region, service } = scope;
  const timestamp = now.toISOString().replace(/[:-]|\.\d{3}/g, "");
  const date = timestamp.slice(0, 8);
  const headers: Record<string, string> = { ...request.headers, host: request.url.host, "x-amz-date": timestamp };
  if (credentials.sessionToken !== undefined) headers["x-amz-security-token"] = credentials.sessionToken;
  const names = Object.keys(headers).sort();
  const credentialScope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", timestamp, credentialScope, sha256(canonical(request, headers, names))].join(
    "\n",
  );
  const key = ["aws4_request", service, region, date].reduceRight<Buffer | string>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const parts = [
    `Credential=${credentials.accessKeyId}/${credentialScope}`,
    `SignedHeaders=${names.join(";")}`,
    `Signature=${signature}`,
  ];
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${parts.join(", ")}` };
}

function canonical(
  { method, url, body }: AwsRequest,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
) {
  const query = [...url.searchParams.entries()]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join("");
  return [method, url.pathname, query, lines, names.join(";"), sha256(body)].join("\n");
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
