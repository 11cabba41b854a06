// What the dashboard says of each task's main metric: `node metrics_test.mjs STATIC_FOLDER < answer of GET /tasks`.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const from = (path) => import(`${pathToFileURL(process.argv[2]).href}/${path}`);

globalThis.document = { documentElement: { dataset: {} } };
globalThis.sessionStorage = { getItem: () => null };
const answer = JSON.parse(readFileSync(0, "utf8"));
globalThis.fetch = async () => Response.json(answer);

const { loadTasks } = await from("lib/tasks.js");
const { mainMetric } = await from("lib/metrics.js");
await loadTasks();
process.stdout.write(JSON.stringify(Object.fromEntries(answer.items.map((task) => [task.name, mainMetric(task.name)]))));
