import * as swarm from "swarm-provider";

const backend = new swarm.Network("backend");
const web = new swarm.Service("web", {
    image: "nginx:1.27",
    environment: { MODE: "prod" },
    ports: [{ target: 80, published: 8080 }],
    networks: [backend.name],
    deploy: {
        replicas: 2,
        updateConfig: { order: "start-first" },
        resources: { limits: { memory: "128M" } },
    },
});

export const image = web.image;
