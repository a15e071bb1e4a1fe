/**
 * Owns what speech sounds like, as numbers: cepstra of its loud stretches, free of level, pauses and the channel's colour.
 * Knows nothing of words.
 */

/** The sound of 25 ms of speech: 13 mel cepstral coefficients, less their mean over the utterance. */
export type SpeechFeature = Float64Array;

const SAMPLE_RATE = 16_000;
const WINDOW = 400;
const HOP = 160;
const FFT_SIZE = 512;
const MEL_BANDS = 26;
const LOWEST_HZ = 100;
const HIGHEST_HZ = 7000;
const COEFFICIENTS = 13;
/** What is this much quieter than the loudest window is a pause. */
const PAUSE_DB = 35;
/** Below this share of the strongest band a band counts as empty: codecs disagree most about what nobody hears. */
const BAND_FLOOR = 1e-6;

/** The features of an utterance, one every 10 ms, without its pauses. `pcm` is 16 kHz mono, signed 16-bit. */
export function speechFeatures(pcm: Buffer): SpeechFeature[] {
  const samples = toSamples(pcm);
  const windows: { bands: Float64Array; level: number }[] = [];
  for (let start = 0; start + WINDOW <= samples.length; start += HOP) {
    windows.push({ bands: melBands(samples, start), level: levelDb(samples, start) });
  }
  const loudest = windows.reduce((most, { level }) => Math.max(most, level), -Infinity);
  const voiced = windows.filter(({ level }) => level > loudest - PAUSE_DB).map(({ bands }) => bands);
  const strongest = voiced.reduce((most, bands) => Math.max(most, ...bands), 0);
  const cepstra = voiced.map((bands) => cepstrum(bands, strongest * BAND_FLOOR));
  subtractMean(cepstra);
  return cepstra;
}

function toSamples(pcm: Buffer): Float64Array {
  const samples = new Float64Array(pcm.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = pcm.readInt16LE(2 * i);
  return samples;
}

function levelDb(samples: Float64Array, start: number): number {
  let energy = 0;
  for (let i = start; i < start + WINDOW; i++) energy += samples[i]! ** 2;
  return 10 * Math.log10(energy / WINDOW + 1);
}

const hamming = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (WINDOW - 1)),
);

const hzToMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
const melToHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/** Corners of the triangular bands, in bins of the transform. */
const bandCorners = Float64Array.from({ length: MEL_BANDS + 2 }, (_, i) => {
  const [low, high] = [hzToMel(LOWEST_HZ), hzToMel(HIGHEST_HZ)];
  return (melToHz(low + ((high - low) * i) / (MEL_BANDS + 1)) * FFT_SIZE) / SAMPLE_RATE;
});

function melBands(samples: Float64Array, start: number): Float64Array {
  const real = new Float64Array(FFT_SIZE);
  const imaginary = new Float64Array(FFT_SIZE);
  for (let i = 0; i < WINDOW; i++) {
    const emphasised = samples[start + i]! - 0.97 * (i === 0 ? 0 : samples[start + i - 1]!);
    real[i] = emphasised * hamming[i]!;
  }
  transform(real, imaginary);
  return Float64Array.from({ length: MEL_BANDS }, (_, band) => {
    const [left, centre, right] = [bandCorners[band]!, bandCorners[band + 1]!, bandCorners[band + 2]!];
    let sum = 0;
    for (let bin = Math.ceil(left); bin < right; bin++) {
      const weight = bin < centre ? (bin - left) / (centre - left) : (right - bin) / (right - centre);
      sum += weight * (real[bin]! ** 2 + imaginary[bin]! ** 2);
    }
    return sum;
  });
}

/** Fast Fourier transform in place, radix 2. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, reversed = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (i < reversed) {
      [real[i], real[reversed]] = [real[reversed]!, real[i]!];
      [imaginary[i], imaginary[reversed]] = [imaginary[reversed]!, imaginary[i]!];
    }
  }
  for (let length = 2; length <= size; length <<= 1) {
    const half = length >> 1;
    for (let k = 0; k < half; k++) {
      const cosine = Math.cos((-2 * Math.PI * k) / length);
      const sine = Math.sin((-2 * Math.PI * k) / length);
      for (let even = k; even < size; even += length) {
        const odd = even + half;
        const oddReal = real[odd]! * cosine - imaginary[odd]! * sine;
        const oddImaginary = real[odd]! * sine + imaginary[odd]! * cosine;
        real[odd] = real[even]! - oddReal;
        imaginary[odd] = imaginary[even]! - oddImaginary;
        real[even] = real[even]! + oddReal;
        imaginary[even] = imaginary[even]! + oddImaginary;
      }
    }
  }
}

function cepstrum(bands: Float64Array, floor: number): SpeechFeature {
  return Float64Array.from({ length: COEFFICIENTS }, (_, q) => {
    let sum = 0;
    for (let band = 0; band < MEL_BANDS; band++) {
      sum +=
        Math.log(bands[band]! + floor + Number.MIN_VALUE) *
        Math.cos((Math.PI * q * (band + 0.5)) / MEL_BANDS);
    }
    return sum * Math.sqrt(2 / MEL_BANDS);
  });
}

function subtractMean(cepstra: readonly SpeechFeature[]): void {
  for (let q = 0; q < COEFFICIENTS; q++) {
    const mean = cepstra.reduce((sum, coefficients) => sum + coefficients[q]!, 0) / cepstra.length;
    for (const coefficients of cepstra) coefficients[q]! -= mean;
  }
}
