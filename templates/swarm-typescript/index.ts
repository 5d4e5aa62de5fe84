import * as pulumi from "@pulumi/pulumi";
import * as swarm from "swarm-provider";

const settings = new pulumi.Config();
const release = new swarm.Release("${PROJECT}", {
    composeFile: ["compose.yml"],
    env: { IMAGE: settings.require("image") },
});

export const services = release.services;
