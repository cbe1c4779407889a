// The pictures, in order, two at a time with the service.
//
// A picture is waiting, working, done or failed. Each change is an event "change"; a service that
// wants a key is an event "unauthorized".

import { cutOut, Refusal } from "./api.js";

const AT_A_TIME = 2;

export class Queue extends EventTarget {
  #pictures = [];
  #wishes = [];

  // New pictures of `files`, with which work begins.
  add(files, wishes) {
    this.#wishes = wishes;
    const added = [...files].map((file) => ({ file, state: "waiting" }));
    this.#pictures.push(...added);
    queueMicrotask(() => this.#go());
    return added;
  }

  remove(picture) {
    picture.abort?.abort();
    this.#pictures = this.#pictures.filter((one) => one !== picture);
    this.#go();
  }

  // All of them again, with other wishes.
  restart(wishes) {
    this.#wishes = wishes;
    for (const picture of this.#pictures) {
      picture.abort?.abort();
      this.#set(picture, { state: "waiting" });
    }
    this.#go();
  }

  counts() {
    const count = (state) => this.#pictures.filter((one) => one.state === state).length;
    return { total: this.#pictures.length, done: count("done"), failed: count("failed") };
  }

  // Those that are done: their names and contents.
  results() {
    return this.#pictures
      .filter(({ state }) => state === "done")
      .map(({ name, blob }) => ({ name, blob }));
  }

  #go() {
    const working = this.#pictures.filter(({ state }) => state === "working").length;
    const waiting = this.#pictures.filter(({ state }) => state === "waiting");
    waiting.slice(0, Math.max(0, AT_A_TIME - working)).forEach((picture) => this.#work(picture));
  }

  async #work(picture) {
    const abort = new AbortController();
    const wishes = this.#wishes;
    this.#set(picture, { state: "working", abort });
    try {
      const result = await this.#asked(picture.file, wishes, abort.signal);
      this.#set(picture, { state: "done", name: resultName(picture.file, wishes), wishes, ...result });
    } catch (error) {
      if (abort.signal.aborted) return; // it waits again, or is gone
      this.#set(picture, { state: "failed", reason: error.message });
      if (error.status === 401) this.dispatchEvent(new Event("unauthorized"));
    }
    this.#go();
  }

  // A service that is busy is asked again, when it said that it can be.
  async #asked(file, wishes, signal) {
    for (;;) {
      try {
        return await cutOut(file, wishes, signal);
      } catch (error) {
        if (!(error instanceof Refusal) || !(error.retryAfter > 0)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000 * error.retryAfter));
        signal.throwIfAborted();
      }
    }
  }

  #set(picture, changes) {
    Object.assign(picture, changes);
    this.dispatchEvent(new CustomEvent("change", { detail: picture }));
  }
}

// As the command line names its outputs.
function resultName(file, wishes) {
  const stem = file.name.replace(/\.[^.]*$/, "") || "picture";
  const isMask = wishes.some(([name]) => name === "mask");
  return `${stem}-${isMask ? "mask" : "cutout"}.png`;
}
