/** The thread that makes the load: it connects, tells so, and does what it is told: start, pause, report, stop. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { BusyCrowd } from "./busy-crowd.ts";
import type { LoadPlan } from "./load.ts";
import { SteadyCrowd } from "./steady-crowd.ts";

const { plan, counts } = workerData as { plan: LoadPlan; counts: Int32Array };
const main = parentPort as MessagePort;
const crowd = plan.pace === "busy" ? new BusyCrowd(plan, counts) : new SteadyCrowd(plan, counts);

main.on("message", (order: "start" | "pause" | "report" | "stop") => {
  if (order === "start") crowd.start();
  else if (order === "pause") void crowd.pause().then(() => main.postMessage("paused"));
  else if (order === "report") main.postMessage(crowd.report());
  else {
    crowd.stop();
    main.close();
  }
});
await crowd.connected();
main.postMessage("connected");
