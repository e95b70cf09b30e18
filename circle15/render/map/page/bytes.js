/**
 * Reads the bytes that compact.py packs: base64, gzip, varints, differences. See docs/page-format.md.
 * Every value fits a signed 32-bit integer.
 *
 * @import { Packed, PackedText, Section } from "./content.js"
 * @typedef {{has: (name: string) => boolean, read: (name: string) => Int32Array}} Bytes
 */

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const chars = atob(text);
  const bytes = new Uint8Array(chars.length);
  for (let i = 0; i < chars.length; i += 1) bytes[i] = chars.charCodeAt(i);
  return bytes;
}

/** Whether this browser can open gzipped bytes. */
export function canUnzip() {
  return typeof DecompressionStream === 'function';
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function gunzip(bytes) {
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unzipped).arrayBuffer());
}

/**
 * Varints to whole numbers.
 *
 * @param {Uint8Array} bytes
 * @param {number} start where the first one begins
 * @param {number} count
 * @param {Section["code"]} code as they are, signed, or signed differences
 * @returns {Int32Array}
 */
export function readVarints(bytes, start, count, code) {
  const out = new Int32Array(count);
  let at = start;
  let running = 0;
  for (let i = 0; i < count; i += 1) {
    let byte = bytes[at++];
    let value = byte & 127;
    for (let unit = 128; byte > 127; unit *= 128) {
      byte = bytes[at++];
      value += (byte & 127) * unit;
    }
    if (code !== 'u') value = value % 2 ? -(value + 1) / 2 : value / 2;
    running += value;
    out[i] = code === 'd' ? running : value;
  }
  if (at > bytes.length) throw new Error(`bytes end early: ${bytes.length} of at least ${at}`);
  return out;
}

/** The bytes of a packed value. @param {PackedText} packed @returns {Promise<Uint8Array>} */
async function bytesOf(packed) {
  const coded = fromBase64(packed.text);
  const bytes = packed.encoding === 'gzip+base64' ? await gunzip(coded) : coded;
  if (bytes.length !== packed.bytes) throw new Error(`${bytes.length} bytes instead of ${packed.bytes}`);
  return bytes;
}

/** A value that was packed as JSON. @param {PackedText} packed */
export async function unpackJson(packed) {
  return JSON.parse(new TextDecoder().decode(await bytesOf(packed)));
}

/** @param {Packed} packed @returns {Promise<Bytes>} */
export async function unpack(packed) {
  const bytes = await bytesOf(packed);
  /** @param {string} name */
  const has = (name) => Object.hasOwn(packed.sections, name);
  /** @param {string} name */
  const read = (name) => {
    if (!has(name)) throw new Error(`no section ${name}`);
    const { start, values, code } = packed.sections[name];
    return readVarints(bytes, start, values, code);
  };
  return { has, read };
}
