/**
 * How much memory a parsed JSON value takes, estimated from above. JSON text is no measure: `[[],[],[]]`
 * takes ten times its length once it is parsed. Imports nothing, so every layer may use it.
 */

const bytesOfObject = 56;
const bytesOfEntry = 16;
const bytesOfString = 16;

/** Bytes of `value` and all that it holds. Two bytes for each UTF-16 unit, which is the most V8 uses. */
export function memorySize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return bytesOfString + 2 * value.length;
    case 'object': {
      if (value === null) return 0;
      let bytes = bytesOfObject;
      if (Array.isArray(value)) {
        for (const item of value) bytes += 8 + memorySize(item);
        return bytes;
      }
      for (const [key, held] of Object.entries(value))
        bytes += bytesOfEntry + 2 * key.length + memorySize(held);
      return bytes;
    }
    default:
      return 8;
  }
}
