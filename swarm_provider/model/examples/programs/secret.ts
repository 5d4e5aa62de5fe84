import * as pulumi from "@pulumi/pulumi";
import * as swarm from "swarm-provider";

const password = new swarm.Secret("db-password", { data: new pulumi.Config().requireSecret("dbPassword") });
const db = new swarm.Service("db", {
    image: "postgres:17",
    environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/db-password" },
    secrets: [{ source: password.name, target: "db-password" }],
});
