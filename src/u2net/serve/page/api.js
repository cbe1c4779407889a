// What the page asks of the service, and the reasons it gets when there is no picture.

const KEY = "u2net-key"; // until the tab is closed

export function setKey(key) {
  sessionStorage.setItem(KEY, key);
}

// Why there is no picture, in words.
export class Refusal extends Error {
  constructor(status, reason, retryAfter) {
    super(reason);
    this.status = status;
    this.retryAfter = retryAfter; // seconds, or NaN where coming again is of no use
  }
}

// The picture of `file` that `wishes`, pairs of a name and a value, ask for.
export async function cutOut(file, wishes, signal) {
  const body = new FormData();
  body.append("image", file);
  for (const [name, value] of wishes) body.append(name, value);
  const key = sessionStorage.getItem(KEY);
  const headers = key ? { "X-Api-Key": key } : {};
  const answer = await fetch("v1/remove", { method: "POST", body, headers, signal }).catch(
    (error) => {
      if (signal.aborted) throw error;
      throw new Refusal(0, "the service does not answer; is it still running?", NaN);
    },
  );
  if (!answer.ok) throw await refusal(answer);
  return {
    blob: await answer.blob(),
    found: answer.headers.get("X-Object-Found") !== "false",
  };
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const reason = problem.detail ?? `the service answered ${answer.status}`;
  return new Refusal(answer.status, reason, parseInt(answer.headers.get("Retry-After"), 10));
}
