// remove.bg's client for node, its address replaced by SERVICE: it is fixed in its file.
// Prints what it makes of FILE, sent as a file and as base64, and of a file that is no picture.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { SERVICE, FILE } = process.env;
const require = createRequire(import.meta.url);
const unirest = require("unirest");
const post = unirest.post;
unirest.post = (url, ...rest) => post(url.replace("https://api.remove.bg", SERVICE), ...rest);

const client = require("remove.bg");
const options = { apiKey: "k", size: "preview", crop: true, bg_color: "81d4fa" };
const base64img = readFileSync(FILE).toString("base64");
const answers = {
  file: await client.removeBackgroundFromImageFile({ ...options, path: FILE }),
  base64: await client.removeBackgroundFromImageBase64({ ...options, base64img }),
  refused: await client
    .removeBackgroundFromImageBase64({ ...options, base64img: "aGVsbG8=" })
    .catch((errors) => errors),
};
console.log(JSON.stringify(answers));
