import * as pulumi from "@pulumi/pulumi";
import * as swarm from "swarm-provider";

const settings = new pulumi.Config();
const stack = new swarm.Stack("${PROJECT}", {
    composeFile: "compose.yml",
    env: { IMAGE: settings.require("image") },
});

export const services = stack.services;
