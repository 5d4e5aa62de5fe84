import * as swarm from "swarm-provider";

const maintenance = new swarm.Node("maintenance", { node: "node-2", availability: "drain" });
