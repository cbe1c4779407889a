// Before and after: one over the other, parted by a line that a range input moves.

export class Comparison {
  #figure;
  #before;
  #after;
  #range;

  constructor(figure, file) {
    this.#figure = figure;
    this.#before = figure.querySelector(".before");
    this.#after = figure.querySelector(".after");
    this.#range = figure.querySelector("input");
    this.#range.setAttribute("aria-label", `How much of the original is shown, ${file.name}`);
    this.#range.addEventListener("input", () => this.#part());
    // Not every picture that the service reads is shown by every browser.
    this.#before.addEventListener("error", () => figure.classList.add("alone"));
    this.#before.src = URL.createObjectURL(file);
    this.#part();
  }

  // What came of the picture, beside it where it `isWhole`.
  show(url, told, isWhole) {
    this.#after.src = url;
    this.#after.alt = told;
    this.#figure.classList.toggle("whole", isWhole);
    this.#figure.hidden = false;
  }

  #part() {
    const share = `${this.#range.value}%`;
    this.#figure.style.setProperty("--share", share);
    this.#range.setAttribute("aria-valuetext", `${share} original`);
  }

  close() {
    URL.revokeObjectURL(this.#before.src);
  }
}
