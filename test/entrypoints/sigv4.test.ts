import { expect, it } from "vitest";
import { signedHeaders } from "../../src/entrypoints/lambda/sigv4.ts";

it("signs the example of the AWS General Reference as AWS does", () => {
  const request = {
    method: "GET",
    url: new URL("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "",
  };
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const scope = { service: "iam", region: "us-east-1", credentials };
  const { authorization } = signedHeaders(request, scope, new Date("2015-08-30T12:36:00Z"));
  expect(authorization).toContain("Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request");
  expect(authorization).toContain("SignedHeaders=content-type;host;x-amz-date");
  expect(authorization).toContain("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
});
