// The service's OpenAPI document as a page.

const description = await (await fetch("openapi.json")).json();
const template = document.getElementById("route");

for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, route] of Object.entries(methods)) {
    document.getElementById("routes").append(shown(`${method.toUpperCase()} ${path}`, route));
  }
}

function shown(title, route) {
  const section = template.content.firstElementChild.cloneNode(true);
  section.querySelector("h2").textContent = title;
  section.querySelector(".told").textContent = [route.summary, route.description]
    .filter(Boolean)
    .join(". ");
  const fields = [...inAddress(route), ...inBody(route)];
  section.querySelector(".fields").hidden = fields.length === 0;
  section.querySelector(".fields tbody").append(...fields.map(row));
  section.querySelector(".answers tbody").append(...answers(route).map(row));
  return section;
}

function inAddress({ parameters = [] }) {
  return parameters.map((one) => [one.name, one.in, one.description ?? one.schema.description ?? ""]);
}

function inBody({ requestBody }) {
  const [[kind, { schema }] = ["", { schema: {} }]] = Object.entries(requestBody?.content ?? {});
  const { properties = {}, required = [] } = resolved(schema);
  return Object.entries(properties).map(([name, about]) => [
    required.includes(name) ? `${name} (needed)` : name,
    kind,
    [about.description, about.enum?.join(", "), about.default != null && about.default !== "" && `Default: ${about.default}`]
      .filter(Boolean)
      .join(" "),
  ]);
}

function answers({ responses }) {
  return Object.entries(responses).map(([status, { description, content = {} }]) => [
    status,
    Object.keys(content).join(", "),
    description,
  ]);
}

function resolved(schema) {
  return schema.$ref ? description.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

function row(cells) {
  const line = document.createElement("tr");
  for (const text of cells) line.insertCell().textContent = text;
  return line;
}
