"use strict";
const stage = document.querySelector(".stage");
if (stage) {
  const slider = stage.querySelector("input");
  const after = stage.querySelector(".after img");
  const shown = document.getElementById("shown");

  const divide = () => {
    stage.style.setProperty("--split", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `photo ${slider.value}%, edit ${100 - slider.value}%`);
  };
  slider.addEventListener("input", divide);
  divide();

  for (const frame of document.querySelectorAll(".frame[data-place]")) {
    const button = frame.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => {
      const edit = frame.querySelector("img");
      for (const name of ["src", "alt", "class"]) after.setAttribute(name, edit.getAttribute(name) ?? "");
      shown.textContent = frame.dataset.place;
      slider.focus({ preventScroll: true });
      stage.scrollIntoView({ block: "center" });
    });
  }
}
