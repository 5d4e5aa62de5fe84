import * as swarm from "swarm-provider";

const prod = new swarm.Provider("prod", { hosts: ["ssh://ops@manager-1", "ssh://ops@manager-2"] });
const backend = new swarm.Network("backend", {}, { provider: prod });
