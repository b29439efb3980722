"use strict";
const sliders = [...document.querySelectorAll(".compare input")];
const buttons = [...document.querySelectorAll("nav button")];
const cut = (slider) => slider.parentElement.style.setProperty("--cut", `${slider.value}%`);

for (const slider of sliders) slider.addEventListener("input", () => cut(slider));
for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const slider of sliders) {
      slider.value = button.dataset.show;
      cut(slider);
    }
    for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
  });
}
