/**
 * Where this package's own files are: personas, page, manifest. One folder above this file, and above the one file that the server is built
 * into, so nothing else looks for them by a path of its own.
 */
export const packageFolder = new URL('../', import.meta.url);
