import * as pulumi from "@pulumi/pulumi";
import * as swarm from "swarm-provider";

const settings = new pulumi.Config();
const shop = new swarm.Stack("shop", {
    composeFile: "shop.yml",
    env: { TAG: settings.require("imageTag") },
    secrets: { "db-password": settings.requireSecret("dbPassword") },
});

export const image = shop.services.apply(services => services["db"].image);
