// Files -> one ZIP (PKWARE's APPNOTE 6.3), stored as they are: pictures are compressed already.

const UTF8 = 1 << 11; // how names are written
const VERSION = 20;

// A Blob of `files`, each with a name and a blob; names that come twice are numbered.
export async function zip(files) {
  const parts = [];
  const entries = [];
  let offset = 0;
  for (const { name, blob } of unique(files)) {
    const data = new Uint8Array(await blob.arrayBuffer());
    const entry = { name: new TextEncoder().encode(name), crc: crc32(data), size: data.length, offset };
    const header = local(entry);
    parts.push(header, data);
    entries.push(entry);
    offset += header.length + data.length;
  }
  const directory = entries.map(central);
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return new Blob([...parts, ...directory, end(entries.length, size, offset)], {
    type: "application/zip",
  });
}

function* unique(files) {
  const seen = new Map();
  for (const { name, blob } of files) {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    yield { name: count === 1 ? name : name.replace(/(\.[^.]*)$/, `-${count}$1`), blob };
  }
}

// Numbers of 2 or 4 bytes, the lowest first, then bytes.
function record(numbers, ...bytes) {
  const head = numbers.flatMap(([value, size]) =>
    Array.from({ length: size }, (_, index) => (value >>> (8 * index)) & 255),
  );
  return Uint8Array.from([...head, ...bytes.flatMap((one) => [...one])]);
}

function common({ name, crc, size }) {
  return [[VERSION, 2], [UTF8, 2], [0, 2], [0, 2], [0x21, 2], [crc, 4], [size, 4], [size, 4], [name.length, 2], [0, 2]];
}

function local(entry) {
  return record([[0x04034b50, 4], ...common(entry)], entry.name);
}

function central(entry) {
  const rest = [[0, 2], [0, 2], [0, 2], [0, 4], [entry.offset, 4]];
  return record([[0x02014b50, 4], [VERSION, 2], ...common(entry), ...rest], entry.name);
}

function end(count, size, offset) {
  return record([[0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]]);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(data) {
  let value = ~0;
  for (const byte of data) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}
