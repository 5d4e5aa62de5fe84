import * as swarm from "swarm-provider";

const settings = new swarm.Config("settings", { data: JSON.stringify({ theme: "light" }) });
const web = new swarm.Service("web", {
    image: "nginx:1.27",
    configs: [{ source: settings.name, target: "/etc/app/settings.json" }],
});
