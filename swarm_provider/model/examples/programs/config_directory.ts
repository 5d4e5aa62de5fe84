import * as swarm from "swarm-provider";

const conf = new swarm.ConfigDirectory("conf", {
    directory: "conf.d",
    pattern: "*.conf",
    target: "/etc/nginx/conf.d",
});
const web = new swarm.Service("web", { image: "nginx:1.27", configs: conf.mounts });
