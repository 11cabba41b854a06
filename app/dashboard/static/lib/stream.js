// A job as it goes: server-sent events read with fetch (EventSource cannot send a key), polling when they fail.

import { get, headers, url } from "./api.js";

const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const POLL_MS = 2000;
const RETRY_MS = 1000;
const STREAM_TRIES = 3;

export const ended = (job) => ENDED.has(job.state);

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

/** Splits a stream of text into server-sent events: {id, event, data}. */
export async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = { id: null, event: "message", data: "" };
      for (const line of block.split("\n")) {
        const at = line.indexOf(":");
        if (at < 1) continue;
        const field = line.slice(0, at);
        const text = line.slice(at + 1).replace(/^ /, "");
        if (field === "data") event.data += (event.data ? "\n" : "") + text;
        else if (field in event) event[field] = text;
      }
      if (event.data) yield event;
    }
  }
}

async function stream(id, onJob, signal, last) {
  const sent = headers({ Accept: "text/event-stream", ...(last.id ? { "Last-Event-ID": last.id } : {}) });
  const response = await fetch(url(`/jobs/${id}/events`), { headers: sent, signal });
  if (!response.ok || !response.body) throw new Error(`events answered ${response.status}`);
  for await (const event of events(response.body)) {
    if (event.id) last.id = event.id;
    // An event says that something changed; the job itself is the truth and is read again.
    const job = await get(`/jobs/${id}`, { signal });
    onJob(job);
    if (ended(job)) return true;
  }
  return false;
}

/** Calls onJob(job) at every change until the job has ended or the signal aborts. */
export async function watchJob(id, onJob, signal) {
  const last = { id: null };
  for (let tries = 0; tries < STREAM_TRIES && !signal.aborted; tries += 1) {
    try {
      if (await stream(id, onJob, signal, last)) return;
    } catch {
      if (signal.aborted) return;
    }
    await pause(RETRY_MS, signal);
  }
  while (!signal.aborted) {
    try {
      const job = await get(`/jobs/${id}`, { signal });
      onJob(job);
      if (ended(job)) return;
    } catch (error) {
      if (signal.aborted || error.status === 404) return;
    }
    await pause(POLL_MS, signal);
  }
}
