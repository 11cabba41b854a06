// The public API and nothing else. Problems (RFC 9457) become ApiError with words a person can use.

const KEY = "taskatlas.key";
const root = document.documentElement.dataset.root ?? "";
const base = `${root}/api/v1`;

export class ApiError extends Error {
  constructor(status, problem, retryAfter = null) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.title = problem.title ?? "Error";
    this.fields = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

export const url = (path) => `${base}${path}`;

export function headers(extra = {}) {
  return key.get() ? { ...extra, Authorization: `Bearer ${key.get()}` } : extra;
}

async function problemOf(response) {
  const retryAfter = response.headers.get("Retry-After");
  try {
    return new ApiError(response.status, await response.json(), retryAfter);
  } catch {
    return new ApiError(response.status, { title: response.statusText }, retryAfter);
  }
}

/** The response itself; throws ApiError for anything but 2xx, with status 0 when the server cannot be reached. */
export async function call(path, { method = "GET", json, form, signal, accept, extraHeaders } = {}) {
  const sent = headers({ Accept: accept ?? "application/json", ...extraHeaders });
  let body = form;
  if (json !== undefined) {
    sent["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  let response;
  try {
    response = await fetch(url(path), { method, headers: sent, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { title: "No connection", detail: "The server cannot be reached. Is it still running?" });
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401) document.dispatchEvent(new CustomEvent("key-needed", { detail: problem.message }));
    throw problem;
  }
  return response;
}

export async function get(path, options) {
  return (await call(path, options)).json();
}

export async function post(path, options) {
  const response = await call(path, { ...options, method: "POST" });
  return response.json();
}

export const remove = (path) => call(path, { method: "DELETE" });

/** Saves an answer as a file; a plain link could not send the key. */
export async function download(path, name) {
  const address = URL.createObjectURL(await (await call(path, { accept: "*/*" })).blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Every item of a paged list. */
export async function all(path, { signal, limit = 200 } = {}) {
  const items = [];
  let cursor = null;
  do {
    const join = path.includes("?") ? "&" : "?";
    const page = await get(`${path}${join}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { signal });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
