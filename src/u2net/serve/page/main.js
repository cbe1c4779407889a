// The page: pictures come in by choice, drop or paste, and go through the queue.

import { setKey } from "./api.js";
import { Card } from "./card.js";
import { Queue } from "./queue.js";
import { readWishes, showFitting } from "./wishes.js";
import { zip } from "./zip.js";

const element = (id) => document.getElementById(id);
const wishes = element("wishes");
const queue = new Queue();
const cards = new Map();

function add(files) {
  for (const picture of queue.add(files, readWishes(wishes))) {
    const card = new Card(picture, () => drop(picture));
    cards.set(picture, card);
    element("pictures").append(card.element);
  }
  tell();
}

function drop(picture) {
  queue.remove(picture);
  cards.get(picture).close();
  cards.delete(picture);
  tell();
  element("files").focus();
}

// How far all of them are: as a bar, and in words for those who do not see it.
function tell() {
  const { total, done, failed } = queue.counts();
  element("all").hidden = total === 0;
  element("progress").max = total || 1;
  element("progress").value = done + failed;
  element("zip").disabled = done === 0;
  element("status").textContent =
    `${done} of ${total} done` + (failed ? `, ${failed} failed` : "");
}

queue.addEventListener("change", ({ detail: picture }) => {
  cards.get(picture)?.show();
  tell();
});

// Nothing goes on without the key; with it all begins anew.
queue.addEventListener("unauthorized", () => {
  element("key").hidden = false;
  element("key").elements.key.focus();
});

element("key").addEventListener("submit", (event) => {
  event.preventDefault();
  setKey(event.target.elements.key.value);
  event.target.hidden = true;
  queue.restart(readWishes(wishes));
});

wishes.addEventListener("change", (event) => {
  const { name, value, files } = event.target;
  if (name === "colour" || (name === "picture" && files.length)) {
    wishes.elements.background.value = name;
  }
  if (name === "background" && value === "picture" && !wishes.elements.picture.files.length) {
    wishes.elements.picture.click();
  }
  showFitting(wishes);
  queue.restart(readWishes(wishes));
});

element("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = ""; // so that the same file can be chosen again
});

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  element("drop").classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) element("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  add(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => add(event.clipboardData.files));

element("clear").addEventListener("click", () => [...cards.keys()].forEach(drop));

element("zip").addEventListener("click", async () => {
  const archive = await zip(queue.results());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(archive);
  link.download = "cutouts.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});

showFitting(wishes);
