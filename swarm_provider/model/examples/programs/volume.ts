import * as swarm from "swarm-provider";

const data = new swarm.Volume("db-data", { node: "node-1" });
const db = new swarm.Service("db", {
    image: "postgres:17",
    volumes: [{ type: "volume", source: data.name, target: "/var/lib/postgresql/data" }],
    deploy: { placement: { constraints: ["node.hostname == node-1"] } },
});
