// One picture of the list: its name, how it does, and what came of it.

import { Comparison } from "./comparison.js";

const TOLD = { waiting: "Waits for its turn", working: "Is being cut out …" };

export class Card {
  #picture;
  #url;
  #comparison;

  constructor(picture, onRemove) {
    this.#picture = picture;
    const template = document.getElementById("picture");
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#part("h2").textContent = picture.file.name;
    this.#part(".remove").addEventListener("click", onRemove);
    this.#part(".remove").setAttribute("aria-label", `Remove ${picture.file.name}`);
    this.#comparison = new Comparison(this.#part("figure"), picture.file);
    this.show();
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }

  // The picture as it is now.
  show() {
    const { state, reason, found } = this.#picture;
    this.element.dataset.state = state;
    this.element.setAttribute("aria-busy", String(state === "working"));
    this.#part(".told").textContent =
      state === "failed" ? reason : (TOLD[state] ?? (found ? "" : "No object was found"));
    if (state === "done") this.#showResult();
    if (state === "failed") this.#part("figure").hidden = true;
    this.#part(".download").hidden = state !== "done";
  }

  #showResult() {
    const { blob, name, wishes, file } = this.#picture;
    URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(blob);
    // The part around the object is not as large as the picture: nothing lies over the other.
    const isWhole = !wishes.some(([wish]) => wish === "crop");
    this.#comparison.show(this.#url, `What came of ${file.name}`, isWhole);
    const download = this.#part(".download");
    download.href = this.#url;
    download.download = name;
    download.setAttribute("aria-label", `Download ${name}`);
  }

  close() {
    URL.revokeObjectURL(this.#url);
    this.#comparison.close();
    this.element.remove();
  }
}
