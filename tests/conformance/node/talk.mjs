// A conversation with a tool, by Vercel's AI SDK, against the gateway at the URL that is given.
//
//     node talk.mjs URL TOKEN      prints a line of JSON for each client and way

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [url, token] = process.argv.slice(2);
const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: token });
const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: token });
const clients = {
  chat: openai.chat("mock"),
  responses: openai.responses("mock"),
  messages: anthropic("mock"),
};

async function talk(model, streamed) {
  let called = null;
  const tell_weather = tool({
    description: "The weather of a city in the coming days.",
    inputSchema: z.object({ city: z.string(), days: z.number().int() }),
    execute: async (input) => {
      called = input;
      return `Rain in ${input.city} for ${input.days} days.`;
    },
  });
  const asked = {
    model,
    tools: { tell_weather },
    stopWhen: stepCountIs(3),
    prompt: "Will it rain in Graz?",
    maxRetries: 0,
    maxOutputTokens: 500,
  };
  if (!streamed) {
    const told = await generateText(asked);
    return said(told.steps, called, told.text, told.usage);
  }
  const failures = [];
  const told = streamText({ ...asked, onError: ({ error }) => failures.push(error) });
  let text = "";
  for await (const piece of told.textStream) text += piece;
  if (failures.length > 0) throw failures[0];
  return said(await told.steps, called, text, await told.usage);
}

function said(steps, called, text, usage) {
  const calls = steps.flatMap((step) => step.toolCalls);
  return { tool: calls.map((call) => call.toolName).join(), arguments: called, text, output: usage.outputTokens };
}

for (const [dialect, model] of Object.entries(clients)) {
  for (const streamed of [false, true]) {
    console.log(JSON.stringify({ dialect, streamed, ...(await talk(model, streamed)) }));
  }
}
