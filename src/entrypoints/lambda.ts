// The GitHub App as an AWS Lambda function behind a function URL. Nothing heavy is loaded before it is needed: a webhook is
// verified and handed to an asynchronous invocation of this same function, and only that one loads the bot.

import { createHandler } from "./lambda/handler.ts";
import { invokeSelf } from "./lambda/self-invoke.ts";

export const handler = createHandler(process.env, invokeSelf(process.env));
