/** A time of day, in the reader's own way of writing it. */

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const inFull = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** `atMs`: milliseconds since the epoch. */
export function Moment({ atMs }: { atMs: number }) {
  const date = new Date(atMs);
  return (
    <time class="moment" dateTime={date.toISOString()} title={inFull.format(date)}>
      {timeOfDay.format(date)}
    </time>
  );
}
