import { mount } from "svelte";
import Welcome from "@/lib/ui/welcome/Welcome.svelte";
import { WelcomeModel } from "@/lib/ui/welcome/welcome-model.svelte";
import "@/lib/ui/style.css";

const target = document.getElementById("app");
if (target) {
  const model = new WelcomeModel();
  mount(Welcome, { target, props: { model } });
  void model.open();
}
