/** The body of an answer that comes line by line, each a JSON value. Whoever reads sets the pace; when they leave, `abort` says so. */

export function ndjsonBody(
  values: AsyncGenerator<object, void, undefined>,
  abort: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await values.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    async cancel() {
      abort.abort();
      await values.return();
    },
  });
}
