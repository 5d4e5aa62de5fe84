import * as swarm from "swarm-provider";

const backend = new swarm.Network("backend", { attachable: true, driverOpts: { encrypted: "true" } });
const api = new swarm.Service("api", { image: "registry.example.com/api:1.4", networks: [backend.name] });
