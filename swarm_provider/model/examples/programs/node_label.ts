import * as swarm from "swarm-provider";

const raid = new swarm.NodeLabel("raid", { node: ["node-1", "node-2"], key: "storage", value: "raid" });
const db = new swarm.Service("db", {
    image: "postgres:17",
    deploy: { placement: { constraints: ["node.labels.storage == raid"] } },
}, { dependsOn: raid });
