import "element-plus/dist/index.css";
import "./style.css";

import { createPinia } from "pinia";
import { createApp } from "vue";

import App from "./App.vue";
import { router } from "./router";
import { ui } from "./ui";

createApp(App).use(createPinia()).use(router).use(ui).mount("#app");
