/** Text of any UTF-16 code units, halves of characters among them, and of long characters. */
import fc from 'fast-check';

const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
const character = fc.constantFrom('a', '"', '\\', 'é', '€', '😀', '\ud83d', '\ude00', '\u2028', '\0');

export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength, size: 'max' }),
    fc.string({ unit: codeUnit, maxLength, size: 'max' }),
    fc.string({ unit: character, maxLength, size: 'max' }),
  );
}
